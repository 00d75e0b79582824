using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Flyball.Benchmarks;

/// <summary>A metric with a million points, as a curve of a thousand; and a thousand runs side by side.</summary>
internal static class CurveBenchmark
{
    private const int Points = 1_000_000;
    private const int Times = 25;
    private const int ComparedRuns = 1000;
    private const int PointsOfEach = 10_000;

    public static async Task RunAsync(string flyball)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        await using (var server = await ServerProcess.StartAsync(flyball, ["serve", "--urls", "http://127.0.0.1:7191", "--source-root", folder, "--data-dir", Path.Combine(folder, "data")], new Uri("http://127.0.0.1:7191")))
        {
            using var load = new TrackingLoad(server.Url, 1);
            var run = (await load.PostAsync("/api/2.0/mlflow/runs/create", """{"experiment_id": "0"}""")).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
            var filling = Stopwatch.StartNew();
            // a spike every 100,000 points, which no thinning may lose
            await LogAsync(load, run, Points, i => i % 100_000 == 77_777 ? 50 : Math.Sin(i / 5000.0));
            Console.WriteLine($"logged {Points:N0} points in {filling.Elapsed.TotalSeconds:0.0} s; bare SQLite reads them in {BareSqlite.SecondsToRead(Path.Combine(folder, "bare.db"), Points) * 1000:0.0} ms");
            Console.WriteLine("| what | p50 | p95 | first |\n|---|---|---|---|");
            foreach (var when in new[] { "as they were logged", "once they are packed" })
            {
                await MeasureAsync(load, $"curve of 1,000 points, {when}", $"/api/runs/{run}/curve?metric=loss&points=1000");
                await MeasureAsync(load, $"MLflow's bulk interval, 1,000 steps, {when}", $"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results=1000");
                await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System);
            }

            var spikes = Encoding.UTF8.GetString(await load.GetAsync($"/api/runs/{run}/curve?metric=loss&points=1000")).Split(',', '[', ']').Count(text => text == "50");
            Console.WriteLine($"spikes kept: {spikes} of 10");
            await CompareAsync(load);
            server.Process.Refresh();
            Console.WriteLine($"RSS {server.Process.WorkingSet64 / 1048576.0:0} MiB");
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A thousand runs with ten thousand points each, side by side.</summary>
    private static async Task CompareAsync(TrackingLoad load)
    {
        var experiment = (await load.PostAsync("/api/2.0/mlflow/experiments/create", """{"name": "many"}""")).GetProperty("experiment_id").GetString()!;
        for (var i = 0; i < ComparedRuns; i++)
        {
            var run = (await load.PostAsync("/api/2.0/mlflow/runs/create", $$"""{"experiment_id": "{{experiment}}"}""")).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
            await LogAsync(load, run, PointsOfEach, step => Math.Exp(-step / (1000.0 + i)));
        }

        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System);
        await MeasureAsync(load, $"page that compares {ComparedRuns:N0} runs", $"/experiments/compare?experiment={experiment}&metric=loss");
        await MeasureAsync(load, $"their curves, of {PointsOfEach:N0} points each", $"/experiments/compare/curves?experiment={experiment}&metric=loss");
    }

    private static async Task LogAsync(TrackingLoad load, string run, int points, Func<int, double> value)
    {
        for (var from = 0; from < points; from += 1000)
        {
            var body = new StringBuilder($$"""{"run_id": "{{run}}", "metrics": [""");
            for (var i = from; i < from + 1000; i++) body.Append(CultureInfo.InvariantCulture, $$"""{{(i == from ? "" : ", ")}}{"key": "loss", "value": {{value(i):R}}, "timestamp": {{1_700_000_000_000 + i}}, "step": {{i}}}""");
            await load.SendAsync("/api/2.0/mlflow/runs/log-batch", Encoding.UTF8.GetBytes(body.Append("]}").ToString()));
        }
    }

    private static async Task MeasureAsync(TrackingLoad load, string what, string path)
    {
        var times = new List<double>();
        for (var i = 0; i < Times; i++)
        {
            var watch = Stopwatch.StartNew();
            await load.GetAsync(path);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        var sorted = times.Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {sorted[Times / 2]:0.0} ms | {sorted[(int)(Times * 0.95)]:0.0} ms | {times[0]:0.0} ms |"));
    }
}
