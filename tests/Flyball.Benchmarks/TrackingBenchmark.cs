using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Server;
using Flyball.Server.Tracking;

namespace Flyball.Benchmarks;

/// <summary>MLflow's API under load: writes that are on disk before they are acknowledged, and search over many runs.</summary>
internal static class TrackingBenchmark
{
    private const string Api = "/api/2.0/mlflow";
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);

    /// <summary>Writes: log-metric, log-batch and runs/create.</summary>
    public static async Task WriteAsync(string flyball)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        Console.WriteLine("| what | flyball | limit | ratio |\n|---|---|---|---|");
        await using (var server = await ServerProcess.StartAsync(flyball, ["serve", "--urls", "http://127.0.0.1:7191", "--source-root", folder, "--data-dir", Path.Combine(folder, "data")], new Uri("http://127.0.0.1:7191")))
        await using (var bare = await ServerProcess.StartAsync(Environment.ProcessPath!, ["bare", "http://127.0.0.1:7192"], new Uri("http://127.0.0.1:7192")))
        {
            using var load = new TrackingLoad(server.Url, 16);
            using var limit = new TrackingLoad(bare.Url, 16);
            var runs = new string[16];
            for (var i = 0; i < runs.Length; i++) runs[i] = await CreateAsync(load, i);

            byte[] Metric(int i) => Encoding.UTF8.GetBytes($$"""{"run_id": "{{runs[i % runs.Length]}}", "run_uuid": "{{runs[i % runs.Length]}}", "key": "loss", "value": {{(1.0 / (i + 1)).ToString("R", CultureInfo.InvariantCulture)}}, "timestamp": {{1_700_000_000_000 + i}}, "step": {{i}}}""");
            await load.DuringAsync(Warm, $"{Api}/runs/log-metric", Metric);
            var (rate, p50, p99) = await load.DuringAsync(Measured, $"{Api}/runs/log-metric", i => Metric(i + 10_000_000));
            var (bareRate, _, bareP99) = await limit.DuringAsync(Measured, $"{Api}/runs/log-metric", Metric);
            Report.Row("log-metric, 16 connections", Text(rate, "/s"), $"bare Kestrel {Text(bareRate, "/s")}", Text(rate / bareRate, "×"));
            Report.Row("log-metric p50 and p99", $"{Text(p50, "ms")}, {Text(p99, "ms")}", $"p99 {Text(bareP99, "ms")}", "");

            foreach (var (keys, clients) in new[] { (10, 1), (1000, 1), (10, 4), (1000, 4) })
            {
                using var some = new TrackingLoad(server.Url, clients);
                // made before, so that the client's work is not measured
                var bodies = Enumerable.Range(0, 2000).Select(i => Body(runs[i % runs.Length], keys, i)).ToArray();
                byte[] Batch(int i) => bodies[i % bodies.Length];
                await some.DuringAsync(Warm, $"{Api}/runs/log-batch", Batch);
                var batch = await some.DuringAsync(Measured, $"{Api}/runs/log-batch", Batch);
                Report.Row($"log-batch of 1,000 metrics of {keys} keys, {clients} connections", Text(batch.Rate * 1000, "metrics/s"), "", "");
                if (clients > 1) continue;
                var (rows, values) = (BareSqlite.RowsPerSecond(Path.Combine(folder, $"rows-{keys}.db"), keys), BareSqlite.ValuesPerSecond(Path.Combine(folder, $"values-{keys}.db"), keys));
                Report.Row("… against bare SQLite, a row per point", "", Text(rows, "metrics/s"), Text(batch.Rate * 1000 / rows, "×"));
                Report.Row("… against bare SQLite, a ready-made value per thousand", "", Text(values, "metrics/s"), Text(batch.Rate * 1000 / values, "×"));
            }

            var created = await load.DuringAsync(Measured, $"{Api}/runs/create", i => Encoding.UTF8.GetBytes(Run(i)));
            Report.Row("runs/create, 16 connections", Text(created.Rate, "/s"), $"bare Kestrel {Text(bareRate, "/s")}", $"p99 {Text(created.P99, "ms")}");
            server.Process.Refresh();
            Report.Row("RSS after the load", Text(server.Process.WorkingSet64 / 1048576.0, "MiB"), "", "");
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Search over many runs with ten metrics of ten points each, five params and four tags.</summary>
    public static async Task SearchAsync(string flyball, int runs)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        await FillAsync(Path.Combine(folder, "data"), runs);
        await using (var server = await ServerProcess.StartAsync(flyball, ["serve", "--urls", "http://127.0.0.1:7191", "--source-root", folder, "--data-dir", Path.Combine(folder, "data")], new Uri("http://127.0.0.1:7191")))
        {
            using var load = new TrackingLoad(server.Url, 16);
            server.Process.Refresh();
            Console.WriteLine($"RSS {server.Process.WorkingSet64 / 1048576.0:0} MiB, database {new DirectoryInfo(Path.Combine(folder, "data")).EnumerateFiles("*.db*").Sum(file => file.Length) / 1048576.0:0} MiB");
            var first = Stopwatch.StartNew();
            await QueryAsync(load, "", "[]", 100, null);
            Console.WriteLine($"first search: {first.Elapsed.TotalMilliseconds:0} ms");
            // a server that has just been started compiles what it runs often
            for (var i = 0; i < 40; i++) await QueryAsync(load, "metrics.m9 > 0.9", """["metrics.m8 ASC"]""", i % 4 == 0 ? 1000 : 100, null);
            Console.WriteLine("| filter | order | page | p50 | p95 |\n|---|---|---|---|---|");
            // the first is asked again at the end, which tells what of its time was the runtime's, still compiling
            foreach (var (filter, order) in Shapes.Append(Shapes[0]))
            {
                foreach (var size in new[] { 100, 1000 })
                {
                    var times = new List<double>();
                    for (var i = 0; i < Asked; i++)
                    {
                        var watch = Stopwatch.StartNew();
                        await QueryAsync(load, filter, order, size, null);
                        times.Add(watch.Elapsed.TotalMilliseconds);
                    }

                    Print(filter, order, $"first of {size}", times);
                }
            }

            await DeepAsync(load, "metrics.m0 > 0.1", """["metrics.m1 DESC"]""");
            server.Process.Refresh();
            Console.WriteLine($"RSS after the searches {server.Process.WorkingSet64 / 1048576.0:0} MiB");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static (string Filter, string Order)[] Shapes =>
    [
        ("", "[]"),
        ("", """["start_time ASC"]"""),
        ("metrics.m0 > 0.5", """["metrics.m1 DESC"]"""),
        ("metrics.m0 > 0.999", """["metrics.m1 DESC"]"""),
        ("metrics.m0 > 0.01", """["metrics.m1 ASC"]"""),
        ("metrics.m0 > 0.5 and metrics.m2 < 0.5 and params.p1 = '7'", """["metrics.m3 DESC"]"""),
        ("params.p0 LIKE '%99%'", """["metrics.m1 DESC"]"""),
        ("tags.team = 'team-3'", """["start_time DESC"]"""),
        ("tags.note ILIKE '%NOTE-12345%'", """["metrics.m1 DESC"]"""),
        ("attributes.status = 'RUNNING' and (metrics.m4 < 0.1 or metrics.m5 > 0.9)", """["params.p2 ASC", "metrics.m0 DESC"]"""),
    ];

    /// <summary>Page after page of 100; the thousandth must not be slower than the first.</summary>
    private static async Task DeepAsync(TrackingLoad load, string filter, string order)
    {
        string? token = null;
        var times = new List<double>();
        for (var page = 0; page < 1000; page++)
        {
            var watch = Stopwatch.StartNew();
            token = await QueryAsync(load, filter, order, 100, token);
            times.Add(watch.Elapsed.TotalMilliseconds);
            if (token is null) break;
        }

        Print(filter, order, $"1 to 25 of {times.Count}", times[..Math.Min(25, times.Count)]);
        Print(filter, order, $"{Math.Max(0, times.Count - 25)} to {times.Count}", times[^Math.Min(25, times.Count)..]);
    }

    private static void Print(string filter, string order, string page, List<double> times)
    {
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {filter} | {order} | {page} | {times[times.Count / 2]:0.0} ms | {times[(int)(times.Count * 0.95)]:0.0} ms |"));
    }

    private static async Task<string?> QueryAsync(TrackingLoad load, string filter, string order, int size, string? token)
    {
        var found = await load.PostAsync($"{Api}/runs/search", $$"""{"experiment_ids": ["0"], "filter": {{JsonSerializer.Serialize(filter)}}, "order_by": {{order}}, "max_results": {{size}}, "page_token": {{JsonSerializer.Serialize(token ?? "")}}}""");
        return found.TryGetProperty("next_page_token", out var next) ? next.GetString() : null;
    }

    private static async Task<string> CreateAsync(TrackingLoad load, int i) => (await load.PostAsync($"{Api}/runs/create", Run(i))).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;

    private const int FilledTogether = 500;

    /// <summary>How often each search is asked for: a server that has just been started compiles what is asked for the first few times.</summary>
    private const int Asked = 100;

    private static string Run(int i) => $$"""{"experiment_id": "0", "start_time": {{1_700_000_000_000 + i}}, "run_name": "run-{{i}}", "tags": [{"key": "mlflow.user", "value": "someone"}, {"key": "mlflow.source.name", "value": "train.py"}]}""";

    private static byte[] Body(string run, int keys, int batch)
    {
        var text = new StringBuilder($$"""{"run_id": "{{run}}", "metrics": [""");
        for (var i = 0; i < 1000; i++) text.Append(CultureInfo.InvariantCulture, $$"""{{(i > 0 ? "," : "")}}{"key": "metric_{{i % keys}}", "value": {{1.0 / (i + 1)}}, "timestamp": {{1_700_000_000_000L + (batch * 1000L) + i}}, "step": {{(batch * 100L) + (i / keys)}}}""");
        return Encoding.UTF8.GetBytes(text.Append("]}").ToString());
    }

    /// <summary>Fills a data directory as the server does, many runs in one transaction: over HTTP a million runs take some twenty minutes, and writing is measured elsewhere.</summary>
    private static async Task FillAsync(string data, int runs)
    {
        var filling = Stopwatch.StartNew();
        await using var server = await FlyballServer.StartAsync(new FlyballServerOptions { DataDirectory = data, Workers = 0, ManualLoops = true }, CancellationToken.None);
        var (db, writer) = (server.Service<Db>(), server.Service<Runs>());
        KeyValuePair<string, string>[] tags = [KeyValuePair.Create("mlflow.user", "someone"), KeyValuePair.Create("mlflow.source.name", "train.py")];
        for (var from = 0; from < runs; from += FilledTogether)
        {
            var numbers = Enumerable.Range(from, Math.Min(FilledTogether, runs - from));
            await db.WriteAsync(
                async tx =>
                {
                    var experiment = await Experiments.GetAsync(tx, Experiment.DefaultId);
                    foreach (var i in numbers)
                    {
                        var run = await writer.StartAsync(tx, experiment, $"run-{i}", "someone", DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + i), tags, null, null);
                        await writer.LogAsync(tx, run.Id, Logged(i), project: null);
                    }
                },
                CancellationToken.None);
            if (from % 20_000 == 0) await server.Service<Loops>().UntilQuietAsync(CancellationToken.None);
        }

        await server.Service<Loops>().UntilQuietAsync(CancellationToken.None);
        Console.WriteLine($"filled {runs:N0} runs with {runs * 100L:N0} points in {filling.Elapsed.TotalSeconds:0} s");
    }

    private static RunBatch Logged(int seed)
    {
        var random = new Random(seed);
        var metrics = Enumerable.Range(0, 100).Select(i => new MetricPoint($"m{i % 10}", random.NextDouble(), i / 10, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + i))).ToList();
        string Text<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
        return new RunBatch(
            metrics,
            [
                KeyValuePair.Create("p0", Text(seed)), KeyValuePair.Create("p1", Text(random.Next(10))), KeyValuePair.Create("p2", Text(random.Next(1000))), KeyValuePair.Create("p3", "adam"), KeyValuePair.Create("p4", Text(random.NextDouble())),
            ],
            [KeyValuePair.Create("team", $"team-{random.Next(20)}"), KeyValuePair.Create("note", $"note-{seed}")]);
    }

    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:#,##0.##} {unit}");
}
