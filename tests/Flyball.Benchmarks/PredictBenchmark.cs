using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Flyball.Benchmarks;

/// <summary>Single-row predictions over HTTP with the prediction log on, against bare Kestrel, client and server on the same machine.</summary>
internal static class PredictBenchmark
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        """{"inputs":[{"name":"lpep_pickup_datetime","shape":[1],"datatype":"BYTES","data":["2023-03-01 10:00:00"]},{"name":"PULocationID","shape":[1],"datatype":"INT64","data":[74]},{"name":"DOLocationID","shape":[1],"datatype":"INT64","data":[168]},{"name":"trip_distance","shape":[1],"datatype":"FP64","data":[2.5]},{"name":"passenger_count","shape":[1],"datatype":"FP64","data":[1]}]}""");

    public static async Task RunAsync(string flyball, string data)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        var yaml = Path.Combine(folder, "flyball.yaml");
        File.Copy(Checkout("samples", "nyc-taxi", "flyball.yaml"), yaml);
        using (var up = Process.Start(new ProcessStartInfo(flyball, ["up", yaml, "--data", data, "--once", "--data-dir", Path.Combine(folder, "data")]) { RedirectStandardOutput = true })!)
        {
            await up.StandardOutput.ReadToEndAsync();
            await up.WaitForExitAsync();
        }

        Console.WriteLine("| what | flyball | bare Kestrel | ratio |\n|---|---|---|---|");
        foreach (var clients in new[] { 1, 8 })
        {
            var (own, limit) = (await MeasureAsync(flyball, ["serve", "--urls", "http://127.0.0.1:7191", "--source-root", folder, "--data-dir", Path.Combine(folder, "data")], 7191, clients), await MeasureAsync(Environment.ProcessPath!, ["bare", "http://127.0.0.1:7192"], 7192, clients));
            Report.Row($"{clients} clients, p50", Text(own.P50, "ms"), Text(limit.P50, "ms"), Text(own.P50 / limit.P50, "×"));
            Report.Row($"{clients} clients, p99", Text(own.P99, "ms"), Text(limit.P99, "ms"), Text(own.P99 / limit.P99, "×"));
            Report.Row($"{clients} clients, rate", Text(own.Rate, "/s"), Text(limit.Rate, "/s"), Text(own.Rate / limit.Rate, "×"));
            Report.Row($"{clients} clients, rate in the first 3 s", Text(own.Cold, "/s"), Text(limit.Cold, "/s"), Text(own.Cold / limit.Cold, "×"));
            if (own.Rss > 0 && clients == 1) Report.Row("RSS after load", Text(own.Rss, "MiB"), Text(limit.Rss, "MiB"), "");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<(double P50, double P99, double Rate, double Cold, double Rss)> MeasureAsync(string program, string[] arguments, int port, int clients)
    {
        var url = new Uri($"http://127.0.0.1:{port}");
        await using var server = await ServerProcess.StartAsync(program, arguments, url);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = clients }) { BaseAddress = url };
        for (var ready = false; !ready;) ready = await AskAsync(http);
        var cold = await WarmAsync(http, clients);
        var watch = Stopwatch.StartNew();
        var latencies = await LoadAsync(http, clients, TimeSpan.FromSeconds(8));
        var seconds = watch.Elapsed.TotalSeconds;
        latencies.Sort();
        server.Process.Refresh();
        return (latencies[latencies.Count / 2], latencies[(int)(latencies.Count * 0.99)], latencies.Count / seconds, cold, server.Process.WorkingSet64 / 1048576.0);
    }

    /// <summary>
    /// Loads the server until it no longer gets faster, for the runtime compiles what runs often anew while it runs: until three seconds brought
    /// nothing over the best twice, half a minute at most. Answers the rate of the first three seconds.
    /// </summary>
    private static async Task<double> WarmAsync(HttpClient http, int clients)
    {
        var (first, best, idle, watch) = (0.0, 0.0, 0, Stopwatch.StartNew());
        while (idle < 2 && watch.Elapsed < TimeSpan.FromSeconds(30))
        {
            var rate = (await LoadAsync(http, clients, TimeSpan.FromSeconds(3))).Count / 3.0;
            idle = rate > best * 1.05 ? 0 : idle + 1;
            (first, best) = (first == 0 ? rate : first, Math.Max(best, rate));
        }

        return first;
    }

    private static async Task<List<double>> LoadAsync(HttpClient http, int clients, TimeSpan time)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            var (latencies, until) = (new List<double>(100_000), Stopwatch.StartNew());
            while (until.Elapsed < time)
            {
                var started = Stopwatch.GetTimestamp();
                if (!await AskAsync(http)) throw new InvalidOperationException("a prediction failed");
                latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            return latencies;
        })));
        return [.. all.SelectMany(latencies => latencies)];
    }

    private static async Task<bool> AskAsync(HttpClient http)
    {
        using var content = new ByteArrayContent(Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.PostAsync(new Uri("/v2/models/trip-duration/infer", UriKind.Relative), content);
        await answer.Content.ReadAsByteArrayAsync();
        return answer.IsSuccessStatusCode;
    }

    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:#,##0.##} {unit}");

    private static string Checkout(params string[] path)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Flyball.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not within a checkout");
        return Path.Combine([folder, .. path]);
    }
}
