using System.Buffers;
using System.Runtime.InteropServices;

namespace Flyball.Server.Tracking;

/// <summary>One logged value. NaN and infinities are values.</summary>
public readonly record struct MetricPoint(string Key, double Value, long Step, DateTimeOffset At);

/// <summary>
/// A point as it is stored many at a time: 24 bytes, little-endian (step, microseconds since 1970, IEEE 754 value), so that a million are read as fast as the disk gives them.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
public readonly record struct Point(long Step, long At, double Value)
{
    /// <summary>Bytes of a stored point.</summary>
    public const int Size = 24;

    /// <summary>MLflow's order of what is newest: by step, then time, then value; NaN counts as 0.</summary>
    public static int InSteps(Point one, Point other)
    {
        var order = one.Step.CompareTo(other.Step);
        if (order == 0) order = one.At.CompareTo(other.At);
        return order != 0 ? order : Number(one.Value).CompareTo(Number(other.Value));
    }

    /// <summary>MLflow's order of a history: by time, then step, then value.</summary>
    public static int InTime(Point one, Point other)
    {
        var order = one.At.CompareTo(other.At);
        if (order == 0) order = one.Step.CompareTo(other.Step);
        return order != 0 ? order : one.Value.CompareTo(other.Value);
    }

    private static double Number(double value) => double.IsNaN(value) ? 0 : value;
}

/// <summary>Points of one metric as one value in the database.</summary>
internal static class PointChunk
{
    /// <summary>The most points of one chunk: 72 KiB, which the runtime does not yet keep among the large objects.</summary>
    public const int Most = 3072;

    public static byte[] Encode(ReadOnlySpan<Point> points) => MemoryMarshal.AsBytes(points).ToArray();

    public static ReadOnlySpan<Point> Decode(ReadOnlySpan<byte> data) => MemoryMarshal.Cast<byte, Point>(data);

    /// <summary>Sorts points that mostly are in order already, which a look at each tells.</summary>
    public static void Sort(Span<Point> points, Comparison<Point> order)
    {
        for (var i = 1; i < points.Length; i++)
        {
            if (order(points[i - 1], points[i]) <= 0) continue;
            points.Sort(order);
            return;
        }
    }

    /// <summary>Sorts points by time and leaves out what was logged twice: a client that had no answer sends again.</summary>
    public static int SortDistinct(Span<Point> points)
    {
        Sort(points, Point.InTime);
        var kept = 0;
        for (var i = 0; i < points.Length; i++)
        {
            // NaN is the same as NaN here
            if (kept == 0 || !IsSame(points[i], points[kept - 1])) points[kept++] = points[i];
        }

        return kept;
    }

    private static bool IsSame(in Point one, in Point other) => one.At == other.At && one.Step == other.Step && one.Value.Equals(other.Value);
}

/// <summary>Points that are gathered for a look at all of them.</summary>
internal sealed class PointBuffer : IDisposable
{
    private Point[] points = ArrayPool<Point>.Shared.Rent(PointChunk.Most);
    private int count;

    public Span<Point> Span => points.AsSpan(0, count);

    public void Add(ReadOnlySpan<Point> more)
    {
        if (count + more.Length > points.Length)
        {
            var larger = ArrayPool<Point>.Shared.Rent(Math.Max(count + more.Length, points.Length * 2));
            Span.CopyTo(larger);
            ArrayPool<Point>.Shared.Return(points);
            points = larger;
        }

        more.CopyTo(points.AsSpan(count));
        count += more.Length;
    }

    public void Dispose() => ArrayPool<Point>.Shared.Return(points);
}
