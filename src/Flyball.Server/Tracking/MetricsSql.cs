using System.Data.Common;
using System.Runtime.InteropServices;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Points of metrics: as they were logged, packed by metric, and the newest of each.</summary>
internal static class MetricsSql
{
    /// <summary>Packed calls of a run of this many bytes are split by metric.</summary>
    private const int Many = 64 << 10;

    /// <summary>Points per metric below which they stay with those of other metrics, as long as all are less than <see cref="Most"/> bytes.</summary>
    private const int Few = 64;
    private const int Most = 1 << 20;

    public static Task LogAsync(Tx tx, long run, Dictionary<string, List<Point>> metrics)
    {
        var data = PointLog.Encode(metrics);
        return tx.Prepared("insert into point_log (run, packed, bytes, data) values ($1, 0, $2, $3)").ExecuteAsync(run, (long)data.Length, data);
    }

    /// <summary>The newest points of a run's metrics.</summary>
    public static async Task<Dictionary<string, Point>> NewestAsync(Tx tx, long run) => (await NewestAsync(tx, [run])).GetValueOrDefault(run) ?? new Dictionary<string, Point>(StringComparer.Ordinal);

    /// <summary>The newest points of runs' metrics, by run.</summary>
    public static async Task<Dictionary<long, Dictionary<string, Point>>> NewestAsync(Tx tx, IReadOnlyList<long> runs)
    {
        var newest = new Dictionary<long, Dictionary<string, Point>>();
        void Take(DbDataReader row)
        {
            var own = RunsSql.Of(newest, row.GetInt64(0));
            PointLog.Decode(row.GetFieldValue<byte[]>(1), null, (key, points) => MetricsSql.Take(own, key, points));
        }

        await RunsSql.EachAsync(tx, "select run, newest from run_metrics where run in", runs, Take);
        await RunsSql.EachAsync(tx, "select run, data from point_log where packed = 0 and run in", runs, Take);
        return newest;
    }

    /// <summary>Calls <paramref name="each"/> on the newest value of every metric of every run; more than once where not all is packed, the newest last.</summary>
    public static async Task NewestAsync(Tx tx, Action<long, string, double> each)
    {
        await tx.Prepared("select run, newest from run_metrics").ReadAsync(row =>
        {
            var run = row.GetInt64(0);
            PointLog.Decode(row.GetFieldValue<byte[]>(1), null, (key, points) => each(run, key, points[0].Value));
        });
        foreach (var part in (await WaitingAsync(tx)).Select(waiting => waiting.Run).Chunk(RunsSql.Together))
        {
            foreach (var (run, newest) in await NewestAsync(tx, part))
            {
                foreach (var (key, point) in newest) each(run, key, point.Value);
            }
        }
    }

    /// <summary>Looks at points that are there only for as long as the look takes.</summary>
    public delegate T Look<T>(Span<Point> points);

    /// <summary>Calls <paramref name="look"/> on every point of a metric once, by time; a history of millions is in a buffer that is used again.</summary>
    public static async Task<T> LookAsync<T>(Tx tx, long run, string key, Look<T> look)
    {
        using var points = new PointBuffer();
        await tx.Prepared("select data from point_chunks where run = $1 and key = $2 order by number").ReadAsync(row => points.Add(PointChunk.Decode(row.GetFieldValue<byte[]>(0))), run, key);
        await tx.Prepared("select data from point_log where run = $1 order by number").ReadAsync(row => PointLog.Decode(row.GetFieldValue<byte[]>(0), key, (_, logged) => points.Add(logged)), run);
        return look(points.Span[..PointChunk.SortDistinct(points.Span)]);
    }

    /// <summary>The metrics of a run that have more than one point.</summary>
    public static async Task<HashSet<string>> CurvesAsync(Tx tx, long run)
    {
        var (found, first) = (new HashSet<string>(StringComparer.Ordinal), new Dictionary<string, Point>(StringComparer.Ordinal));
        void Take(string key, ReadOnlySpan<Point> points)
        {
            if (found.Contains(key)) return;
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(first, key, out var exists);
            if (!exists) known = points[0];
            // a point that was sent again is one
            if (points.ContainsAnyExcept(known)) found.Add(key);
        }

        await tx.Prepared("select key, points, case when points = 1 then data end from point_chunks where run = $1").ReadAsync(
            row =>
            {
                if (row.GetInt64(1) > 1) found.Add(row.GetString(0));
                else Take(row.GetString(0), PointChunk.Decode(row.GetFieldValue<byte[]>(2)));
            },
            run);
        await tx.Prepared("select data from point_log where run = $1").ReadAsync(row => PointLog.Decode(row.GetFieldValue<byte[]>(0), null, Take), run);
        return found;
    }

    /// <summary>Runs with points that are not packed, and how many calls and bytes those are.</summary>
    public static async Task<List<(long Run, long Calls, long Bytes)>> WaitingAsync(Tx tx)
    {
        var found = new List<(long, long, long)>();
        await tx.Prepared("select run, count(*), sum(bytes) from point_log where packed = 0 group by run").ReadAsync(row => found.Add((row.GetInt64(0), row.GetInt64(1), row.GetInt64(2))));
        return found;
    }

