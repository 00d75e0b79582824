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

    /// <summary>A curve of at most about <paramref name="most"/> points: its first, its last, and the lowest and highest of each of as many stretches as there is room for, so that no peak is lost.</summary>
    public static List<Point> Curve(ReadOnlySpan<Point> points, int most)
    {
        if (points.Length <= most) return [.. points];
        var stretches = Math.Max(1, (most - 2) / 2);
        var kept = new List<Point>(most) { points[0] };
        var inner = points[1..^1];
        for (var stretch = 0; stretch < stretches; stretch++)
        {
            var part = inner[(int)((long)stretch * inner.Length / stretches)..(int)((stretch + 1L) * inner.Length / stretches)];
            if (part.IsEmpty) continue;
            var (low, high) = (0, 0);
            for (var i = 1; i < part.Length; i++)
            {
                // a NaN is taken only where there is nothing else
                if (part[i].Value < part[low].Value || double.IsNaN(part[low].Value)) low = i;
                if (part[i].Value > part[high].Value || double.IsNaN(part[high].Value)) high = i;
            }

            kept.Add(part[Math.Min(low, high)]);
            if (low != high) kept.Add(part[Math.Max(low, high)]);
        }

        kept.Add(points[^1]);
        return kept;
    }
}
