using MathNet.Numerics;

namespace Flyball.Numerics;

/// <summary>Result of a two-sample Kolmogorov–Smirnov test.</summary>
/// <param name="Statistic">Largest gap of the two distribution functions, in [0, 1]; NaN where a sample is empty.</param>
/// <param name="PValue">Two-sided; NaN where a sample is empty.</param>
/// <param name="Exact">True where the p-value is that of the exact distribution for these sample sizes.</param>
public sealed record KolmogorovSmirnovResult(double Statistic, double PValue, bool Exact);

/// <summary>Result of a chi-square test of homogeneity; NaN with no degrees of freedom, that is, where fewer than two cells hold anything or a sample is empty.</summary>
public sealed record ChiSquareResult(double Statistic, double PValue, int DegreesOfFreedom);

/// <summary>Distances and tests between a reference and a window, from counts per bin or category. Counts of both sides are in the same order.</summary>
/// <remarks>
/// Every distance is 0 for equal proportions and NaN where either side has no rows. All throw where the lengths differ or a count is negative.
/// Measures on raw samples are in the same class, in <c>DriftMeasuresOnSamples.cs</c>.
/// </remarks>
public static partial class DriftMeasures
{
    /// <summary>
    /// Population stability index Σ(a − e)·ln(a/e) ≥ 0 in nats, of proportions (count + pseudo)/(n + pseudo·cells). Half a row per cell keeps empty cells finite;
    /// 1 gives the index of Azure ML and Fiddler, 0 the plain one (∞ where exactly one side of a cell is empty).
    /// </summary>
    public static double Psi(ReadOnlySpan<long> reference, ReadOnlySpan<long> window, double pseudoCount = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pseudoCount);
        var (n, m) = Totals(reference, window);
        if (n == 0 || m == 0) return double.NaN;
        var sum = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            var e = (reference[i] + pseudoCount) / (n + (pseudoCount * reference.Length));
            var a = (window[i] + pseudoCount) / (m + (pseudoCount * reference.Length));
            if (e != a) sum += (a - e) * Math.Log(a / e);
        }

        return sum;
    }

    /// <summary>Jensen–Shannon distance in [0, 1]: the square root of the divergence in bits (SciPy's <c>jensenshannon</c> with base 2; Endres and Schindelin 2003).</summary>
    public static double JensenShannon(ReadOnlySpan<long> reference, ReadOnlySpan<long> window)
    {
        var (n, m) = Totals(reference, window);
        if (n == 0 || m == 0) return double.NaN;
        var sum = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            var p = reference[i] / (double)n;
            var q = window[i] / (double)m;
            var middle = (p + q) / 2;
            if (p == q) continue;
            if (p > 0) sum += p * Math.Log2(p / middle);
            if (q > 0) sum += q * Math.Log2(q / middle);
        }

        return Math.Sqrt(Math.Clamp(sum / 2, 0, 1));
    }

    /// <summary>Hellinger distance √(1 − Σ√(pq)) in [0, 1], computed as ‖√p − √q‖/√2, which keeps its precision near 0.</summary>
    public static double Hellinger(ReadOnlySpan<long> reference, ReadOnlySpan<long> window)
    {
        var (n, m) = Totals(reference, window);
        if (n == 0 || m == 0) return double.NaN;
        var sum = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            var gap = Math.Sqrt(reference[i] / (double)n) - Math.Sqrt(window[i] / (double)m);
            sum += gap * gap;
        }

        return Math.Min(1, Math.Sqrt(sum / 2));
    }

    /// <summary>L-infinity distance in [0, 1]: the largest difference of the proportions of one cell.</summary>
    public static double LInfinity(ReadOnlySpan<long> reference, ReadOnlySpan<long> window)
    {
        var (n, m) = Totals(reference, window);
        if (n == 0 || m == 0) return double.NaN;
        var largest = 0.0;
        for (var i = 0; i < reference.Length; i++) largest = Math.Max(largest, Math.Abs((reference[i] / (double)n) - (window[i] / (double)m)));
        return largest;
    }

    /// <summary>Total variation distance in [0, 1]: half the sum of the differences of the proportions.</summary>
    public static double TotalVariation(ReadOnlySpan<long> reference, ReadOnlySpan<long> window)
    {
        var (n, m) = Totals(reference, window);
        if (n == 0 || m == 0) return double.NaN;
        var sum = 0.0;
        for (var i = 0; i < reference.Length; i++) sum += Math.Abs((reference[i] / (double)n) - (window[i] / (double)m));
        return Math.Min(1, sum / 2);
    }

    /// <summary>Largest gap in [0, 1] of the cumulated proportions of ordered bins: the Kolmogorov–Smirnov statistic at the bin boundaries, a lower bound of the one on samples.</summary>
    public static double KolmogorovSmirnovBinned(ReadOnlySpan<long> reference, ReadOnlySpan<long> window)
    {
        var (n, m) = Totals(reference, window);
        if (n == 0 || m == 0) return double.NaN;
        long left = 0, right = 0;
        var largest = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            left += reference[i];
            right += window[i];
            largest = Math.Max(largest, Math.Abs((left / (double)n) - (right / (double)m)));
        }

        return largest;
    }

    /// <summary>Pearson's chi-square test of homogeneity on the 2 × cells table; empty cells are left out, and Yates' correction applies to a 2 × 2 table (SciPy's <c>chi2_contingency</c>).</summary>
    public static ChiSquareResult ChiSquare(ReadOnlySpan<long> reference, ReadOnlySpan<long> window)
    {
        var (n, m) = Totals(reference, window);
        var filled = 0;
        for (var i = 0; i < reference.Length; i++)
        {
            if (reference[i] + window[i] > 0) filled++;
        }

        if (n == 0 || m == 0 || filled < 2) return new ChiSquareResult(double.NaN, double.NaN, Math.Max(0, filled - 1));
        var statistic = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            var both = reference[i] + window[i];
            if (both == 0) continue;
            statistic += Term(reference[i], (double)both * n / (n + m), filled == 2) + Term(window[i], (double)both * m / (n + m), filled == 2);
        }

        var freedom = filled - 1;
        return new ChiSquareResult(statistic, SpecialFunctions.GammaUpperRegularized(freedom / 2.0, statistic / 2), freedom);
    }

    private static double Term(long observed, double expected, bool yates)
    {
        var gap = Math.Abs(observed - expected);
        if (yates) gap -= Math.Min(0.5, gap);
        return gap * gap / expected;
    }

    private static (long Reference, long Window) Totals(ReadOnlySpan<long> reference, ReadOnlySpan<long> window)
    {
        if (reference.Length != window.Length) throw new ArgumentException($"{reference.Length} cells in the reference, {window.Length} in the window");
        long n = 0, m = 0;
        for (var i = 0; i < reference.Length; i++)
        {
            if (reference[i] < 0 || window[i] < 0) throw new ArgumentException($"cell {i} has a negative count");
            n += reference[i];
            m += window[i];
        }

        return (n, m);
    }
}
