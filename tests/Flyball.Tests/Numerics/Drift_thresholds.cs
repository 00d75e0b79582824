using Flyball.Numerics;
using MathNet.Numerics.Distributions;

namespace Flyball.Tests.Numerics;

public sealed class Drift_thresholds
{
    private static readonly long[] Deciles = [.. Enumerable.Repeat(5000L, 10)];

    [Theory]
    [InlineData(500, 0.01)]
    [InlineData(5000, 0.01)]
    [InlineData(500, 0.001)]
    public void Agree_with_the_chi_square_law_of_the_jensen_shannon_divergence(long rows, double rate)
    {
        var expected = Math.Sqrt(ChiSquared.InvCDF(9, 1 - rate) * ((1.0 / rows) + (1.0 / 50_000)) / (8 * Math.Log(2)));
        var noise = DriftThreshold.Calibrate(DriftDistance.JensenShannon, Deciles, rows, rate).Noise;
        Assert.Equal(expected, noise, expected * 0.05);
    }

    [Theory]
    [InlineData(DriftDistance.JensenShannon)]
    [InlineData(DriftDistance.Psi)]
    [InlineData(DriftDistance.KolmogorovSmirnov)]
    public void Alarm_at_the_wanted_rate_on_windows_without_drift(DriftDistance distance)
    {
        double[] truth = [0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02];
        var world = new Seeded(77);
        const int Windows = 4000;
        const double Rate = 0.05;
        var alarms = 0;
        var thresholds = new Dictionary<int, (long[] Reference, double Threshold)>();
        var window = new long[truth.Length];
        for (var i = 0; i < Windows; i++)
        {
            if (!thresholds.TryGetValue(i % 40, out var known))
            {
                var reference = new long[truth.Length];
                world.Multinomial(1000, truth, reference);
                thresholds[i % 40] = known = (reference, DriftThreshold.Calibrate(distance, reference, 300, Rate, floor: 0).Value);
            }

            world.Multinomial(300, truth, window);
            if (DriftMeasures.Between(distance, known.Reference, window) > known.Threshold) alarms++;
        }

        Assert.InRange(alarms / (double)Windows, Rate / 2, Rate * 2);
    }

    [Fact]
    public void Notice_a_real_shift_in_a_window_of_the_same_size()
    {
        var chance = new Seeded(4);
        double[] reference = [.. Enumerable.Range(0, 20_000).Select(_ => chance.Normal())];
        double[] shifted = [.. Enumerable.Range(0, 1000).Select(_ => chance.Normal(0.5))];
        double[] same = [.. Enumerable.Range(0, 1000).Select(_ => chance.Normal())];
        var edges = HistogramEdges.FromQuantiles(reference);
        var threshold = DriftThreshold.Calibrate(DriftDistance.JensenShannon, [.. Histogram.Of(edges, reference).Counts], 1000);
        Assert.True(DriftMeasures.Between(DriftDistance.JensenShannon, edges, reference, shifted) > threshold.Value);
        Assert.True(DriftMeasures.Between(DriftDistance.JensenShannon, edges, reference, same) < threshold.Value);
    }

    [Fact]
    public void Rise_for_small_windows_and_end_at_the_floor_for_large_ones()
    {
        double Value(long rows) => DriftThreshold.Calibrate(DriftDistance.JensenShannon, Deciles, rows).Value;
        Assert.True(Value(30) > Value(100) && Value(100) > Value(200), "noise falls with the window");
        Assert.Equal(DriftThreshold.PracticalMinimum, Value(100_000));
    }

    [Fact]
    public void Grow_where_the_reference_is_small()
    {
        double Noise(long[] reference) => DriftThreshold.Calibrate(DriftDistance.JensenShannon, reference, 1000, 0.01).Noise;
        Assert.True(Noise([20, 20, 20, 20]) > 2 * Noise([2000, 2000, 2000, 2000]));
    }

