namespace Flyball.Server.Tracking;

/// <summary>Fewer points that still tell the same.</summary>
internal static class Sampling
{
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
