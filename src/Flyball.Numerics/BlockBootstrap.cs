namespace Flyball.Numerics;

/// <summary>Loss of two models on the same rows of one block of time, for example a day.</summary>
/// <param name="BaselineLoss">Sum over the rows of the baseline's loss (squared error for a ratio of RMSE), ≥ 0.</param>
/// <param name="CandidateLoss">The same sum of the candidate.</param>
/// <param name="Rows">Number of rows, ≥ 0.</param>
public sealed record PairedBlock(double BaselineLoss, double CandidateLoss, long Rows);

/// <summary>An estimate with its percentile interval; the bounds are NaN with fewer than two blocks that hold rows.</summary>
/// <param name="Estimate">The value on all blocks.</param>
/// <param name="Lower">Lower end of the interval.</param>
/// <param name="Upper">Upper end of the interval.</param>
/// <param name="Level">Nominal coverage in (0, 1).</param>
/// <param name="Blocks">Number of blocks that hold rows.</param>
/// <param name="MeanRun">Mean number of consecutive blocks drawn together.</param>
public sealed record BootstrapInterval(double Estimate, double Lower, double Upper, double Level, int Blocks, double MeanRun)
{
    /// <summary>True where the interval leaves out 0: the models differ by more than the days differ among themselves.</summary>
    public bool ExcludesZero => Lower > 0 || Upper < 0;
}

/// <summary>
/// Stationary bootstrap over consecutive blocks (Politis and Romano, "The stationary bootstrap", JASA 1994): runs of neighbouring blocks are drawn with replacement, their
/// lengths geometric, wrapping at the end, so that dependence between days does not make the interval too narrow.
/// </summary>
/// <remarks>Blocks are given in order of time. The mean run is n^(1/3) blocks unless given, the growth that Politis and White (2004) derive. The percentile interval is Efron's (1979).</remarks>
public static class BlockBootstrap
{
    /// <summary>Mean loss per row of the candidate less that of the baseline; negative where the candidate is better.</summary>
    public static BootstrapInterval MeanDifference(
        IReadOnlyList<PairedBlock> blocks, ulong seed, int resamples = 2000, double level = 0.95, double? meanRun = null) =>
        Resample(blocks, static (baseline, candidate, rows) => (candidate - baseline) / rows, seed, resamples, level, meanRun);

    /// <summary>
    /// RMSE of the candidate over that of the baseline, less 1, on blocks that hold sums of squared errors: −0.05 is an error 5 % smaller. NaN or ∞ where the baseline has no error.
    /// </summary>
    public static BootstrapInterval RatioOfRmse(
        IReadOnlyList<PairedBlock> blocks, ulong seed, int resamples = 2000, double level = 0.95, double? meanRun = null) =>
        Resample(blocks, static (baseline, candidate, _) => Math.Sqrt(candidate / baseline) - 1, seed, resamples, level, meanRun);

    private static BootstrapInterval Resample(
        IReadOnlyList<PairedBlock> all, Func<double, double, double, double> statistic, ulong seed, int resamples, double level, double? meanRun)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        if (!(level is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(level), level, "a level lies between 0 and 1");
        if (meanRun is { } run && !(run >= 1)) throw new ArgumentOutOfRangeException(nameof(meanRun), run, "a run holds at least one block");
        for (var i = 0; i < all.Count; i++)
        {
            if (!double.IsFinite(all[i].BaselineLoss) || !double.IsFinite(all[i].CandidateLoss) || all[i].Rows < 0)
                throw new ArgumentException($"blocks[{i}] is {all[i]}; losses are finite and rows not negative", nameof(all));
        }

        var blocks = all.Where(b => b.Rows > 0).ToArray();
        var mean = meanRun ?? Math.Max(1, Math.Cbrt(blocks.Length));
        var estimate = blocks.Length == 0 ? double.NaN : statistic(blocks.Sum(b => b.BaselineLoss), blocks.Sum(b => b.CandidateLoss), blocks.Sum(b => b.Rows));
        if (blocks.Length < 2) return new BootstrapInterval(estimate, double.NaN, double.NaN, level, blocks.Length, mean);

        var chance = new Seeded(seed);
        var values = new double[resamples];
        for (var r = 0; r < resamples; r++)
        {
            double baseline = 0, candidate = 0;
            long rows = 0;
            var at = 0;
            for (var i = 0; i < blocks.Length; i++)
            {
                at = i == 0 || chance.Chance(1 / mean) ? (int)chance.Below(blocks.Length) : (at + 1) % blocks.Length;
                baseline += blocks[at].BaselineLoss;
                candidate += blocks[at].CandidateLoss;
                rows += blocks[at].Rows;
            }

            values[r] = statistic(baseline, candidate, rows);
        }

        if (values.Any(double.IsNaN)) return new BootstrapInterval(estimate, double.NaN, double.NaN, level, blocks.Length, mean);
        Array.Sort(values);
        return new BootstrapInterval(estimate, Quantiles.OfSorted(values, (1 - level) / 2), Quantiles.OfSorted(values, (1 + level) / 2), level, blocks.Length, mean);
    }
}
