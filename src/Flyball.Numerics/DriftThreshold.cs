namespace Flyball.Numerics;

/// <summary>A distance above which a window counts as drifted.</summary>
/// <param name="Value">The threshold: the larger of noise and floor. Drift is strictly above it.</param>
/// <param name="Noise">Quantile 1 − false-alarm rate of the distance that chance alone gives at these sizes.</param>
/// <param name="Floor">Smallest distance that matters in practice.</param>
/// <param name="WindowRows">Rows of the simulated window.</param>
/// <param name="FalseAlarmRate">Wanted share of windows without drift that alarm, per feature.</param>
public sealed record CalibratedThreshold(double Value, double Noise, double Floor, long WindowRows, double FalseAlarmRate);

/// <summary>
/// Calibrates a drift threshold to the sizes of reference and window, so that a small window does not alarm on noise and a large one not on differences too small to matter.
/// </summary>
/// <remarks>
/// Reference and window are both simulated as multinomial samples of the reference's proportions: the reference is itself a sample, which counts where it is not much
/// larger than the window. For large counts the squared Jensen–Shannon distance is about χ²(cells − 1)·(1/n + 1/m)/(8 ln 2)
/// (Menéndez et al., "The Jensen–Shannon divergence", J. Franklin Inst. 334, 1997); the simulation also holds for small and empty cells.
/// </remarks>
public static class DriftThreshold
{
    /// <summary>The floor unless told otherwise. For Jensen–Shannon it is a shift of about a quarter of a standard deviation of a normal; for PSI the usual "stable" limit.</summary>
    public const double PracticalMinimum = 0.1;

    /// <summary>
    /// The threshold for windows of <paramref name="windowRows"/> rows against a reference of these counts. Deterministic: equal arguments give equal thresholds.
    /// Throws where the reference is empty, there is no window row, or the rate is outside (0, 0.5].
    /// </summary>
    public static CalibratedThreshold Calibrate(
        DriftDistance distance,
        ReadOnlySpan<long> reference,
        long windowRows,
        double falseAlarmRate = 0.001,
        double floor = PracticalMinimum,
        ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(windowRows, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(floor);
        if (!(falseAlarmRate is > 0 and <= 0.5)) throw new ArgumentOutOfRangeException(nameof(falseAlarmRate), falseAlarmRate, "a false-alarm rate lies in (0, 0.5]");
        long rows = 0;
        var weights = new double[reference.Length];
        for (var i = 0; i < reference.Length; i++)
        {
            if (reference[i] < 0) throw new ArgumentException($"reference[{i}] is {reference[i]}; counts are not negative", nameof(reference));
            weights[i] = reference[i];
            rows += reference[i];
        }

        if (rows == 0) throw new ArgumentException("the reference has no rows", nameof(reference));

        // ten simulated distances lie above the quantile, so that it is known to about a third of the rate
        var simulations = Math.Max(2000, (int)Math.Ceiling(10 / falseAlarmRate));
        var chance = new Seeded(seed);
        var distances = new double[simulations];
        var left = new long[reference.Length];
        var right = new long[reference.Length];
        for (var i = 0; i < simulations; i++)
        {
            chance.Multinomial(rows, weights, left);
            chance.Multinomial(windowRows, weights, right);
            distances[i] = DriftMeasures.Between(distance, left, right);
        }

        Array.Sort(distances);
        var noise = Quantiles.OfSorted(distances, 1 - falseAlarmRate);
        return new CalibratedThreshold(Math.Max(noise, floor), noise, floor, windowRows, falseAlarmRate);
    }

    /// <summary>
    /// Window rows rounded down to two significant digits. Noise falls as windows grow, so the threshold for fewer rows is on the safe side, and windows of similar
    /// size share one simulation in a cache.
    /// </summary>
    public static long SharedRows(long windowRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(windowRows, 1);
        long step = 1;
        while (windowRows / step >= 100) step *= 10;
        return windowRows / step * step;
    }
}
