using System.Diagnostics;
using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Benchmarks;

/// <summary>A whole profile of Parquet with 20 columns, against one aggregate query by hand over the same columns.</summary>
internal static class ProfileBenchmark
{
    private const string Rows =
        """
        select i as id, (i * 7919) % 1000003 as large, (random() * 8)::int as small, (random() * 300)::smallint as zone, case when random() < 0.2 then null else (random() * 6)::double end as passengers,
            random() as uniform, sqrt(-2 * ln(random() + 1e-300)) * cos(6.283185307179586 * random()) as normal, exp(2 * sqrt(-2 * ln(random() + 1e-300)) * cos(6.283185307179586 * random())) as skewed,
            case when random() < 0.1 then null else round(random() * 100, 2) end as amount, (random() * 50)::decimal(9, 2) as fare, (random() * 1000)::float as single,
            (['red', 'green', 'blue', 'white', 'black'])[1 + (random() * 4)::int] as color, 'zone ' || (random() * 500)::int as area, (['AB', 'CD', 'XY'])[1 + (random() * 2)::int] || '-' || lpad(((random() * 9999)::int)::varchar, 4, '0') as code,
            md5(i::varchar) as digest, case when random() < 0.3 then null else 'note ' || (random() * 1000000)::int || ' of a customer' end as note,
            timestamp '2024-01-01' + to_seconds(i * 3) as at, timestamp '2024-01-01' + to_seconds((random() * 3e7)::bigint) as seen, date '2020-01-01' + (random() * 1500)::int as day, random() < 0.3 as flag
        """;

    public static void Run(long rows)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        try
        {
            var path = Path.Combine(folder, "rows.parquet");
            using (var database = DuckDbDatabase.OpenInMemory())
            using (var duck = database.Connect()) duck.Execute(string.Create(CultureInfo.InvariantCulture, $"select setseed(0.5); copy ({Rows} from range({rows}) t(i)) to {DuckDbText.Literal(path)} (format parquet, compression zstd)"));
            Console.WriteLine($"{rows:N0} rows x 20 columns, {new FileInfo(path).Length >> 20} MiB of Parquet");
            var (own, hand, resident) = (new List<double>(), new List<double>(), 0L);
            for (var round = 0; round < 3; round++)
            {
                hand.Add(Timed(path, (duck, relation, columns) => duck.Query($"select count(*), {string.Join(", ", columns.Select(Aggregates))} from {relation}").Dispose()));
                own.Add(Timed(path, (duck, relation, columns) => Profiler.Profile(duck, relation, columns)));
                resident = Math.Max(resident, Process.GetCurrentProcess().PeakWorkingSet64);
            }

            Console.WriteLine("| what | flyball | one query by hand | ratio |\n|---|---|---|---|");
            Report.Row($"profile of {rows:N0} rows x 20 columns", Report.Spread(own, "s"), Report.Spread(hand, "s"), $"{Report.Median(own) / Report.Median(hand):0.00} ×");
            Console.WriteLine($"peak RSS of both {resident >> 20} MiB");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Timed(string path, Action<DuckDbConnection, string, IReadOnlyList<Column>> work)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        var relation = DuckDbFiles.Parquet(path);
        var columns = VersionBuild.Describe(duck, relation);
        var watch = Stopwatch.StartNew();
        work(duck, relation, columns);
        return watch.Elapsed.TotalSeconds;
    }

    private static string Aggregates(Column column)
    {
        var name = DuckDbText.Quote(column.Name);
        var all = $"count({name}), approx_count_distinct({name}), min({name}), max({name})";
        return ColumnTypes.IsNumeric(column) ? $"{all}, avg({name}), stddev_samp({name}), approx_quantile({name}, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])" : all;
    }
}
