using Flyball.Foundation;

namespace Flyball.Tests.Foundation;

/// <summary>Works are added from several threads just as the one that runs them finds nothing more to do: none may be left waiting.</summary>
public sealed class Writers_that_share_a_sync
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Are_all_answered_however_the_end_of_one_group_meets_the_next_work()
    {
        var groups = new WriteGroups(() => Task.FromResult(Nothing()), _ => Task.FromResult(Nothing()));
        var added = 0;
        await Task.Factory.StartNew(
            () =>
            {
                for (var since = Environment.TickCount64; added < 3_000_000; added++)
                {
                    // the next work comes within the few nanoseconds in which the loop before it gives up
                    for (var pause = added % 64; pause > 0; pause--) Volatile.Read(ref added);
                    var answer = groups.AddAsync(_ => Task.FromResult(0), CancellationToken.None);
                    for (var spins = 0L; !answer.IsCompleted; spins++)
                    {
                        if ((spins & 0xfffff) == 0xfffff && Environment.TickCount64 - since > Patience.TotalMilliseconds) throw new TimeoutException($"work {added:N0} was never run");
                    }
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.Equal(3_000_000, added);
    }

    private static Tx Nothing() => new(null!, new NoTransaction(), () => ValueTask.CompletedTask);

    private sealed class NoTransaction : EngineTransaction
    {
        public override bool IsOpen => true;

        public override Task CommitAsync(CancellationToken cancel) => Task.CompletedTask;

        public override Task RollbackAsync() => Task.CompletedTask;
    }
}
