namespace Flyball.Numerics;

/// <summary>Count, mean, spread and range of a stream of numbers in one pass; two of them merge to that of the whole.</summary>
/// <remarks>
/// Welford (1962) for single values, Chan, Golub and LeVeque (1979) for merging. <paramref name="SquaredDeviations"/> is Σ(x − mean)².
/// An empty one is <c>default</c>; its mean and variances are NaN.
/// </remarks>
public readonly record struct RunningMoments(long Count, double RawMean, double SquaredDeviations, double RawMin, double RawMax)
{
    public double Mean => Count == 0 ? double.NaN : RawMean;

    public double Min => Count == 0 ? double.NaN : RawMin;

    public double Max => Count == 0 ? double.NaN : RawMax;

    /// <summary>Variance with divisor n; NaN when empty.</summary>
    public double PopulationVariance => Count == 0 ? double.NaN : SquaredDeviations / Count;

    /// <summary>Variance with divisor n − 1; NaN below two values.</summary>
    public double SampleVariance => Count < 2 ? double.NaN : SquaredDeviations / (Count - 1);

    public static RunningMoments Of(ReadOnlySpan<double> values)
    {
        var moments = default(RunningMoments);
        Finite.All(values, nameof(values));
        foreach (var value in values) moments = moments.Add(value);
        return moments;
    }

    /// <summary>These moments with one more value; throws where it is not finite.</summary>
    public RunningMoments Add(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException($"{value} is not finite", nameof(value));
        if (Count == 0) return new RunningMoments(1, value, 0, value, value);
        var count = Count + 1;
        var delta = value - RawMean;
        var mean = RawMean + (delta / count);
        return new RunningMoments(count, mean, SquaredDeviations + (delta * (value - mean)), Math.Min(RawMin, value), Math.Max(RawMax, value));
    }

    public RunningMoments Merge(RunningMoments other)
    {
        if (Count == 0) return other;
        if (other.Count == 0) return this;
        var count = Count + other.Count;
        var delta = other.RawMean - RawMean;
        return new RunningMoments(
            count,
            RawMean + (delta * other.Count / count),
            SquaredDeviations + other.SquaredDeviations + (delta * delta * Count * other.Count / count),
            Math.Min(RawMin, other.RawMin),
            Math.Max(RawMax, other.RawMax));
    }
}
