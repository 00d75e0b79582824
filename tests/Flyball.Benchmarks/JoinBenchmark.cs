using System.Diagnostics;
using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Features;

namespace Flyball.Benchmarks;

/// <summary>
/// The point-in-time join of three views, files to file, against ASOF joins written by hand that give the same answer (the last created of a time first, then the joins, then the order of the rows), and against bare ASOF joins,
/// which give another one where rows tie. Rows of 100,000 keys over 90 days; some share their minute.
/// </summary>
internal static class JoinBenchmark
{
    private const int Views = 3;
    private const int Keys = 100_000;

    public static void Run(long entityRows, long viewRows)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        try
        {
            Make(folder, entityRows, viewRows);
            var (own, known, written, bare) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            var (ownPeak, writtenPeak) = (0d, 0d);
            for (var round = 0; round < 3; round++)
            {
                var (seconds, peak) = Timed(folder, duck => Own(duck, folder, asKnownAt: false, "own.parquet"));
                own.Add(seconds);
                ownPeak = Math.Max(ownPeak, peak);
                (seconds, peak) = Timed(folder, duck => duck.Execute(Written(folder, ties: true, "written.parquet")));
                written.Add(seconds);
                writtenPeak = Math.Max(writtenPeak, peak);
                bare.Add(Timed(folder, duck => duck.Execute(Written(folder, ties: false, "bare.parquet"))).Seconds);
                known.Add(Timed(folder, duck => Own(duck, folder, asKnownAt: true, "known.parquet")).Seconds);
                if (round == 0) Compare(folder);
            }

            var what = string.Create(CultureInfo.InvariantCulture, $"{entityRows:N0} rows × {Views} views × {viewRows:N0} rows");
            Console.WriteLine("| what | flyball | limit | ratio |\n|---|---|---|---|");
            Report.Row($"point-in-time join, {what}", Report.Spread(own, "s"), $"{Report.Spread(written, "s")} by hand, the same answer", Ratio(own, written));
            Report.Row("… against joins that leave ties to chance", Report.Spread(own, "s"), $"{Report.Spread(bare, "s")} by hand, without ties", Ratio(own, bare));
            Report.Row("… as known at the time", Report.Spread(known, "s"), $"{Report.Spread(written, "s")} by hand, as above", Ratio(known, written));
            Report.Row("… most memory", $"{ownPeak:0} MiB", $"{writtenPeak:0} MiB", string.Create(CultureInfo.InvariantCulture, $"{ownPeak / writtenPeak:0.00} ×"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Ratio(List<double> own, List<double> limit) => string.Create(CultureInfo.InvariantCulture, $"{Report.Median(own) / Report.Median(limit):0.00} ×");

    private static void Make(string folder, long entityRows, long viewRows)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        string Random(int salt, long below) => $"(hash(i * 31 + {salt}) % {below})::bigint";
        void Write(string file, string columns, long rows) => duck.Execute($"copy (select {columns} from range({rows}) t(i)) to {DuckDbText.Literal(Path.Combine(folder, file))} (format parquet)");
        Write("entities.parquet", $"{Random(1, Keys)} as driver_id, timestamp '2026-01-01' + to_microseconds({Random(2, 90L * 86_400_000_000)}) as event_timestamp, i as id, {Random(3, 1000)} / 10.0 as amount, {Random(4, 2)} as label, 'note ' || {Random(5, 10_000)} as note", entityRows);
        for (var view = 0; view < Views; view++)
        {
            var minute = $"timestamp '2026-01-01' + to_minutes({Random(10 + view, 90 * 1440)})";
            Write($"view{view}.parquet", $"{Random(20 + view, Keys)} as driver_id, {minute} as event_timestamp, {minute} + to_microseconds({Random(30 + view, 3_600_000_000)}) as created, {Random(40 + view, 1000)} / 1000.0 as rate{view}, {Random(50 + view, 1000)}::integer as trips{view}, {Random(60 + view, 100_000)} / 7.0 as earned{view}, hash(i) as other", viewRows);
        }
    }

    private static string Parquet(string folder, string file) => DuckDbFiles.Parquet(Path.Combine(folder, file));

    private static IEnumerable<string> Features(int view) => [$"rate{view}", $"trips{view}", $"earned{view}"];

    private static void Own(DuckDbConnection duck, string folder, bool asKnownAt, string file)
    {
        var entities = Parquet(folder, "entities.parquet");
        var views = Enumerable.Range(0, Views).Select(view =>
        {
            var relation = Parquet(folder, $"view{view}.parquet");
            return new JoinView($"view{view}", relation, VersionBuild.Describe(duck, relation), [new JoinKey("driver_id", "driver_id")], "event_timestamp", "created", TimeSpan.FromDays(2), [.. Features(view)]);
        });
        PointInTimeJoin.Plan(new JoinEntities(entities, VersionBuild.Describe(duck, entities), "event_timestamp"), [.. views], new JoinOptions(asKnownAt)).Write(duck, Path.Combine(folder, file));
    }

    private static string Written(string folder, bool ties, string file)
    {
        var views = Enumerable.Range(0, Views).ToList();
        string View(int view) => $"select driver_id, event_timestamp, {string.Join(", ", Features(view))} from {Parquet(folder, $"view{view}.parquet")}{(ties ? " qualify row_number() over (partition by driver_id, event_timestamp order by created desc nulls last) = 1" : "")}";
        var columns = views.SelectMany(view => Features(view).Select(feature => $"case when v{view}.event_timestamp >= e.event_timestamp - interval 2 day then v{view}.{feature} end as {feature}"));
        var joins = views.Select(view => $"asof left join ({View(view)}) v{view} on e.driver_id = v{view}.driver_id and e.event_timestamp >= v{view}.event_timestamp");
        return $"copy (select e.* exclude (place), {string.Join(", ", columns)} from (select row_number() over () as place, * from {Parquet(folder, "entities.parquet")}) e {string.Join(" ", joins)} order by e.place) to {DuckDbText.Literal(Path.Combine(folder, file))} (format parquet, compression zstd)";
    }

    private static (double Seconds, double Peak) Timed(string folder, Action<DuckDbConnection> work)
    {
        // from here on the most memory is counted anew
        File.WriteAllText("/proc/self/clear_refs", "5");
        var watch = Stopwatch.StartNew();
        using (var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { TempDirectory = Path.Combine(folder, "scratch") }))
        using (var duck = database.Connect()) work(duck);
        var seconds = watch.Elapsed.TotalSeconds;
        var most = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return (seconds, double.Parse(most.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024);
    }

    /// <summary>Both write the same rows in the same order, or there is nothing to compare.</summary>
    private static void Compare(string folder)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        using var result = duck.Query($"select count(*) from (select row_number() over () as place, * from {Parquet(folder, "own.parquet")}) a positional join (select row_number() over () as place, * from {Parquet(folder, "written.parquet")}) b where a is distinct from b");
        if (result.Scalar<long>() is > 0 and var differ) throw new InvalidOperationException($"{differ} rows differ from those of the joins by hand.");
    }
}
