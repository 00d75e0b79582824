using MathNet.Numerics;

namespace Flyball.Numerics;

/// <summary>How well a sample suits what was expected of it.</summary>
public static class GoodnessOfFit
{
    /// <summary>
    /// Pearson's chi-square test of observed against expected counts, both ≥ 0 and of one sum; cells − 1 degrees of freedom (SciPy's <c>chisquare</c>). A cell of which nothing is expected and something is there makes the statistic
    /// infinite.
    /// </summary>
    /// <exception cref="ArgumentException">There are no cells, or not equally many.</exception>
    public static ChiSquareResult ChiSquare(ReadOnlySpan<double> observed, ReadOnlySpan<double> expected)
    {
        if (observed.Length != expected.Length || observed.IsEmpty) throw new ArgumentException($"{observed.Length} observed cells, {expected.Length} expected");
        var statistic = 0.0;
        for (var i = 0; i < observed.Length; i++)
        {
            var gap = observed[i] - expected[i];
            if (gap != 0) statistic += gap * gap / expected[i];
        }

        var freedom = observed.Length - 1;
        return new ChiSquareResult(statistic, double.IsNaN(statistic) || freedom == 0 ? double.NaN : double.IsInfinity(statistic) ? 0 : SpecialFunctions.GammaUpperRegularized(freedom / 2.0, statistic / 2), freedom);
    }

    /// <summary>The two-sided one-sample test of Kolmogorov and Smirnov: D = sup |F_n − F|, with its exact distribution at every n.</summary>
    /// <param name="sorted">The sample in ascending order, n ≥ 1.</param>
    /// <param name="distribution">The expected distribution function.</param>
    public static KolmogorovSmirnovResult KolmogorovSmirnov(ReadOnlySpan<double> sorted, Func<double, double> distribution)
    {
        if (sorted.IsEmpty) throw new ArgumentException("the sample is empty");
        var (largest, n) = (0.0, (double)sorted.Length);
        for (var i = 0; i < sorted.Length; i++)
        {
            var expected = distribution(sorted[i]);
            largest = Math.Max(largest, Math.Max(((i + 1) / n) - expected, expected - (i / n)));
        }

        return new KolmogorovSmirnovResult(largest, KolmogorovDistribution.Survival(sorted.Length, largest), true);
    }

    /// <summary>
    /// Kullback and Leibler's divergence Σ p ln(p / q) in nats of two distributions that are scaled to a sum of 1 first (SciPy's <c>entropy</c>); infinite where something is there of which nothing is expected, NaN where either has no
    /// mass.
    /// </summary>
    /// <exception cref="ArgumentException">They do not have equally many cells.</exception>
    public static double KullbackLeibler(ReadOnlySpan<double> observed, ReadOnlySpan<double> expected)
    {
        if (observed.Length != expected.Length) throw new ArgumentException($"{observed.Length} observed cells, {expected.Length} expected");
        var (p, q) = (Sum(observed), Sum(expected));
        if (p == 0 || q == 0) return double.NaN;
        var divergence = 0.0;
        for (var i = 0; i < observed.Length; i++)
        {
            if (observed[i] > 0) divergence += expected[i] > 0 ? observed[i] / p * Math.Log(observed[i] / p / (expected[i] / q)) : double.PositiveInfinity;
        }

        return divergence;
    }

    /// <summary>
    /// Cramér's φ_c = √(χ² / (n (min(rows, columns) − 1))) of a table of counts, 0 (independent) to 1; with Yates' correction for tables of 2 × 2, as SciPy's <c>chi2_contingency</c> has it. NaN for fewer than two rows or columns.
    /// </summary>
    /// <param name="counts">Rows of equal length, without rows or columns that are all zero.</param>
    public static double CramersPhi(IReadOnlyList<IReadOnlyList<long>> counts)
    {
        var (rows, columns) = (counts.Count, counts.Count == 0 ? 0 : counts[0].Count);
        if (rows < 2 || columns < 2) return double.NaN;
        var (byRow, byColumn) = (counts.Select(row => (double)row.Sum()).ToArray(), Enumerable.Range(0, columns).Select(j => (double)counts.Sum(row => row[j])).ToArray());
        var (n, statistic) = (byRow.Sum(), 0.0);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                var expected = byRow[i] * byColumn[j] / n;
                var gap = Math.Abs(counts[i][j] - expected);
                if (rows == 2 && columns == 2) gap -= Math.Min(0.5, gap);
                statistic += gap * gap / expected;
            }
        }

        return Math.Clamp(Math.Sqrt(statistic / n / (Math.Min(rows, columns) - 1)), 0, 1);
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value;
        return sum;
    }
}
