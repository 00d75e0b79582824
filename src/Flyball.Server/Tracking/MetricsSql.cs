using System.Data.Common;
using System.Runtime.InteropServices;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Newest values, points and chunks of metrics.</summary>
internal static class MetricsSql
{
    private const string Newer = "(excluded.step, excluded.at, excluded.value) > (metrics.step, metrics.at, metrics.value)";

    private const string Upsert =
        $"""
        insert into metrics (run, key, step, at, value, kind, loose) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (run, key) do update set
          step = case when {Newer} then excluded.step else metrics.step end, at = case when {Newer} then excluded.at else metrics.at end,
          value = case when {Newer} then excluded.value else metrics.value end, kind = case when {Newer} then excluded.kind else metrics.kind end,
          loose = metrics.loose + excluded.loose
        returning number, value, kind
        """;

    /// <summary>Adds points of one metric; its newest value then.</summary>
    /// <param name="points">At least one; their order is changed.</param>
    public static async Task<double> AddAsync(Tx tx, long run, string key, Memory<Point> points)
    {
        var newest = Newest(points.Span);
        var chunked = points.Length >= PointChunk.AtOnce;
        var (metric, value) = (0L, 0.0);
        await tx.Prepared(Upsert).ReadAsync(row => (metric, value) = (row.GetInt64(0), Value(row.GetDouble(1), row.GetInt64(2))), run, key, newest.Step, newest.At, Number(newest.Value), Kind(newest.Value), chunked ? 0L : points.Length);
        if (chunked)
        {
            await AddChunkAsync(tx, metric, points[..PointChunk.SortDistinct(points.Span)]);
            return value;
        }

        var insert = tx.Prepared("insert into points (metric, step, at, value, kind) values ($1, $2, $3, $4, $5) on conflict do nothing");
        for (var i = 0; i < points.Length; i++)
        {
            var point = points.Span[i];
            await insert.ExecuteAsync(metric, point.Step, point.At, Number(point.Value), Kind(point.Value));
        }

        return value;
    }

    /// <summary>The newest value of every metric of a run, by name.</summary>
    public static async Task<List<MetricPoint>> NewestAsync(Tx tx, long run)
    {
        var found = new List<MetricPoint>();
        await tx.Prepared("select key, step, at, value, kind from metrics where run = $1 order by key").ReadAsync(
            row => found.Add(new MetricPoint(row.GetString(0), Value(row.GetDouble(3), row.GetInt64(4)), row.GetInt64(1), Micros.Time(row.GetInt64(2)))), run);
        return found;
    }

    /// <summary>Every point of a metric once, by time.</summary>
    public static async Task<Point[]> HistoryAsync(Tx tx, long run, string key)
    {
        if (await tx.Prepared("select number from metrics where run = $1 and key = $2").ScalarAsync(run, key) is not long metric) return [];
        var points = new List<Point>();
        await tx.Prepared("select data from point_chunks where metric = $1 order by number").ReadAsync(row => Append(points, row), metric);
        await tx.Prepared("select step, at, value, kind from points where metric = $1 order by step, at").ReadAsync(row => points.Add(Read(row)), metric);
        var all = CollectionsMarshal.AsSpan(points);
        return all[..PointChunk.SortDistinct(all)].ToArray();
    }

    /// <summary>A metric with many points that are not in a chunk yet, or null.</summary>
    public static async Task<long?> NextWaitingAsync(Tx tx) => await tx.ScalarAsync<long?>("select number from metrics where loose >= 1024 order by loose desc limit 1");

    /// <summary>Moves the points of a metric into a chunk. Those that come meanwhile wait for the next.</summary>
    public static async Task PackAsync(Tx tx, long metric)
    {
        var points = new List<Point>();
        await tx.Prepared("select step, at, value, kind from points where metric = $1 order by step, at, value, kind limit $2").ReadAsync(row => points.Add(Read(row)), metric, PointChunk.Most);
        if (points.Count > 0)
        {
            var last = points[^1];
            var all = points.ToArray();
            await AddChunkAsync(tx, metric, all.AsMemory(0, PointChunk.SortDistinct(all)));
            await tx.Prepared("delete from points where metric = $1 and (step, at, value, kind) <= ($2, $3, $4, $5)").ExecuteAsync(metric, last.Step, last.At, Number(last.Value), Kind(last.Value));
        }

        await tx.Prepared("update metrics set loose = (select count(*) from points where metric = $1) where number = $1").ExecuteAsync(metric);
    }

    /// <summary>Infinities are stored as the largest numbers, which is how MLflow tells them and how they are compared.</summary>
    public static double Number(double value) => double.IsNaN(value) ? 0 : Math.Clamp(value, double.MinValue, double.MaxValue);

    public static long Kind(double value) => double.IsNaN(value) ? 1 : double.IsPositiveInfinity(value) ? 2 : double.IsNegativeInfinity(value) ? 3 : 0;

    public static double Value(double value, long kind) => kind switch { 1 => double.NaN, 2 => double.PositiveInfinity, 3 => double.NegativeInfinity, _ => value };

    private static async Task AddChunkAsync(Tx tx, long metric, ReadOnlyMemory<Point> points)
    {
        for (var at = 0; at < points.Length; at += PointChunk.Most)
        {
            var part = points.Slice(at, Math.Min(PointChunk.Most, points.Length - at));
            await tx.Prepared("insert into point_chunks (metric, points, data) values ($1, $2, $3)").ExecuteAsync(metric, (long)part.Length, PointChunk.Encode(part.Span));
        }
    }

    private static Point Newest(ReadOnlySpan<Point> points)
    {
        var newest = points[0];
        foreach (var point in points[1..])
        {
            if (Point.InSteps(point, newest) > 0) newest = point;
        }

        return newest;
    }

    private static Point Read(DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), Value(row.GetDouble(2), row.GetInt64(3)));

    private static void Append(List<Point> points, DbDataReader row)
    {
        var data = row.GetFieldValue<byte[]>(0);
        points.AddRange(PointChunk.Decode(data));
    }
}
