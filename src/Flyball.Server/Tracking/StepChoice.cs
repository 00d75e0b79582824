namespace Flyball.Server.Tracking;

/// <summary>MLflow's choice of steps for a chart of several runs: evenly among those at which any of them has points, with the first and last of every run.</summary>
/// <param name="most">Steps that are chosen evenly; those of the ends come on top.</param>
internal sealed class StepChoice(int most)
{
    private readonly SortedSet<long> ends = [];
    private long[] steps = [];

    /// <summary>Takes a run's points, which are in the order of steps.</summary>
    public void Add(ReadOnlySpan<Point> points)
    {
        if (points.IsEmpty) return;
        ends.Add(points[0].Step);
        ends.Add(points[^1].Step);
        steps = Union(steps, points);
    }

    /// <summary>The steps that are chosen among all that were taken, ascending.</summary>
    public long[] Chosen()
    {
        if (steps.Length <= most) return steps;
        var chosen = new SortedSet<long>(ends);
        for (var i = 0; i < most; i++) chosen.Add(steps[(int)((long)i * steps.Length / most)]);
        return [.. chosen];
    }

    /// <summary>Calls <paramref name="each"/> on the points at the steps that are chosen; points are in the order of steps.</summary>
    public static void Pick(long[] chosen, ReadOnlySpan<Point> points, Action<Point> each)
    {
        foreach (var step in chosen)
        {
            points = points[FirstFrom(points, step)..];
            for (var i = 0; i < points.Length && points[i].Step == step; i++) each(points[i]);
        }
    }

    /// <summary>How many points come before a step; points are in the order of steps.</summary>
    public static int FirstFrom(ReadOnlySpan<Point> points, long step)
    {
        var (low, high) = (0, points.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (points[middle].Step < step) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>Both in order, each step once. Runs of one experiment mostly have the same steps: then nothing is made.</summary>
    private static long[] Union(long[] known, ReadOnlySpan<Point> points)
    {
        var (places, at) = (1, 0);
        for (var i = 1; i < points.Length; i++) places += points[i].Step == points[i - 1].Step ? 0 : 1;
        var own = new long[places];
        for (var i = 0; i < points.Length; i++)
        {
            if (i == 0 || points[i].Step != points[i - 1].Step) own[at++] = points[i].Step;
        }

        if (known.Length == 0) return own;
        if (known.AsSpan().SequenceEqual(own)) return known;
        var both = new List<long>(Math.Max(known.Length, own.Length));
        for (var (i, j) = (0, 0); i < known.Length || j < own.Length;)
        {
            var next = j == own.Length || (i < known.Length && known[i] <= own[j]) ? known[i] : own[j];
            if (i < known.Length && known[i] == next) i++;
            if (j < own.Length && own[j] == next) j++;
            both.Add(next);
        }

        return [.. both];
    }
}
