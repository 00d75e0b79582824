using System.Diagnostics;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Benchmarks;

/// <summary>Taking the green taxi months in, against the same reads, aggregates and Parquet writes in bare DuckDB.</summary>
internal static class IngestBenchmark
{
    public static async Task RunAsync(string data)
    {
        var (own, limit) = (new List<double>(), new List<double>());
        for (var round = 0; round < 5; round++)
        {
            own.Add(await OwnAsync(data));
            limit.Add(Bare(data));
        }

        Console.WriteLine("| what | flyball | bare DuckDB | ratio |\n|---|---|---|---|");
        Report.Row("ingest, profile, expectations of the green months", Report.Spread(own, "s"), Report.Spread(limit, "s"), $"{Report.Median(own) / Report.Median(limit):0.00} ×");
    }

    private static async Task<double> OwnAsync(string data)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        var objects = new DiskObjectStore(folder);
        var file = ProjectFileReader.Read(await File.ReadAllTextAsync(Sample()), "flyball.yaml");
        var dataset = file.Dataset("trips");
        var files = SourceFiles.Find(Path.Combine(data, "green_tripdata_*.parquet"));
        var spec = new IngestSpec("bench", "trips", dataset, files, DatasetExpressions.Of(file, dataset), [], [], 0, 0, [], null, new Dictionary<string, IReadOnlyList<string>>());
        var scratch = Directory.CreateDirectory(Path.Combine(folder, "scratch")).FullName;
        var watch = Stopwatch.StartNew();
        await new IngestJob().RunAsync(new JobContext(objects, scratch, (_, _) => { }), spec, CancellationToken.None);
        var seconds = watch.Elapsed.TotalSeconds;
        Directory.Delete(folder, recursive: true);
        return seconds;
    }

    private static double Bare(string data)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        var watch = Stopwatch.StartNew();
        using (var database = DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect())
        {
            var paths = new List<string>();
            foreach (var file in Directory.EnumerateFiles(data, "green_tripdata_*.parquet").Order(StringComparer.Ordinal))
            {
                var path = Path.Combine(folder, Path.GetFileName(file));
                duck.Execute($"copy (select *, date_diff('second', lpep_pickup_datetime, lpep_dropoff_datetime) / 60.0 as duration from {DuckDbText.Literal(file)}) to {DuckDbText.Literal(path)} (format parquet, compression zstd)");
                paths.Add(DuckDbText.Literal(path));
            }

            // what the profile and the nine expectations need, as aggregates alone
            var all = $"read_parquet([{string.Join(", ", paths)}], union_by_name=true)";
            using var described = duck.Query($"describe select * from {all}");
            var aggregates = described.Rows().SelectMany(row => Aggregates(DuckDbText.Quote((string)row[0]!), (string)row[1]!));
            using (duck.Query($"select {string.Join(", ", aggregates)} from {all}"))
            {
                // the result is all that is wanted
            }

            using (duck.Query($"select count(*), count(PULocationID), count(DOLocationID), count(*) filter (PULocationID not between 1 and 265), count(*) filter (DOLocationID not between 1 and 265), count(*) filter (trip_distance not between 0 and 100), count(*) filter (trip_type not in (1, 2)), count(passenger_count) from {all}"))
            {
                // likewise
            }
        }

        var seconds = watch.Elapsed.TotalSeconds;
        Directory.Delete(folder, recursive: true);
        return seconds;
    }

    private static IEnumerable<string> Aggregates(string column, string type)
    {
        yield return $"count({column})";
        yield return $"approx_count_distinct({column})";
        yield return $"min({column})";
        yield return $"max({column})";
        yield return $"approx_top_k({column}, 8)";
        if (type is not ("BIGINT" or "INTEGER" or "DOUBLE" or "FLOAT")) yield break;
        yield return $"avg({column})";
        yield return $"stddev_samp({column})";
        yield return $"approx_quantile({column}, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])";
    }

    private static string Sample()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Flyball.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "samples", "nyc-taxi", "flyball.yaml");
    }
}
