namespace Flyball.Numerics;

public static partial class DriftMeasures
{
    /// <summary>
    /// Two-sample Kolmogorov–Smirnov test, two-sided. The p-value is exact up to <paramref name="exactUpTo"/> rows in the larger sample and else that of the one-sample
    /// distribution at the effective size nm/(n+m), as SciPy's <c>ks_2samp</c> with method auto. Throws where a value is NaN; samples may hold ±∞.
    /// </summary>
    public static KolmogorovSmirnovResult KolmogorovSmirnov(ReadOnlySpan<double> reference, ReadOnlySpan<double> window, int exactUpTo = 10_000)
    {
        var a = Quantiles.Sorted(reference);
        var b = Quantiles.Sorted(window);
        if (a.Length == 0 || b.Length == 0) return new KolmogorovSmirnovResult(double.NaN, double.NaN, false);
        var gap = LargestGap(a, b);
        var statistic = gap / ((double)a.Length * b.Length);
        if (Math.Max(a.Length, b.Length) <= exactUpTo)
            return new KolmogorovSmirnovResult(statistic, KolmogorovDistribution.TwoSampleExact(a.Length, b.Length, gap), true);
        var effective = (long)Math.Round((double)a.Length * b.Length / ((double)a.Length + b.Length), MidpointRounding.ToEven);
        return new KolmogorovSmirnovResult(statistic, KolmogorovDistribution.Survival(effective, statistic), false);
    }

    /// <summary>Wasserstein-1 distance ∫|F − G|dx ≥ 0, in the unit of the values (SciPy's <c>wasserstein_distance</c>). Throws where a value is not finite; NaN where a sample is empty.</summary>
    public static double Wasserstein(ReadOnlySpan<double> reference, ReadOnlySpan<double> window)
    {
        Finite.All(reference, nameof(reference));
        Finite.All(window, nameof(window));
        if (reference.IsEmpty || window.IsEmpty) return double.NaN;
        var a = Quantiles.Sorted(reference);
        var b = Quantiles.Sorted(window);
        int i = 0, j = 0;
        var sum = 0.0;
        var at = Math.Min(a[0], b[0]);
        while (i < a.Length || j < b.Length)
        {
            var next = i == a.Length ? b[j] : j == b.Length ? a[i] : Math.Min(a[i], b[j]);
            sum += Math.Abs((i / (double)a.Length) - (j / (double)b.Length)) * (next - at);
            at = next;
            while (i < a.Length && a[i] == at) i++;
            while (j < b.Length && b[j] == at) j++;
        }

        return sum;
    }

    /// <summary>
    /// Wasserstein-1 distance in standard deviations (divisor n) of the reference, which is floored at <paramref name="minimumDeviation"/> so that a constant reference
    /// does not divide by zero (Evidently's <c>wasserstein</c>).
    /// </summary>
    public static double WassersteinNormed(ReadOnlySpan<double> reference, ReadOnlySpan<double> window, double minimumDeviation = 0.001)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(minimumDeviation);
        var deviation = Math.Sqrt(RunningMoments.Of(reference).PopulationVariance);
        return Wasserstein(reference, window) / Math.Max(deviation, minimumDeviation);
    }

    /// <summary>A distance between two raw samples over common edges; NaN values (nulls) are left out.</summary>
    public static double Between(DriftDistance distance, HistogramEdges edges, ReadOnlySpan<double> reference, ReadOnlySpan<double> window) =>
        Between(distance, Histogram.Of(edges, reference), Histogram.Of(edges, window));

    /// <summary>A distance between two histograms over the same edges, of the rows that are not missing.</summary>
    public static double Between(DriftDistance distance, Histogram reference, Histogram window)
    {
        if (!reference.Edges.Equals(window.Edges)) throw new ArgumentException("the histograms have different edges", nameof(window));
        return Between(distance, [.. reference.Counts], [.. window.Counts]);
    }

    /// <summary>A distance between two category counts over the same vocabulary, of the rows that are not missing.</summary>
    public static double Between(DriftDistance distance, CategoryCounts reference, CategoryCounts window)
    {
        if (!reference.Vocabulary.Equals(window.Vocabulary)) throw new ArgumentException("the counts have different vocabularies", nameof(window));
        return Between(distance, [.. reference.Counts], [.. window.Counts]);
    }

    /// <summary>A distance between two rows of counts.</summary>
    public static double Between(DriftDistance distance, ReadOnlySpan<long> reference, ReadOnlySpan<long> window) => distance switch
    {
        DriftDistance.JensenShannon => JensenShannon(reference, window),
        DriftDistance.Psi => Psi(reference, window),
        DriftDistance.Hellinger => Hellinger(reference, window),
        DriftDistance.LInfinity => LInfinity(reference, window),
        DriftDistance.TotalVariation => TotalVariation(reference, window),
        DriftDistance.KolmogorovSmirnov => KolmogorovSmirnovBinned(reference, window),
        _ => throw new ArgumentOutOfRangeException(nameof(distance), distance, "there is no such distance"),
    };

    /// <summary>max|F − G| · n · m over ascending samples, a whole number, so that ties and rounding cannot disturb the exact p-value.</summary>
    private static long LargestGap(double[] a, double[] b)
    {
        int i = 0, j = 0;
        long largest = 0;
        while (i < a.Length && j < b.Length)
        {
            var at = Math.Min(a[i], b[j]);
            while (i < a.Length && a[i] == at) i++;
            while (j < b.Length && b[j] == at) j++;
            largest = Math.Max(largest, Math.Abs(((long)i * b.Length) - ((long)j * a.Length)));
        }

        return largest;
    }
}

/// <summary>The distances between rows of counts that a monitor may be told to use.</summary>
public enum DriftDistance { JensenShannon = 0, Psi = 1, Hellinger = 2, LInfinity = 3, TotalVariation = 4, KolmogorovSmirnov = 5 }
