using Flyball.Foundation;

namespace Flyball.Tests.Foundation;

/// <summary>Works that share a transaction are still alone: each is kept or taken back by itself, and told so after it is on disk.</summary>
public sealed class Writers_at_the_same_time : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
    private SqliteDb db = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        db = new SqliteDb(Path.Combine(folder, "test.db"));
        await db.WriteAsync(tx => tx.ExecuteAsync("create table t (id integer primary key, name text unique)"), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await db.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Each_keep_their_own_though_others_fail()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => Task.Run(async () =>
        {
            try
            {
                return await db.WriteAsync(
                    async tx =>
                    {
                        await tx.Prepared("insert into t (id, name) values ($1, $2)").ExecuteAsync((long)i, $"n{i}");
                        return i % 7 == 0 ? throw Refusal.Invalid("no", "no") : i;
                    },
                    Cancel);
            }
            catch (Refusal)
            {
                return -1;
            }
        })));
        var kept = await db.ReadAsync(tx => tx.QueryAsync("select id from t order by id", null, row => row.Int("id")), Cancel);
        Assert.Equal(Enumerable.Range(0, 2000).Where(i => i % 7 != 0), kept);
        Assert.Equal(kept, outcomes.Where(i => i >= 0).Order());
    }

    [Fact]
    public async Task See_what_was_written_before_them_and_one_alone_wins()
    {
        var winners = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => db.WriteAsync(
            async tx => await tx.Prepared("insert into t (name) values ($1) on conflict do nothing").ExecuteAsync("the one") == 1, Cancel))));
        Assert.Single(winners, won => won);
    }

    [Fact]
    public async Task Hear_of_a_commit_before_their_answer_and_of_a_refusal_by_being_retracted()
    {
        var (committed, retracted) = (0, 0);
        for (var i = 0; i < 50; i++)
        {
            var before = committed;
            await db.WriteAsync(
                tx =>
                {
                    tx.OnCommitted(() => committed++);
                    tx.OnRolledBack(() => retracted++);
                    return tx.ExecuteAsync("insert into t (name) values (null)");
                },
                Cancel);
            Assert.Equal(before + 1, committed);
            await Assert.ThrowsAsync<InvalidOperationException>(() => db.WriteAsync(
                async tx =>
                {
                    tx.OnCommitted(() => committed += 1000);
                    tx.OnRolledBack(() => retracted++);
                    await tx.ExecuteAsync("insert into t (name) values ('lost')");
                    throw new InvalidOperationException();
                },
                Cancel));
            Assert.Equal(i + 1, retracted);
        }

        Assert.Equal(0, await db.ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from t where name = 'lost'"), Cancel));
    }

    [Fact]
    public async Task Take_turns_with_a_transaction_that_somebody_holds_open()
    {
        var held = await db.BeginAsync(Cancel);
        await held.ExecuteAsync("insert into t (id, name) values (1, 'first')");
        var waiting = Enumerable.Range(2, 50).Select(i => db.WriteAsync(tx => tx.Prepared("insert into t (id, name) values ($1, $2)").ExecuteAsync((long)i, $"n{i}"), Cancel)).ToList();
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        Assert.All(waiting, write => Assert.False(write.IsCompleted));
        await held.CommitAsync(Cancel);
        await held.DisposeAsync();
        await Task.WhenAll(waiting);
        Assert.Equal(51, await db.ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from t"), Cancel));
    }

    [Fact]
    public async Task Are_not_run_where_nobody_waits_any_more()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => db.WriteAsync(tx => tx.ExecuteAsync("insert into t (name) values ('never')"), given.Token));
        Assert.Equal(0, await db.ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from t"), Cancel));
    }
}
