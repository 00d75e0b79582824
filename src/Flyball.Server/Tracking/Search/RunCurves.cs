using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>The curve of a metric of one run, thinned: its points by step. What is no finite number is a gap.</summary>
/// <param name="Time">Milliseconds since 1970.</param>
internal sealed record RunCurve(string Run, string Name, long[] Step, long[] Time, double?[] Value);

/// <summary>Curves of many runs with as many points as a screen can show.</summary>
internal static class RunCurves
{
    /// <summary>Points of all curves together.</summary>
    private const int Most = 60_000;
    private const int MostOfOne = 1500;
    private const int FewestOfOne = 60;

    /// <summary>A history as a curve of at most about so many points, in the order of steps.</summary>
    public static RunCurve Of(string id, string name, Span<Point> points, int most)
    {
        PointChunk.Sort(points, Point.InSteps);
        var kept = Sampling.Curve(points, most);
        return new RunCurve(id, name, [.. kept.Select(point => point.Step)], [.. kept.Select(point => point.At / 1000)], [.. kept.Select(point => double.IsFinite(point.Value) ? point.Value : (double?)null)]);
    }

    public static async Task<List<RunCurve>> ReadAsync(Tx tx, IReadOnlyList<(long Number, string Id, string Name)> runs, string metric)
    {
        var each = Math.Clamp(Most / Math.Max(1, runs.Count), FewestOfOne, MostOfOne);
        var curves = new List<RunCurve>(runs.Count);
        foreach (var (number, id, name) in runs)
        {
            if (await MetricsSql.LookAsync(tx, number, metric, points => points.IsEmpty ? null : Of(id, name, points, each)) is { } curve) curves.Add(curve);
        }

        return curves;
    }
}
