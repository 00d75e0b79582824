using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Tests.Hosting;

/// <summary>The real program with its data directory on a small file system of its own, which fills up and is freed again.</summary>
public sealed class A_full_disk : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-full-").FullName;
    private Process? process;
    private Task<string> said = Task.FromResult("");
    private FlyballClient? client;
    private HttpClient? http;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(folder, "data");

    /// <summary>The data directory as the server sees it; elsewhere it is an empty folder.</summary>
    private string Inside => $"/proc/{process!.Id}/root{Data}";

    [Fact]
    public async Task Is_told_of_and_loses_nothing_that_was_acknowledged_and_all_goes_on_once_there_is_space()
    {
        await StartAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await client!.ApplyAsync(new ApplyProject(LineProject.Yaml.Replace("sources/*.csv", "'*.csv'", StringComparison.Ordinal), "flyball.yaml", folder, null), Cancel);
        await UntilAsync(async () => await client.IsQuietAsync(Cancel) && (await client.ListModelVersionsAsync("line", Cancel)).Count == 1);
        Assert.Equal(HttpStatusCode.OK, (await InferAsync("before")).Status);
        var run = await client.StartRunAsync(await client.EnsureExperimentAsync("full", Cancel), "r", Cancel);

        var path = $"0/{run}/artifacts/parts.bin";
        var parts = (await PostAsync($"/api/2.0/mlflow-artifacts/mpu/create/{path}", $$"""{"path": "{{path}}", "num_parts": 2}""")).Body;
        Assert.Equal(HttpStatusCode.OK, await PartAsync(parts, 1));
        Fill();
        var (predicted, refusal) = await UntilRefusedAsync(i => InferAsync($"p{i}"));
        Assert.Equal((HttpStatusCode)507, refusal.Status);
        Assert.Contains("disk is full", refusal.Body);
        var (logged, refused) = await UntilRefusedAsync(i => PostAsync("/api/2.0/mlflow/runs/log-metric", $$"""{"run_id": "{{run}}", "key": "m{{i}}", "value": {{i}}, "timestamp": 1}"""));
        Assert.Equal((HttpStatusCode)507, refused.Status);
        using (var put = await http!.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/large.bin", new ByteArrayContent(new byte[4 << 20]), Cancel))
        {
            Assert.Equal((HttpStatusCode)507, put.StatusCode);
        }

        Assert.DoesNotContain(await client.ListArtifactsAsync(run, null, Cancel), file => file.Path == "large.bin");
        Assert.DoesNotContain(new DirectoryInfo(Inside).EnumerateFiles("*", SearchOption.AllDirectories), file => file.Name != "filler" && file.Length >= 4 << 20);

        // a part of a file that is sent in parts, and what is made of parts that were stored before
        var upload = await PostAsync($"/api/2.0/mlflow-artifacts/mpu/create/{path}", $$"""{"path": "{{path}}", "num_parts": 2}""");
        Assert.Equal((HttpStatusCode)507, upload.Status == HttpStatusCode.OK ? await PartAsync(upload.Body, 1) : upload.Status);
        Assert.Equal((HttpStatusCode)507, await PartAsync(parts, 2));

        await File.WriteAllTextAsync(Path.Combine(folder, "more.csv"), LineProject.Rows(200, 200), Cancel);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/", Cancel)).StatusCode);
        await CheckAsync(predicted, run, logged);

        File.Delete(Path.Combine(Inside, "filler"));
        Assert.Equal(HttpStatusCode.OK, (await InferAsync("after")).Status);
        await UntilAsync(async () => (await client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Any(version => version.Rows == 400));
        Assert.Equal(1, (await client.GetDeploymentAsync("line", Cancel)).Version);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Inside, "tmp")));
        // the upload goes on where it was
        Assert.Equal(HttpStatusCode.OK, await PartAsync(parts, 2));
        await CheckAsync([.. predicted, "before", "after"], run, logged);
    }

    [Fact]
    public async Task Does_not_keep_the_server_from_ending_in_order()
    {
        await StartAsync();
        // what is in the log of the database has no place in its file any more
        for (var i = 0; i < 50; i++) await client!.EnsureExperimentAsync($"e{i}", Cancel);
        Fill();
        using (var terminate = Process.Start("kill", ["-TERM", process!.Id.ToString(CultureInfo.InvariantCulture)])) await terminate.WaitForExitAsync(Cancel);
        await process.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.DoesNotContain("nhandled", await said);
        Assert.Equal(0, process.ExitCode);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        http?.Dispose();
        if (process is not null)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    private async Task StartAsync()
    {
        Directory.CreateDirectory(Data);
        // a file system that only this server sees: nothing of the machine is mounted or filled
        var start = new ProcessStartInfo("unshare") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=24m tmpfs \"$1\" && shift && exec \"$@\"", "sh", Data, Path.Combine(AppContext.BaseDirectory, "flyball"), "serve", "--urls", "http://127.0.0.1:0", "--source-root", folder, "--data-dir", Data])
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        said = process.StandardError.ReadToEndAsync(Cancel);
        var line = await process.StandardOutput.ReadLineAsync(Cancel);
        Assert.SkipWhen(line is null && (await said).Contains("unshare", StringComparison.Ordinal), "this machine allows no mount namespaces");
        Assert.NotNull(line);
        _ = process.StandardOutput.ReadToEndAsync(Cancel);
        var url = new Uri(line[(line.IndexOf(" at ", StringComparison.Ordinal) + 4)..].Trim());
        client = new FlyballClient(url, DataDirectory.FindServer(Inside)?.Token);
        http = new HttpClient { BaseAddress = url };
    }

    private void Fill()
    {
        var zeros = new byte[4096];
        using var filler = new FileStream(Path.Combine(Inside, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true) filler.Write(zeros);
        }
        catch (IOException)
        {
            Assert.Equal(0, new DriveInfo(Inside).AvailableFreeSpace);
        }
    }

    /// <summary>What was answered with success before the first refusal, which comes soon: a started page of a file still takes a little.</summary>
    private static async Task<(List<string> Taken, (HttpStatusCode Status, string Body) Refusal)> UntilRefusedAsync(Func<int, Task<(HttpStatusCode Status, string Body)>> write)
    {
        var taken = new List<string>();
        for (var i = 0; i < 5000; i++)
        {
            var answer = await write(i);
            if (answer.Status != HttpStatusCode.OK) return (taken, answer);
            taken.Add($"p{i}");
        }

        throw new InvalidOperationException("5,000 writes were taken on a full disk");
    }

    private async Task CheckAsync(List<string> predictions, string run, List<string> metrics)
    {
        foreach (var id in predictions) Assert.Equal(id, (await client!.GetPredictionAsync("line", id, Cancel)).Id);
        var known = JsonSerializer.Deserialize<JsonElement>(await http!.GetStringAsync($"/api/2.0/mlflow/runs/get?run_id={run}", Cancel)).GetProperty("run").GetProperty("data");
        Assert.Equal(metrics.Count, known.TryGetProperty("metrics", out var list) ? list.GetArrayLength() : 0);
    }

    private Task<(HttpStatusCode Status, string Body)> InferAsync(string id) => PostAsync("/v2/models/line/infer", $$"""{"id": "{{id}}", "inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [3]}]}""");

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, string body)
    {
        using var answer = await http!.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>Sends a megabyte as a part of an upload.</summary>
    private async Task<HttpStatusCode> PartAsync(string upload, int number)
    {
        var url = JsonSerializer.Deserialize<JsonElement>(upload).GetProperty("credentials")[number - 1].GetProperty("url").GetString()!;
        using var put = await http!.PutAsync(new Uri(url).PathAndQuery, new ByteArrayContent(new byte[1 << 20]), Cancel);
        return put.StatusCode;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await holds()) return;
            }
            catch (FlyballException)
            {
                // not there yet
            }

            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), string.Create(CultureInfo.InvariantCulture, $"still not after {waited.Elapsed}"));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }
    }
}