    /// <summary>
    /// Packs what is logged of a run, at most <paramref name="most"/> calls: into one row, together with the packed rows before it that are not larger, so that a point is rewritten only when its row at least doubles;
    /// and from there into chunks by metric, once there is enough of it.
    /// </summary>
    public static async Task FoldAsync(Tx tx, long run, int most)
    {
        var (metrics, calls, first, last, bytes) = (new Dictionary<string, List<Point>>(StringComparer.Ordinal), 0, 0L, 0L, 0L);
        void Add(byte[] data)
        {
            bytes += data.Length;
            PointLog.Decode(data, null, (key, points) =>
            {
                ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(metrics, key, out _);
                (own ??= []).AddRange(points);
            });
        }

        await tx.Prepared("select number, data from point_log where run = $1 and packed = 0 order by number limit $2").ReadAsync(
            row =>
            {
                last = row.GetInt64(0);
                if (calls++ == 0) first = last;
                Add(row.GetFieldValue<byte[]>(1));
            },
            run,
            (long)most);
        if (calls == 0) return;
        await NewestAsync(tx, run, metrics);
        var before = await PackedAsync(tx, run);
        if (calls == 1 && bytes < Many && (before.Count == 0 || before[^1].Bytes > bytes))
        {
            await tx.Prepared("update point_log set packed = 1 where number = $1").ExecuteAsync(first);
            return;
        }

        for (; before.Count > 0 && (before[^1].Bytes <= bytes || IsMuch(bytes, metrics.Count)); before.RemoveAt(before.Count - 1))
        {
            Add((byte[])(await tx.Prepared("select data from point_log where number = $1").ScalarAsync(before[^1].Number))!);
            await tx.Prepared("delete from point_log where number = $1").ExecuteAsync(before[^1].Number);
        }

        await tx.Prepared("delete from point_log where run = $1 and packed = 0 and number <= $2").ExecuteAsync(run, last);
        if (IsMuch(bytes, metrics.Count))
        {
            foreach (var (key, points) in metrics) await PackAsync(tx, run, key, points);
            return;
        }

        var data = PointLog.Encode(metrics);
        await tx.Prepared("insert into point_log (run, packed, bytes, data) values ($1, 1, $2, $3)").ExecuteAsync(run, (long)data.Length, data);
    }

    private static bool IsMuch(long bytes, int metrics) => bytes >= Math.Clamp((long)metrics * Few * Point.Size, Many, Most);

    /// <summary>The packed rows of a run that are not split by metric, oldest first.</summary>
    private static async Task<List<(long Number, long Bytes)>> PackedAsync(Tx tx, long run)
    {
        var found = new List<(long, long)>();
        await tx.Prepared("select number, bytes from point_log where run = $1 and packed = 1 order by number").ReadAsync(row => found.Add((row.GetInt64(0), row.GetInt64(1))), run);
        return found;
    }

    /// <summary>Takes points that are packed into the newest of their run.</summary>
    private static async Task NewestAsync(Tx tx, long run, Dictionary<string, List<Point>> metrics)
    {
        var newest = new Dictionary<string, List<Point>>(StringComparer.Ordinal);
        await tx.Prepared("select newest from run_metrics where run = $1").ReadAsync(row => PointLog.Decode(row.GetFieldValue<byte[]>(0), null, (key, points) => newest[key] = [points[0]]), run);
        foreach (var (key, points) in metrics)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(newest, key, out _);
            known ??= [points[0]];
            foreach (var point in points)
            {
                if (Point.InSteps(point, known[0]) > 0) known[0] = point;
            }
        }

        await tx.Prepared("insert into run_metrics (run, newest) values ($1, $2) on conflict (run) do update set newest = excluded.newest").ExecuteAsync(run, PointLog.Encode(newest));
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
        while (points.Count < PointChunk.Most && await BeforeAsync(tx, run, key) is { } before && before.Points <= points.Count && before.Points + points.Count <= PointChunk.Most)
        {
            points.AddRange(PointChunk.Decode((byte[])(await tx.Prepared("select data from point_chunks where number = $1").ScalarAsync(before.Number))!));
            await tx.Prepared("delete from point_chunks where number = $1").ExecuteAsync(before.Number);
        }

        var kept = PointChunk.SortDistinct(CollectionsMarshal.AsSpan(points));
        for (var at = 0; at < kept; at += PointChunk.Most)
        {
            var length = Math.Min(PointChunk.Most, kept - at);
            await tx.Prepared("insert into point_chunks (run, key, points, data) values ($1, $2, $3, $4)").ExecuteAsync(run, key, (long)length, PointChunk.Encode(CollectionsMarshal.AsSpan(points).Slice(at, length)));
        }
    }

    private static async Task<(long Number, long Points)?> BeforeAsync(Tx tx, long run, string key)
    {
        (long, long)? found = null;
        await tx.Prepared("select number, points from point_chunks where run = $1 and key = $2 order by number desc limit 1").ReadAsync(row => found = (row.GetInt64(0), row.GetInt64(1)), run, key);
        return found;
    }
}
