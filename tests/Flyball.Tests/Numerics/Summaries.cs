using FsCheck;
using FsCheck.Fluent;
using Flyball.Numerics;

namespace Flyball.Tests.Numerics;

public sealed class Sample_quantiles
{
    [Fact]
    public void Agree_with_numpy()
    {
        var golden = Samples.Golden("numerics.json").GetProperty("quantiles");
        double[] points = [.. golden.GetProperty("points").EnumerateArray().Select(e => e.GetDouble())];
        var actual = Quantiles.Of(Samples.Of(golden.GetProperty("values")), points);
        foreach (var (expected, value) in golden.GetProperty("expected").EnumerateArray().Select(e => e.GetDouble()).Zip(actual)) Samples.Close(expected, value, 1e-12);
    }

    [Fact]
    public void Of_nothing_are_not_numbers() => Assert.Equal(double.NaN, Quantiles.Of([], 0.5));

    [Fact]
    public void Refuse_points_outside_the_unit_interval_and_nan()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Quantiles.Of([1], 1.01));
        Assert.Contains("values[1] is NaN", Assert.Throws<ArgumentException>(() => Quantiles.Of([1, double.NaN], 0.5)).Message, StringComparison.Ordinal);
    }
}

public sealed class Running_moments
{
    [Fact]
    public void Agree_with_numpy()
    {
        foreach (var c in Samples.Golden("numerics.json").GetProperty("samples").EnumerateArray())
        {
            var moments = RunningMoments.Of(Samples.Of(c.GetProperty("reference")));
            Samples.Close(c.GetProperty("mean").GetDouble(), moments.Mean, 1e-12);
            Samples.Close(c.GetProperty("sample_variance").GetDouble(), moments.SampleVariance, 1e-11);
        }
    }

    [Fact]
    public void Keep_their_precision_far_from_zero() =>
        Samples.Close(30, RunningMoments.Of([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]).SampleVariance, 1e-12);

    [Fact]
    public void Merge_to_those_of_the_whole() => Prop.ForAll(Numbers(), Numbers(), (left, right) =>
    {
        var whole = RunningMoments.Of([.. left, .. right]);
        var merged = RunningMoments.Of(left).Merge(RunningMoments.Of(right));
        Assert.Equal((whole.Count, whole.Min, whole.Max), (merged.Count, merged.Min, merged.Max));
        Assert.Equal(whole.Mean, merged.Mean, 1e-9);
        Assert.Equal(whole.SquaredDeviations, merged.SquaredDeviations, 1e-6);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_nothing_are_not_numbers()
    {
        Assert.Equal((double.NaN, double.NaN, double.NaN, double.NaN), (default(RunningMoments).Mean, default(RunningMoments).PopulationVariance, default(RunningMoments).Min, RunningMoments.Of([1]).SampleVariance));
        Assert.Throws<ArgumentException>(() => default(RunningMoments).Add(double.NaN));
    }

    private static Arbitrary<double[]> Numbers() => Gen.Choose(-1000, 1000).Select(i => i / 8.0).ListOf().Select(l => l.ToArray()).ToArbitrary();
}
