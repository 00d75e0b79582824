using System.Runtime.InteropServices;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Points of metrics: as they were logged, packed by metric, and the newest of each.</summary>
internal static class MetricsSql
{
    private const string Newer = "(excluded.step, excluded.at, excluded.value) > (metrics.step, metrics.at, metrics.value)";

    private const string Upsert =
        $"""
        insert into metrics (run, key, step, at, value, kind) values ($1, $2, $3, $4, $5, $6)
        on conflict (run, key) do update set
          step = case when {Newer} then excluded.step else metrics.step end, at = case when {Newer} then excluded.at else metrics.at end,
          value = case when {Newer} then excluded.value else metrics.value end, kind = case when {Newer} then excluded.kind else metrics.kind end
        returning number
        """;

    public static Task LogAsync(Tx tx, long run, Dictionary<string, List<Point>> metrics) => tx.Prepared("insert into point_log (run, data) values ($1, $2)").ExecuteAsync(run, PointLog.Encode(metrics));

    /// <summary>The newest points of a run's metrics.</summary>
    public static async Task<Dictionary<string, Point>> NewestAsync(Tx tx, long run) => (await NewestAsync(tx, [run])).GetValueOrDefault(run) ?? new Dictionary<string, Point>(StringComparer.Ordinal);

    /// <summary>The newest points of runs' metrics, by run.</summary>
    public static async Task<Dictionary<long, Dictionary<string, Point>>> NewestAsync(Tx tx, IReadOnlyList<long> runs)
    {
        var newest = new Dictionary<long, Dictionary<string, Point>>();
        await RunsSql.EachAsync(tx, "select run, key, step, at, value, kind from metrics where run in", runs, row => RunsSql.Of(newest, row.GetInt64(0))[row.GetString(1)] = new Point(row.GetInt64(2), row.GetInt64(3), Value(row.GetDouble(4), row.GetInt64(5))));
        await RunsSql.EachAsync(tx, "select run, data from point_log where run in", runs, row =>
        {
            var own = RunsSql.Of(newest, row.GetInt64(0));
            PointLog.Decode(row.GetFieldValue<byte[]>(1), null, (key, points) => Take(own, key, points));
        });
        return newest;
    }

    /// <summary>Looks at points that are there only for as long as the look takes.</summary>
    public delegate T Look<T>(Span<Point> points);

    /// <summary>Every point of a metric once, by time.</summary>
    public static Task<Point[]> HistoryAsync(Tx tx, long run, string key) => LookAsync(tx, run, key, static points => points.ToArray());

    /// <summary>Calls <paramref name="look"/> on every point of a metric once, by time; a history of millions is in a buffer that is used again.</summary>
    public static async Task<T> LookAsync<T>(Tx tx, long run, string key, Look<T> look)
    {
        using var points = new PointBuffer();
        if (await tx.Prepared("select number from metrics where run = $1 and key = $2").ScalarAsync(run, key) is long metric)
        {
            await tx.Prepared("select data from point_chunks where metric = $1 order by number").ReadAsync(row => points.Add(PointChunk.Decode(row.GetFieldValue<byte[]>(0))), metric);
        }

        await tx.Prepared("select data from point_log where run = $1 order by number").ReadAsync(row => PointLog.Decode(row.GetFieldValue<byte[]>(0), key, (_, logged) => points.Add(logged)), run);
        return look(points.Span[..PointChunk.SortDistinct(points.Span)]);
    }

    /// <summary>Runs with points that are not packed, and how many calls and bytes those are.</summary>
    public static async Task<List<(long Run, long Calls, long Bytes)>> WaitingAsync(Tx tx)
    {
        var found = new List<(long, long, long)>();
        await tx.Prepared("select run, count(*), sum(length(data)) from point_log group by run").ReadAsync(row => found.Add((row.GetInt64(0), row.GetInt64(1), row.GetInt64(2))));
        return found;
    }

    /// <summary>Packs what is logged of a run, at most <paramref name="most"/> calls.</summary>
    public static async Task FoldAsync(Tx tx, long run, int most)
    {
        var (metrics, last) = (new Dictionary<string, List<Point>>(StringComparer.Ordinal), 0L);
        await tx.Prepared("select number, data from point_log where run = $1 order by number limit $2").ReadAsync(
            row =>
            {
                last = row.GetInt64(0);
                PointLog.Decode(row.GetFieldValue<byte[]>(1), null, (key, points) =>
                {
                    ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(metrics, key, out _);
                    (own ??= []).AddRange(points);
                });
            },
            run,
            (long)most);
        foreach (var (key, points) in metrics) await PackAsync(tx, run, key, points);
        await tx.Prepared("delete from point_log where run = $1 and number <= $2").ExecuteAsync(run, last);
    }

    /// <summary>Keeps the newest of points.</summary>
    public static Point Take(Dictionary<string, Point> newest, string key, ReadOnlySpan<Point> points)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(newest, key, out var exists);
        if (!exists) known = points[0];
        foreach (var point in points)
        {
            if (Point.InSteps(point, known) > 0) known = point;
        }

        return known;
    }

    /// <summary>Infinities are stored as the largest numbers, which is how MLflow tells them and how they are compared.</summary>
    public static double Number(double value) => double.IsNaN(value) ? 0 : Math.Clamp(value, double.MinValue, double.MaxValue);

    public static long Kind(double value) => double.IsNaN(value) ? 1 : double.IsPositiveInfinity(value) ? 2 : double.IsNegativeInfinity(value) ? 3 : 0;

    public static double Value(double value, long kind) => kind switch { 1 => double.NaN, 2 => double.PositiveInfinity, 3 => double.NegativeInfinity, _ => value };

    /// <summary>
    /// Adds points to a metric as a chunk, together with the chunks before it that are not larger: a point is rewritten only when its chunk at least doubles, so no more than twelve times.
    /// </summary>
    private static async Task PackAsync(Tx tx, long run, string key, List<Point> points)
    {
        var newest = points[0];
        foreach (var point in points)
        {
            if (Point.InSteps(point, newest) > 0) newest = point;
        }

        var metric = (long)(await tx.Prepared(Upsert).ScalarAsync(run, key, newest.Step, newest.At, Number(newest.Value), Kind(newest.Value)))!;
        while (points.Count < PointChunk.Most && await BeforeAsync(tx, metric) is { } before && before.Points <= points.Count && before.Points + points.Count <= PointChunk.Most)
        {
            points.AddRange(PointChunk.Decode((byte[])(await tx.Prepared("select data from point_chunks where number = $1").ScalarAsync(before.Number))!));
            await tx.Prepared("delete from point_chunks where number = $1").ExecuteAsync(before.Number);
        }

        var kept = PointChunk.SortDistinct(CollectionsMarshal.AsSpan(points));
        for (var at = 0; at < kept; at += PointChunk.Most)
        {
            var length = Math.Min(PointChunk.Most, kept - at);
            await tx.Prepared("insert into point_chunks (metric, points, data) values ($1, $2, $3)").ExecuteAsync(metric, (long)length, PointChunk.Encode(CollectionsMarshal.AsSpan(points).Slice(at, length)));
        }
    }

    private static async Task<(long Number, long Points)?> BeforeAsync(Tx tx, long metric)
    {
        (long, long)? found = null;
        await tx.Prepared("select number, points from point_chunks where metric = $1 order by number desc limit 1").ReadAsync(row => found = (row.GetInt64(0), row.GetInt64(1)), metric);
        return found;
    }
}
