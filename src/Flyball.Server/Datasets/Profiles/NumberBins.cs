namespace Flyball.Server.Datasets;

/// <summary>What is read out of the bins of a column.</summary>
internal static class NumberBins
{
    /// <summary>The levels at which quantiles are told.</summary>
    public static readonly IReadOnlyList<double> Levels = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];

    /// <summary>The quantiles of binned values, linear within a bin, unless a value makes up half of it.</summary>
    /// <param name="frequent">Values with their counts.</param>
    public static IReadOnlyList<double> Quantiles(IReadOnlyList<double> cuts, IReadOnlyList<long> counts, double min, double max, bool areWhole, IEnumerable<(double Value, long Count)> frequent)
    {
        var half = new Dictionary<int, double>();
        var edges = cuts.ToArray();
        foreach (var (value, count) in frequent)
        {
            if (BinOf(edges, value) is var holder && count >= 0.5 * counts[holder]) half[holder] = value;
        }

        var total = counts.Sum();
        if (total == 0) return [];
        var (bin, before) = (0, 0L);
        var quantiles = new double[Levels.Count];
        for (var i = 0; i < quantiles.Length; i++)
        {
            var rank = Levels[i] * (total - 1);
            while (before + counts[bin] <= rank && bin < counts.Count - 1) before += counts[bin++];
            var (low, high) = Ends(cuts, bin, min, max);
            var share = counts[bin] <= 1 ? 0.5 : Math.Clamp((rank - before) / (counts[bin] - 1), 0, 1);
            var value = Levels[i] switch { 0 => min, 1 => max, _ when half.TryGetValue(bin, out var most) => most, _ => (low * (1 - share)) + (high * share) };
            quantiles[i] = areWhole ? Math.Clamp(Math.Round(value), min, max) : value;
        }

        return quantiles;
    }

    /// <summary>The quantiles of values with their counts, ascending, type 7 of Hyndman and Fan (1996).</summary>
    public static IReadOnlyList<double> Quantiles(IReadOnlyList<(double Value, long Count)> values)
    {
        var total = values.Sum(value => value.Count);
        return total == 0 ? [] : [.. Levels.Select(level =>
        {
            var rank = level * (total - 1);
            var (low, high) = (At(values, (long)Math.Floor(rank)), At(values, (long)Math.Ceiling(rank)));
            return low == high ? low : (low * (1 - (rank - Math.Floor(rank)))) + (high * (rank - Math.Floor(rank)));
        })];
    }

    /// <summary>From where to where to draw: all values, but of those beyond the outer quantiles of 1 % only what lies no further off than these are apart.</summary>
    public static (double Low, double High) Range(NumberProfile profile)
    {
        var (min, low, high, max) = (profile.Quantiles[0], profile.Quantiles[1], profile.Quantiles[^2], profile.Quantiles[^1]);
        return high > low ? (low - min <= high - low ? min : low, max - high <= high - low ? max : high) : (min, max);
    }

    /// <summary>The bins as so many of equal width over <see cref="Range"/>, each bin's values spread evenly over it, for drawing. What lies outside is in the outer ones.</summary>
    public static (IReadOnlyList<double> Edges, IReadOnlyList<long> Counts) Even(NumberProfile profile, int bins)
    {
        var (low, high) = Range(profile);
        if (!(high > low) || !double.IsFinite(high - low)) return ([low, high], [profile.Finite]);
        var edges = Enumerable.Range(0, bins + 1).Select(i => low + ((high - low) * i / bins)).ToArray();
        var below = edges.Select((edge, i) => i == 0 ? 0 : i == bins ? profile.Finite : Below(profile, edge)).ToArray();
        return (edges, [.. Enumerable.Range(0, bins).Select(i => (long)Math.Round(below[i + 1]) - (long)Math.Round(below[i]))]);
    }

    /// <summary>Adds finite values to the counts of their bins.</summary>
    public static void Count(ReadOnlySpan<double> cuts, ReadOnlySpan<double> finite, Span<long> counts)
    {
        foreach (var value in finite) counts[BinOf(cuts, value)]++;
    }

    private static int BinOf(ReadOnlySpan<double> cuts, double value)
    {
        int low = 0, high = cuts.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (cuts[middle] <= value) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static double Below(NumberProfile profile, double edge)
    {
        double below = 0;
        for (var bin = 0; bin < profile.Counts.Count; bin++)
        {
            var (low, high) = Ends(profile.Cuts, bin, profile.Min!.Value, profile.Max!.Value);
            if (edge >= high && bin < profile.Counts.Count - 1) below += profile.Counts[bin];
            else return below + (high > low ? profile.Counts[bin] * Math.Clamp((edge - low) / (high - low), 0, 1) : edge > low ? profile.Counts[bin] : 0);
        }

        return below;
    }

    private static (double Low, double High) Ends(IReadOnlyList<double> cuts, int bin, double min, double max) =>
        (bin == 0 ? min : Math.Clamp(cuts[bin - 1], min, max), bin == cuts.Count ? max : Math.Clamp(cuts[bin], min, max));

    private static double At(IReadOnlyList<(double Value, long Count)> values, long rank)
    {
        foreach (var (value, count) in values)
        {
            if (rank < count) return value;
            rank -= count;
        }

        return values[^1].Value;
    }
}