    [Fact]
    public void Are_the_same_each_time() =>
        Assert.Equal(DriftThreshold.Calibrate(DriftDistance.Hellinger, Deciles, 333), DriftThreshold.Calibrate(DriftDistance.Hellinger, Deciles, 333));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(99, 99)]
    [InlineData(100, 100)]
    [InlineData(109, 100)]
    [InlineData(1999, 1900)]
    [InlineData(123_456, 120_000)]
    public void Are_shared_by_windows_of_similar_size(long rows, long shared) => Assert.Equal(shared, DriftThreshold.SharedRows(rows));

    [Fact]
    public void Refuse_an_empty_reference()
    {
        Assert.Throws<ArgumentException>(() => DriftThreshold.Calibrate(DriftDistance.Psi, [0, 0], 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => DriftThreshold.Calibrate(DriftDistance.Psi, [1], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => DriftThreshold.Calibrate(DriftDistance.Psi, [1], 10, 0));
    }
}

public sealed class Block_bootstrap
{
    [Fact]
    public void Estimates_the_ratio_on_all_rows()
    {
        PairedBlock[] days = [new(100, 81, 10), new(300, 243, 20), new(0, 0, 0)];
        var result = BlockBootstrap.RatioOfRmse(days, seed: 1);
        Samples.Close(-0.1, result.Estimate, 1e-12);
        Samples.Close(-0.1, result.Lower, 1e-12);
        Samples.Close(-0.1, result.Upper, 1e-12);
        Assert.Equal((2, true), (result.Blocks, result.ExcludesZero));
        Samples.Close(-76 / 30.0, BlockBootstrap.MeanDifference(days, seed: 1).Estimate, 1e-12);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Covers_the_truth_about_as_often_as_it_says(bool dependentDays)
    {
        var world = new Seeded(31);
        const int Worlds = 300;
        var covered = 0;
        for (var w = 0; w < Worlds; w++)
        {
            var days = new PairedBlock[120];
            var level = 0.0;
            for (var d = 0; d < days.Length; d++)
            {
                level = dependentDays ? (0.6 * level) + world.Normal(0, 0.4) : world.Normal(0, 0.5);
                days[d] = new PairedBlock(400, 400 + (100 * level), 100);
            }

            var interval = BlockBootstrap.MeanDifference(days, (ulong)w, resamples: 400, level: 0.9);
            if (interval.Lower <= 0 && interval.Upper >= 0) covered++;
        }

        Assert.InRange(covered / (double)Worlds, dependentDays ? 0.78 : 0.85, 0.95);
    }

    [Fact]
    public void With_runs_is_wider_than_without_where_days_depend()
    {
        var world = new Seeded(8);
        var level = 0.0;
        PairedBlock[] days = [.. Enumerable.Range(0, 200).Select(_ => new PairedBlock(400, 400 + (100 * (level = (0.8 * level) + world.Normal())), 100))];
        var alone = BlockBootstrap.RatioOfRmse(days, 1, meanRun: 1);
        var runs = BlockBootstrap.RatioOfRmse(days, 1, meanRun: 10);
        Assert.True(runs.Upper - runs.Lower > 1.5 * (alone.Upper - alone.Lower));
    }

    [Fact]
    public void Repeats_with_its_seed_and_differs_with_another()
    {
        PairedBlock[] days = [.. Enumerable.Range(0, 30).Select(i => new PairedBlock(100 + (i % 7), 95 + (i % 5), 10))];
        Assert.Equal(BlockBootstrap.RatioOfRmse(days, 5), BlockBootstrap.RatioOfRmse(days, 5));
        Assert.NotEqual(BlockBootstrap.RatioOfRmse(days, 5).Lower, BlockBootstrap.RatioOfRmse(days, 6).Lower);
    }

    [Fact]
    public void Has_no_interval_on_a_single_block()
    {
        var result = BlockBootstrap.RatioOfRmse([new(100, 64, 10)], 1);
        Samples.Close(-0.2, result.Estimate, 1e-12);
        Assert.Equal((double.NaN, double.NaN, false), (result.Lower, result.Upper, result.ExcludesZero));
        Assert.Equal(double.NaN, BlockBootstrap.RatioOfRmse([], 1).Estimate);
        Assert.Contains("blocks[1]", Assert.Throws<ArgumentException>(() => BlockBootstrap.RatioOfRmse([new(1, 1, 1), new(double.NaN, 1, 1)], 1)).Message, StringComparison.Ordinal);
    }
}
