namespace Flyball.Server.Tracking;

/// <summary>Fewer points that still tell the same.</summary>
internal static class Sampling
{
    /// <summary>MLflow's choice of steps for a chart of several runs: evenly among those that exist, with the first and last of every run.</summary>
    public static HashSet<long> Steps(IEnumerable<Point[]> histories, int most)
    {
        var all = histories.Where(points => points.Length > 0).ToList();
        var steps = all.SelectMany(points => points.Select(point => point.Step)).Distinct().Order().ToArray();
        if (steps.Length <= most) return [.. steps];
        var chosen = new HashSet<long> { steps[^1] };
        for (var i = 0; i < most; i++) chosen.Add(steps[(int)((long)i * steps.Length / most)]);
        foreach (var points in all)
        {
            chosen.Add(points.Min(point => point.Step));
            chosen.Add(points.Max(point => point.Step));
        }

        return chosen;
    }
}
