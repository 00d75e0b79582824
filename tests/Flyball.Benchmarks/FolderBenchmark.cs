using System.Diagnostics;
using System.Globalization;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server;

namespace Flyball.Benchmarks;

/// <summary>A folder of many small files: taken in once, then looked at again with nothing new, against listing it with the size and time of every file.</summary>
internal static class FolderBenchmark
{
    private const int Rounds = 5;

    public static async Task RunAsync(int files)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        var sources = Directory.CreateDirectory(Path.Combine(folder, "sources")).FullName;
        using (var database = DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect())
        {
            for (var i = 0; i < files; i++) duck.Execute(string.Create(CultureInfo.InvariantCulture, $"copy (select timestamp '2024-01-01' + to_hours({i}) as at, {i} * 10 + j as n from range(10) t(j)) to '{Path.Combine(sources, $"part-{i:000000}.parquet")}' (format parquet)"));
        }

        await using (var server = await FlyballServer.StartAsync(new FlyballServerOptions { DataDirectory = Path.Combine(folder, "data"), SourceRoots = [sources], ManualLoops = true }, CancellationToken.None))
        {
            using var client = new FlyballClient(server.Url, server.OwnerToken);
            await client.ApplyAsync(new ApplyProject("project: many\ndata:\n  parts: { source: '*.parquet', time: at }\n", "flyball.yaml", sources, sources), CancellationToken.None);
            var watch = Stopwatch.StartNew();
            await server.Service<Loops>().UntilQuietAsync(CancellationToken.None);
            var first = watch.Elapsed.TotalSeconds;
            var version = await client.ListDatasetVersionsAsync("many", "parts", CancellationToken.None) is [var made, ..] ? made : throw new InvalidOperationException("no version was made");
            var (again, listed) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                watch.Restart();
                await server.Service<Loops>().UntilQuietAsync(CancellationToken.None);
                again.Add(watch.Elapsed.TotalSeconds);
                watch.Restart();
                _ = new DirectoryInfo(sources).EnumerateFiles().Max(file => file.Length + file.LastWriteTimeUtc.Ticks);
                listed.Add(watch.Elapsed.TotalSeconds);
            }

            File.WriteAllBytes(Path.Combine(sources, "part-999999.parquet"), File.ReadAllBytes(Path.Combine(sources, "part-000000.parquet")));
            watch.Restart();
            await server.Service<Loops>().UntilQuietAsync(CancellationToken.None);
            Console.WriteLine("| what | flyball | listing the folder | ratio |\n|---|---|---|---|");
            Report.Row(string.Create(CultureInfo.InvariantCulture, $"first ingest of {files:N0} files ({version.Rows:N0} rows)"), string.Create(CultureInfo.InvariantCulture, $"{first:0.0} s"), "", "");
            Report.Row("looking at them again, unchanged", Report.Spread(again, "s"), Report.Spread(listed, "s"), string.Create(CultureInfo.InvariantCulture, $"{Report.Median(again) / Report.Median(listed):0.0} ×"));
            Report.Row("one more file, of known content", string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s"), "", "");
        }

        Directory.Delete(folder, recursive: true);
    }
}
