using System.Diagnostics;
using System.Text.Json;
using Flyball.Foundation;

namespace Flyball.Tests.Foundation;

/// <summary>The real server, killed after it has stored an object and before anything names it.</summary>
public sealed class Orphaned_objects
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_removed_by_the_next_start_and_nothing_that_is_used_is()
    {
        var folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
        var flyball = await TestFlyball.StartAsync(folder);
        var run = await RunAsync(flyball);
        await PutAsync(flyball.Http, run, "kept.txt", "kept");
        await flyball.StopAsync();

        await KilledWhilePuttingAsync(folder, run);
        Assert.Equal(2, Objects(folder).Count);

        // within the grace it may belong to a worker that is about to report
        await (await TestFlyball.StartAsync(folder)).StopAsync();
        Assert.Equal(2, Objects(folder).Count);
        await using var swept = await TestFlyball.StartAsync(folder, change: options => options with { OrphanGrace = TimeSpan.Zero });
        Assert.Single(Objects(folder));
        Assert.Equal("kept", await swept.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/kept.txt", Cancel));
        await PutAsync(swept.Http, run, "orphan.txt", "orphan");
        Assert.Equal(2, Objects(folder).Count);
    }

    [Fact]
    public async Task Are_not_those_that_datasets_models_logs_and_waiting_jobs_use()
    {
        var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        await flyball.Http.PostAsync($"/deployments/{LineProject.Model}/invocations", new StringContent("""{"dataframe_records": [{"at": "2024-02-01 10:00:00", "x": 3}]}""", null, "application/json"), Cancel);
        var used = Objects(flyball.Folder);
        Assert.True(used.Count > 5);

        // a job that waits for its worker needs what its specification names, though no link does
        flyball = await flyball.RestartAsync(options => options with { Workers = 0 });
        var waiting = await flyball.Server.Service<ObjectStore>().PutAsync(new MemoryStream("needed by a job"u8.ToArray()), Cancel);
        var jobs = flyball.Server.Service<Jobs>();
        await flyball.Server.Service<Db>().WriteAsync(tx => jobs.EnqueueAsync(tx, "seal", new Ref("log-segment", "x"), null, new { raw = waiting.Digest }, null, 1), Cancel);
        await using var swept = await flyball.RestartAsync(options => options with { OrphanGrace = TimeSpan.Zero, Workers = 0 });
        Assert.Equal(used.Append(waiting.Digest).Order(), Objects(swept.Folder).Order());
    }

    [Fact]
    public async Task Are_what_a_replaced_artifact_leaves_behind()
    {
        var flyball = await TestFlyball.StartAsync();
        var run = await RunAsync(flyball);
        await PutAsync(flyball.Http, run, "a.txt", "first");
        await PutAsync(flyball.Http, run, "copy.txt", "second");
        await PutAsync(flyball.Http, run, "a.txt", "second");
        await PutAsync(flyball.Http, run, "a.txt", "third");
        await using var swept = await flyball.RestartAsync(options => options with { OrphanGrace = TimeSpan.Zero });
        Assert.Equal(2, Objects(swept.Folder).Count);
        Assert.Equal("second", await swept.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/copy.txt", Cancel));
        Assert.Equal("third", await swept.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a.txt", Cancel));
    }

    private static List<string> Objects(string folder) =>
        [.. new DirectoryInfo(Path.Combine(folder, "data", "objects")).EnumerateFiles("*", SearchOption.AllDirectories).Select(file => file.Directory!.Name + file.Name)];

    private static async Task<string> RunAsync(TestFlyball flyball)
    {
        using var answer = await flyball.Http.PostAsync("/api/2.0/mlflow/runs/create", new StringContent("""{"experiment_id": "0"}""", null, "application/json"), Cancel);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        return body.RootElement.GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
    }

    private static async Task PutAsync(HttpClient http, string run, string path, string text)
    {
        using var answer = await http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/{path}", new StringContent(text), Cancel);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task KilledWhilePuttingAsync(string folder, string run)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "flyball")) { RedirectStandardOutput = true };
        foreach (var argument in (string[])["serve", "--urls", "http://127.0.0.1:0", "--data-dir", Path.Combine(folder, "data")]) start.ArgumentList.Add(argument);
        start.Environment["FLYBALL_CRASH_AT"] = "objects.after-rename";
        using var process = Process.Start(start)!;
        var greeting = await process.StandardOutput.ReadLineAsync(Cancel) ?? "";
        using var http = new HttpClient { BaseAddress = new Uri(greeting[greeting.IndexOf("http", StringComparison.Ordinal)..]) };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => PutAsync(http, run, "orphan.txt", "orphan"));
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(137, process.ExitCode);
    }
}
