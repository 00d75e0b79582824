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

    /// <summary>Runs that are read in one go.</summary>
    private const int Together = 20;

    /// <summary>A history as a curve of at most about so many points, in the order of steps.</summary>
    public static RunCurve Of(string id, string name, Span<Point> points, int most)
    {
        PointChunk.Sort(points, Point.InSteps);
        var kept = Sampling.Curve(points, most);
        return new RunCurve(id, name, [.. kept.Select(point => point.Step)], [.. kept.Select(point => point.At / 1000)], [.. kept.Select(point => double.IsFinite(point.Value) ? point.Value : (double?)null)]);
    }

    /// <summary>The curves of those runs that have the metric, in their order. Histories are read side by side: those of many runs are many millions of points.</summary>
    public static async Task<List<RunCurve>> ReadAsync(Db db, IReadOnlyList<(long Number, string Id, string Name)> runs, string metric, CancellationToken cancel)
    {
        var each = Math.Clamp(Most / Math.Max(1, runs.Count), FewestOfOne, MostOfOne);
        var curves = new RunCurve?[runs.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, runs.Count).Chunk(Together), new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 4), CancellationToken = cancel },
            async (part, stop) =>
            {
                await using var tx = await db.ReadAsync(stop);
                foreach (var i in part)
                {
                    stop.ThrowIfCancellationRequested();
                    var (number, id, name) = runs[i];
                    curves[i] = await MetricsSql.LookAsync(tx, number, metric, points => points.IsEmpty ? null : Of(id, name, points, each));
                }
            });
        return [.. curves.OfType<RunCurve>()];
    }
}
