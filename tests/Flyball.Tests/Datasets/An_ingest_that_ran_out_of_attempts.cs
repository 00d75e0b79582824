using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Pipelines;

namespace Flyball.Tests.Datasets;

public sealed class An_ingest_that_ran_out_of_attempts
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_begun_again_after_a_while_although_nothing_has_changed()
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock, Workers = 0 });
        await LineProject.ApplyAsync(flyball);
        var data = Path.Combine(flyball.Folder, "data");
        using (var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        using (var client = new FlyballClient(flyball.Server.Url, flyball.Server.Service<Users>().WorkerToken))
        {
            var working = new Worker(client, new DiskObjectStore(data), DataDirectory.FindIdentity(data)!, Path.Combine(flyball.Folder, "scratch"), [new Full()]).RunAsync(ending.Token);
            await flyball.UntilQuietAsync();
            clock.Advance(TimeSpan.FromMinutes(9));
            await flyball.UntilQuietAsync();
            await ending.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
        }

        Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed");
        Assert.Contains(await flyball.Client.ListAttentionAsync(Cancel), item => item.Title == "rows could not be taken in");
        clock.Advance(TimeSpan.FromMinutes(2));
        flyball = await flyball.RestartAsync(options => options with { Time = clock });
        await using var mended = flyball;
        await flyball.UntilQuietAsync();
        Assert.Single(await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel));
        Assert.DoesNotContain(await flyball.Client.ListAttentionAsync(Cancel), item => item.Title == "rows could not be taken in");
    }

    private sealed class Full : IJobWork
    {
        public string Kind => "ingest";

        public Task<JsonElement> RunAsync(JobContext context, JsonElement spec, CancellationToken cancel) => throw new IOException("the disk is full", 28);
    }
}
