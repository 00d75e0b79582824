using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Flyball.Benchmarks;

/// <summary>Sends requests of MLflow's API over a fixed number of connections and notes how long each took.</summary>
internal sealed class TrackingLoad(Uri url, int connections) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = connections }) { BaseAddress = url, Timeout = TimeSpan.FromMinutes(5) };

    public void Dispose() => http.Dispose();

    public async Task<JsonElement> PostAsync(string path, string body)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsByteArrayAsync();
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"{path} answered {(int)answer.StatusCode}: {Encoding.UTF8.GetString(text)}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    public async Task<byte[]> GetAsync(string path) => await http.GetByteArrayAsync(new Uri(path, UriKind.Relative));

    /// <summary>Posts the i-th body of <paramref name="body"/> over and over for a time; requests per second and the times of all.</summary>
    public async Task<(double Rate, double P50, double P99)> DuringAsync(TimeSpan time, string path, Func<int, byte[]> body)
    {
        var next = -1;
        var watch = Stopwatch.StartNew();
        var all = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            var latencies = new List<double>(100_000);
            while (watch.Elapsed < time)
            {
                var bytes = body(Interlocked.Increment(ref next));
                var started = Stopwatch.GetTimestamp();
                await SendAsync(path, bytes);
                latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            return latencies;
        })));
        var seconds = watch.Elapsed.TotalSeconds;
        List<double> sorted = [.. all.SelectMany(latencies => latencies).Order()];
        return (sorted.Count / seconds, sorted[sorted.Count / 2], sorted[(int)(sorted.Count * 0.99)]);
    }

    /// <summary>Does something for each of a number of indices, over all connections.</summary>
    public Task EachAsync(int count, Func<int, Task> work)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < count;) await work(i);
        })));
    }

    public async Task SendAsync(string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsByteArrayAsync();
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"{path} answered {(int)answer.StatusCode}: {Encoding.UTF8.GetString(text)}");
    }
}
