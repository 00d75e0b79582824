using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Flyball.Tests.Crashes;

/// <summary>The system calls of the real program, as strace sees them: what is acknowledged has been synced before.</summary>
public sealed partial class What_is_acknowledged : IDisposable
{
    private const int Writes = 25;
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-sync-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Is_on_disk_before_the_answer()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        var calls = Path.Combine(folder, "calls");
        var start = new ProcessStartInfo("/usr/bin/strace") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-f", "--seccomp-bpf", "-qq", "-ttt", "-T", "-e", "trace=fsync,fdatasync", "-o", calls, Path.Combine(AppContext.BaseDirectory, "flyball"), "serve", "--urls", "http://127.0.0.1:0", "--data-dir", Path.Combine(folder, "data")]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(Cancel);
            var line = await process.StandardOutput.ReadLineAsync(Cancel);
            Assert.SkipWhen(line is null && (await errors).Contains("ptrace", StringComparison.OrdinalIgnoreCase), "this machine does not let a process be traced");
            Assert.NotNull(line);
            using var http = new HttpClient { BaseAddress = new Uri(line[(line.IndexOf(" at ", StringComparison.Ordinal) + 4)..].Trim()) };
            using var created = await http.PostAsync("/api/2.0/mlflow/runs/create", Json("""{"experiment_id": "0"}"""), Cancel);
            var run = JsonSerializer.Deserialize<JsonElement>(await created.Content.ReadAsStringAsync(Cancel)).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString();

            var metrics = await TimesAsync(i => http.PostAsync("/api/2.0/mlflow/runs/log-metric", Json($$"""{"run_id": "{{run}}", "key": "m", "value": {{i}}, "timestamp": {{i}}}"""), Cancel));
            var batches = await TimesAsync(i => http.PostAsync("/api/2.0/mlflow/runs/log-batch", Json($$"""{"run_id": "{{run}}", "tags": [{"key": "t{{i}}", "value": "1"}]}"""), Cancel));
            var files = await TimesAsync(i => http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/f{i}.txt", new StringContent($"file {i}"), Cancel));
            var reads = await TimesAsync(_ => http.GetAsync($"/api/2.0/mlflow/runs/get?run_id={run}", Cancel));

            var runs = await TimesAsync(_ => http.PostAsync("/api/2.0/mlflow/runs/create", Json("""{"experiment_id": "0"}"""), Cancel));
            var models = await TimesAsync(i => http.PostAsync("/api/2.0/mlflow/registered-models/create", Json($$"""{"name": "m{{i}}"}"""), Cancel));
            var versions = await TimesAsync(_ => http.PostAsync("/api/2.0/mlflow/model-versions/create", Json("""{"name": "m0", "source": "s3://bucket/m"}"""), Cancel));
            var aliases = await TimesAsync(i => http.PostAsync("/api/2.0/mlflow/registered-models/alias", Json($$"""{"name": "m0", "alias": "a", "version": "{{i + 1}}"}"""), Cancel));
            // writers that share a sync: it begins after the last of them was asked
            var together = (await Task.WhenAll(Enumerable.Range(0, 16).Select(client => Task.Run(() => TimesAsync(i => http.PostAsync("/api/2.0/mlflow/runs/log-metric", Json($$"""{"run_id": "{{run}}", "key": "c{{client}}", "value": {{i}}, "timestamp": {{i}}}"""), Cancel)), Cancel)))).SelectMany(times => times).ToList();

            var syncs = await SyncsAsync(calls);
            foreach (var (what, times) in new[] { ("metric", metrics), ("batch", batches), ("file", files), ("run", runs), ("model", models), ("version", versions), ("alias", aliases), ("metric of 16 clients", together) })
            {
                Assert.True(times.TrueForAll(time => syncs.Exists(sync => sync.From >= time.From && sync.To <= time.To)), $"a {what} was acknowledged before anything was synced");
            }

            // what only reads shows that the syncs above are those of the writes
            Assert.True(reads.Count(time => syncs.Exists(sync => sync.From >= time.From && sync.To <= time.To)) < Writes / 2);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<List<(double From, double To)>> TimesAsync(Func<int, Task<HttpResponseMessage>> ask)
    {
        var times = new List<(double From, double To)>();
        for (var i = 0; i < Writes; i++)
        {
            var from = Now();
            using var answer = await ask(i);
            times.Add((from, Now()));
            answer.EnsureSuccessStatusCode();
        }

        return times;
    }

    /// <summary>When syncs began and ended, in seconds since 1970. One that was interrupted by another thread's lines is told in two.</summary>
    private static async Task<List<(double From, double To)>> SyncsAsync(string calls)
    {
        var syncs = new List<(double From, double To)>();
        // it is still written to
        await using var file = new FileStream(calls, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        while (await reader.ReadLineAsync(Cancel) is { } line)
        {
            if (Sync().Match(line) is not { Success: true } found) continue;
            double Part(string name) => double.Parse(found.Groups[name].ValueSpan, CultureInfo.InvariantCulture);
            // the time of a resumed call is that of its end
            syncs.Add(found.Groups["resumed"].Success ? (Part("at") - Part("took"), Part("at")) : (Part("at"), Part("at") + Part("took")));
        }

        return syncs;
    }

    private static double Now() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    [GeneratedRegex(@"^\d+ +(?<at>[\d.]+) (?<resumed><\.\.\. )?f(data)?sync.*= 0 <(?<took>[\d.]+)>$")]
    private static partial Regex Sync();
}
