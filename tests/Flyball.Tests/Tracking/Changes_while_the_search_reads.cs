using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Tests.Tracking;

public sealed class Changes_while_the_search_reads
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_found_although_more_came_than_it_keeps()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.StartRunAsync("0", "one", Cancel);
        var db = flyball.Server.Service<Db>();
        using var index = new RunIndex(db, mostWaiting: 3);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var looking = Enumerable.Range(0, 3).Select(_ => Task.Run(async () => { while (!stop.IsCancellationRequested) await KeysAsync(); }, Cancel)).ToList();
        for (var round = 0; round < 300; round++)
        {
            var key = $"k{round}";
            await db.WriteAsync(
                async tx =>
                {
                    await tx.ExecuteAsync("insert into tags (run, key, value) values ((select min(number) from runs), @key, 'x')", new { key });
                    index.Note(tx, RunChange.Tag(await tx.ScalarAsync<long>("select min(number) from runs"), key, "x"));
                },
                Cancel);
            Assert.True(await KeysAsync() > round, $"{key} is not found");
        }

        await stop.CancelAsync();
        await Task.WhenAll(looking);

        Task<int> KeysAsync() => index.LookAsync(columns => Enumerable.Range(0, 300).Count(i => columns.Text(new Field(FieldKind.Tag, $"k{i}"))?.Text(0) == "x"), Cancel);
    }

    [Fact]
    public async Task Are_found_by_a_first_search_that_finds_all_read_by_a_server_that_stays()
    {
        var flyball = await TestFlyball.StartAsync();
        await flyball.Client.StartRunAsync("0", "one", Cancel);
        flyball = await flyball.RestartAsync(options => options with { IsOfVerb = true, ManualLoops = false, Workers = 0 });
        await flyball.Client.IsQuietAsync(Cancel);
        Assert.False(flyball.Server.Service<RunIndex>().IsRead);
        flyball = await flyball.RestartAsync(options => options with { ManualLoops = false, Workers = 0 });
        await using var staying = flyball;
        while (!flyball.Server.Service<RunIndex>().IsRead) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        await flyball.Client.StartRunAsync("0", "two", Cancel);
        Assert.Equal(2, (await flyball.Client.SearchRunsAsync(new Client.SearchRuns(["0"]), Cancel)).Total);
    }

    [Fact]
    public async Task Do_not_wait_for_a_search_when_they_are_many()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.StartRunAsync("0", "one", Cancel);
        var (db, index) = (flyball.Server.Service<Db>(), flyball.Server.Service<RunIndex>());
        await flyball.Server.Service<Loops>().UntilQuietAsync(Cancel);
        Assert.Equal(1, await index.LookAsync(columns => columns.Of(["0"]).Count(), Cancel));
        await db.WriteAsync(
            async tx =>
            {
                var run = await tx.ScalarAsync<long>("select min(number) from runs");
                for (var i = 0; i < RunIndex.Many; i++) index.Note(tx, RunChange.Metric(run, "m", i));
            },
            Cancel);
        while (index.Behind != 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        Assert.Equal(RunIndex.Many - 1, await index.LookAsync(columns => columns.Metric("m")![0], Cancel));
    }

    [Fact]
    public async Task And_searches_whose_client_has_left_do_not_begin_the_reading_anew()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.StartRunAsync("0", "one", Cancel);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var db = new WatchedDb(flyball.Server.Service<Db>()) { Before = go.Task };
        using var index = new RunIndex(db);
        using var left = new CancellationTokenSource();
        var first = index.LookAsync(columns => columns.Of(["0"]).Count(), left.Token);
        while (db.Reads == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        await left.CancelAsync();
        go.SetResult();
        Assert.Equal(1, await first);
        var reads = db.Reads;
        Assert.Equal(1, await index.LookAsync(columns => columns.Of(["0"]).Count(), Cancel));
        Assert.Equal(reads, db.Reads);
    }
}
