namespace Flyball.Numerics;

/// <summary>Sample quantiles by linear interpolation between order statistics: type 7 of Hyndman and Fan (1996), the default of NumPy and R.</summary>
public static class Quantiles
{
    /// <summary>The quantile at p in [0, 1] of unsorted values; NaN for no values. Throws where a value is NaN.</summary>
    public static double Of(ReadOnlySpan<double> values, double p)
    {
        var sorted = Sorted(values);
        return OfSorted(sorted, p);
    }

    /// <summary>The quantiles at each p in [0, 1] of unsorted values.</summary>
    public static double[] Of(ReadOnlySpan<double> values, ReadOnlySpan<double> ps)
    {
        var sorted = Sorted(values);
        var result = new double[ps.Length];
        for (var i = 0; i < ps.Length; i++) result[i] = OfSorted(sorted, ps[i]);
        return result;
    }

    /// <summary>The quantile at p in [0, 1] of values in ascending order; NaN for no values.</summary>
    public static double OfSorted(ReadOnlySpan<double> sorted, double p)
    {
        if (!(p >= 0 && p <= 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "a quantile lies between 0 and 1");
        if (sorted.IsEmpty) return double.NaN;
        var position = p * (sorted.Length - 1);
        var below = (int)Math.Floor(position);
        var share = position - below;
        if (share == 0) return sorted[below];
        var (low, high) = (sorted[below], sorted[below + 1]);
        return low == high ? low : low + ((high - low) * share);
    }

    internal static double[] Sorted(ReadOnlySpan<double> values)
    {
        Finite.NoNaN(values, nameof(values));
        var sorted = values.ToArray();
        Array.Sort(sorted);
        return sorted;
    }
}
