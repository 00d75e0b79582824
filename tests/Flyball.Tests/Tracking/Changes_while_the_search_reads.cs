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
}
