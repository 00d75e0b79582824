using System.Diagnostics;
using System.Globalization;

namespace Flyball.Benchmarks;

/// <summary>A file of two gigabytes, sent and fetched through the artifact proxy, against Kestrel that hashes, writes and syncs the same bytes and sends the same file.</summary>
internal static class ArtifactBenchmark
{
    private const long Size = 2L << 30;
    private const int Rounds = 3;

    public static async Task RunAsync(string flyball)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        Console.WriteLine("| what | flyball | limit | ratio |\n|---|---|---|---|");
        await using (var server = await ServerProcess.StartAsync(flyball, ["serve", "--urls", "http://127.0.0.1:7191", "--source-root", folder, "--data-dir", Path.Combine(folder, "data")], new Uri("http://127.0.0.1:7191")))
        await using (var bare = await ServerProcess.StartAsync(Environment.ProcessPath!, ["bare", "http://127.0.0.1:7192"], new Uri("http://127.0.0.1:7192")))
        {
            using var load = new TrackingLoad(server.Url, 1);
            var run = (await load.PostAsync("/api/2.0/mlflow/runs/create", """{"experiment_id": "0"}""")).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
            var (ups, bareUps, downs, bareDowns) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            // a small one first: the code is compiled, the connection open
            await UpAsync(new Uri(server.Url, $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/warm"), 1 << 20, 0);
            await UpAsync(new Uri(bare.Url, $"/file?path={Uri.EscapeDataString(Path.Combine(folder, "warm"))}"), 1 << 20, 0);
            server.Process.Refresh();
            var (before, watcher) = (server.Process.WorkingSet64, new Watcher(server.Process));
            for (var round = 1; round <= Rounds; round++)
            {
                var (own, limit) = (new Uri(server.Url, $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/f{round}"), new Uri(bare.Url, $"/file?path={Uri.EscapeDataString(Path.Combine(folder, $"bare{round}"))}"));
                ups.Add(await UpAsync(own, Size, round));
                bareUps.Add(await UpAsync(limit, Size, round));
                downs.Add(await DownAsync(own));
                bareDowns.Add(await DownAsync(limit));
                File.Delete(Path.Combine(folder, $"bare{round}"));
            }

            Report.Row("upload of 2 GB", Report.Spread(ups, "MB/s"), Report.Spread(bareUps, "MB/s"), Ratio(ups, bareUps));
            Report.Row("download of 2 GB", Report.Spread(downs, "MB/s"), Report.Spread(bareDowns, "MB/s"), Ratio(downs, bareDowns));
            var most = await watcher.StopAsync();
            Report.Row("growth of RSS while they ran", string.Create(CultureInfo.InvariantCulture, $"{(most - before) / 1048576.0:0} MiB (from {before / 1048576.0:0})"), "", "");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static string Ratio(List<double> own, List<double> limit) => string.Create(CultureInfo.InvariantCulture, $"{Report.Median(own) / Report.Median(limit):0.00} ×");

    private static async Task<double> UpAsync(Uri url, long size, int seed)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        using var content = new StreamContent(new Noise(size, seed), 1 << 18);
        content.Headers.ContentLength = size;
        var watch = Stopwatch.StartNew();
        using var answer = await http.PutAsync(url, content);
        answer.EnsureSuccessStatusCode();
        return size / 1e6 / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> DownAsync(Uri url)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        var watch = Stopwatch.StartNew();
        await using var content = await http.GetStreamAsync(url);
        var (buffer, size) = (new byte[1 << 18], 0L);
        for (int read; (read = await content.ReadAsync(buffer)) > 0;) size += read;
        return size == Size ? size / 1e6 / watch.Elapsed.TotalSeconds : throw new InvalidDataException($"{size} bytes came");
    }

    /// <summary>The most memory that a process has while this watches.</summary>
    private sealed class Watcher
    {
        private readonly CancellationTokenSource end = new();
        private readonly Task watching;
        private long most;

        public Watcher(Process process) => watching = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                process.Refresh();
                most = Math.Max(most, process.WorkingSet64);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        });

        public async Task<long> StopAsync()
        {
            await end.CancelAsync();
            await watching;
            end.Dispose();
            return most;
        }
    }

    /// <summary>Bytes that no file system compresses, other ones for each seed.</summary>
    private sealed class Noise(long size, int seed) : Stream
    {
        private readonly byte[] block = Block(seed);
        private long at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => size;

        public override long Position
        {
            get => at;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var offset = (int)(at % block.Length);
            var count = (int)Math.Min(Math.Min(buffer.Length, block.Length - offset), size - at);
            block.AsSpan(offset, count).CopyTo(buffer);
            at += count;
            return count;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private static byte[] Block(int seed)
        {
            var bytes = new byte[(1 << 20) + 7];
            var state = (ulong)seed + 88172645463325252UL;
            for (var i = 0; i < bytes.Length; i++)
            {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                bytes[i] = (byte)state;
            }

            return bytes;
        }
    }
}
