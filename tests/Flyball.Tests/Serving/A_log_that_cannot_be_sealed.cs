using System.Net;
using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Pipelines;

namespace Flyball.Tests.Serving;

public sealed class A_log_that_cannot_be_sealed
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_told_of_and_tried_again_until_it_can()
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml + "\n    monitor: { every: 1m, min_rows: 1 }\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();

        // its workers are ended again and again
        flyball = await flyball.RestartAsync(options => options with { Time = clock, Workers = 0 });
        using (var body = new StringContent("""{"instances": [{"x": 3}]}""", Encoding.UTF8, "application/json"))
        {
            await flyball.Server.Service<Loops>().UntilQuietAsync(Cancel);
            (await flyball.Http.PostAsync("/deployments/line/invocations", body, Cancel)).EnsureSuccessStatusCode();
        }

        clock.Advance(TimeSpan.FromMinutes(3));
        var data = Path.Combine(flyball.Folder, "data");
        using (var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        using (var client = new FlyballClient(flyball.Server.Url, flyball.Server.Service<Users>().WorkerToken))
        {
            var working = new Worker(client, new DiskObjectStore(data), DataDirectory.FindIdentity(data)!, Path.Combine(flyball.Folder, "scratch"), [new Broken()]).RunAsync(ending.Token);
            await flyball.UntilQuietAsync();
            await ending.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
        }

        Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "log.seal-failed");
        Assert.Contains("A stretch of the traffic of line cannot be read", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/", Cancel)));
        Assert.Empty(await flyball.Client.ListWindowsAsync("line", null, null, Cancel));
        await flyball.UntilQuietAsync();
        Assert.Empty(await flyball.Client.ListJobsAsync(Cancel));

        clock.Advance(TimeSpan.FromMinutes(2));
        flyball = await flyball.RestartAsync(options => options with { Time = clock });
        await using var mended = flyball;
        await flyball.UntilQuietAsync();
        Assert.Equal(1, Assert.Single(await flyball.Client.ListWindowsAsync("line", null, null, Cancel)).Rows);
        Assert.DoesNotContain("A stretch of the traffic", await flyball.Http.GetStringAsync("/", Cancel));
        Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "log.seal-failed");
    }

    [Fact]
    public async Task Keeps_no_other_from_being_sealed()
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml + "\n    monitor: { every: 1m, min_rows: 1 }\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        await flyball.StopAsync();

        // closed files that the disk does not give back; the order of logs is not known
        foreach (var deployment in Enumerable.Range(0, 20))
        {
            var folder = Directory.CreateDirectory(Path.Combine(flyball.Folder, "data", "log", "predictions", $"lost-{deployment}")).FullName;
            File.CreateSymbolicLink(Path.Combine(folder, "00000001.ndjson"), "00000001.ndjson");
            await File.WriteAllTextAsync(Path.Combine(folder, "00000002.ndjson"), "", Cancel);
        }

        await using var later = await TestFlyball.StartAsync(flyball.Folder, change: options => options with { Time = clock, ManualLoops = false });
        await UntilAsync(() => later.Client.IsReadyAsync(Cancel));
        using (var body = new StringContent("""{"instances": [{"x": 3}]}""", Encoding.UTF8, "application/json"))
        {
            (await later.Http.PostAsync("/deployments/line/invocations", body, Cancel)).EnsureSuccessStatusCode();
        }

        clock.Advance(TimeSpan.FromMinutes(3));
        await UntilAsync(async () => (await later.Client.ListWindowsAsync("line", null, null, Cancel)).Count == 1);

        static async Task UntilAsync(Func<Task<bool>> condition)
        {
            for (var waited = 0; !await condition(); waited++)
            {
                Assert.True(waited < 300, "it does not come");
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
            }
        }
    }

    private sealed class Broken : IJobWork
    {
        public string Kind => "seal";

        public Task<JsonElement> RunAsync(JobContext context, JsonElement spec, CancellationToken cancel) => throw new IOException("there is no room");
    }
}
