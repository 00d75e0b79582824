using System.Collections.Concurrent;
using System.Diagnostics;
using Flyball.Foundation;

namespace Flyball.Tests.Foundation;

/// <summary>Works are added just as the one that runs them finds nothing more to do: none may be left waiting.</summary>
public sealed class Writers_that_share_a_sync
{
    private const int Most = 3_000_000;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(6);

    /// <summary>For one work, on a machine that has much else to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Tell_what_follows_from_their_commits_in_the_order_of_the_commits()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var db = flyball.Server.Service<Db>();
        var told = new ConcurrentQueue<int>();
        using var first = new ManualResetEventSlim();
        using var second = new ManualResetEventSlim();
        var one = db.WriteAsync(
            async tx =>
            {
                await tx.ExecuteAsync("update webhook_cursor set seq = seq");
                tx.OnCommitted(() =>
                {
                    first.Set();
                    second.Wait(TimeSpan.FromSeconds(1));
                    told.Enqueue(1);
                });
            },
            TestContext.Current.CancellationToken);
        await Task.Run(first.Wait, TestContext.Current.CancellationToken);
        await using (var tx = await db.BeginAsync(TestContext.Current.CancellationToken))
        {
            tx.OnCommitted(() =>
            {
                told.Enqueue(2);
                second.Set();
            });
            await tx.CommitAsync(TestContext.Current.CancellationToken);
        }

        await one;
        Assert.Equal([1, 2], told);
    }

    [Fact]
    public async Task Are_all_answered_however_the_end_of_one_group_meets_the_next_work()
    {
        var groups = new WriteGroups(() => Task.FromResult(Nothing()), _ => Task.FromResult(Nothing()));
        var added = 0;
        await Task.Factory.StartNew(
            () =>
            {
                for (var began = Stopwatch.StartNew(); added < Most && began.Elapsed < Longest; added++)
                {
                    // the next work comes within the few nanoseconds in which the loop before it gives up
                    for (var pause = added % 64; pause > 0; pause--) Volatile.Read(ref added);
                    var answer = groups.AddAsync(_ => Task.FromResult(0), CancellationToken.None);
                    var waited = default(Stopwatch);
                    for (var spins = 1L; !answer.IsCompleted; spins++)
                    {
                        if ((spins & 0xffff) != 0) continue;
                        if ((waited ??= Stopwatch.StartNew()).Elapsed > Patience) throw new TimeoutException($"work {added:N0} was never run");
                        Thread.Yield();
                    }
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.InRange(added, 100, Most);
    }

    [Fact]
    public async Task Are_told_when_their_part_cannot_even_begin()
    {
        var full = true;
        var groups = new WriteGroups(() => Task.FromResult(Nothing()), _ => full ? throw new IOException("no space") : Task.FromResult(Nothing()));
        var refused = await Assert.ThrowsAsync<IOException>(() => groups.AddAsync(_ => Task.FromResult(1), CancellationToken.None).WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.Equal("no space", refused.Message);
        full = false;
        Assert.Equal(2, await groups.AddAsync(_ => Task.FromResult(2), CancellationToken.None).WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken));
    }

    private static Tx Nothing() => new(null!, new NoTransaction(), () => ValueTask.CompletedTask);

    private sealed class NoTransaction : EngineTransaction
    {
        public override bool IsOpen => true;

        public override Task CommitAsync(CancellationToken cancel) => Task.CompletedTask;

        public override Task RollbackAsync() => Task.CompletedTask;
    }
}
