using FsCheck;
using FsCheck.Fluent;
using Flyball.Numerics;

namespace Flyball.Tests.Numerics;

public sealed class Drift_distances
{
    [Fact]
    public void Agree_with_scipy_on_counts()
    {
        var cases = Samples.Golden("numerics.json").GetProperty("counts").EnumerateArray().ToList();
        Assert.Equal(5, cases.Count);
        foreach (var c in cases)
        {
            var name = c.GetProperty("name").GetString();
            var (reference, window) = (Samples.Counts(c.GetProperty("reference")), Samples.Counts(c.GetProperty("window")));
            Samples.Close(c.GetProperty("jensen_shannon").GetDouble(), DriftMeasures.JensenShannon(reference, window), 1e-7, name);
            Samples.Close(c.GetProperty("hellinger").GetDouble(), DriftMeasures.Hellinger(reference, window), 1e-9, name);
            Samples.Close(c.GetProperty("psi_half").GetDouble(), DriftMeasures.Psi(reference, window), 1e-9, name);
            Samples.Close(c.GetProperty("total_variation").GetDouble(), DriftMeasures.TotalVariation(reference, window), 1e-9, name);
            Samples.Close(c.GetProperty("l_infinity").GetDouble(), DriftMeasures.LInfinity(reference, window), 1e-9, name);
            var chi = DriftMeasures.ChiSquare(reference, window);
            Samples.Close(c.GetProperty("chi2").GetDouble(), chi.Statistic, 1e-9, name);
            Samples.Close(c.GetProperty("chi2_p").GetDouble(), chi.PValue, 1e-9, name);
            Assert.Equal(c.GetProperty("freedom").GetInt32(), chi.DegreesOfFreedom);
        }
    }

    [Fact]
    public void Agree_with_the_conformance_vectors_of_other_programs()
    {
        var compared = 0;
        foreach (var c in Samples.Golden("conformance.json").GetProperty("cases").EnumerateArray())
        {
            var method = $"{c.GetProperty("anchor").GetString()} {c.GetProperty("method").GetString()}";
            var dataset = c.GetProperty("dataset").GetString()!;
            if (Counts(dataset) is not { } counts) continue;
            var (reference, window) = counts;
            var actual = method switch
            {
                "nannyml jensen_shannon" => DriftMeasures.JensenShannon(reference, window),
                "nannyml hellinger" => DriftMeasures.Hellinger(reference, window),
                "nannyml l_infinity" or "tfdv infinity_norm" => DriftMeasures.LInfinity(reference, window),
                "nannyml chi2" => DriftMeasures.ChiSquare(reference, window).Statistic,
                "evidently psi" => DriftMeasures.Psi(reference, window, pseudoCount: 0),
                _ => throw new InvalidOperationException(method),
            };
            Samples.Close(c.GetProperty("expected").GetDouble(), actual, 1e-9, $"{method} {dataset}");
            if (method == "nannyml chi2") Samples.Close(c.GetProperty("p_value").GetDouble(), DriftMeasures.ChiSquare(reference, window).PValue, 1e-6, dataset);
            compared++;
        }

        Assert.Equal(10, compared);
    }

    [Fact]
    public void Agree_with_azure_ml_on_bins_of_equal_width()
    {
        var compared = 0;
        foreach (var c in Samples.Golden("conformance.json").GetProperty("cases").EnumerateArray().Where(c => c.GetProperty("anchor").GetString() == "azureml"))
        {
            var dataset = c.GetProperty("dataset").GetString()!;
            var (reference, window) = Samples.Pair(dataset);
            var bins = c.GetProperty("bins").GetInt32();
            var (low, high) = (Math.Min(reference.Min(), window.Min()), Math.Max(reference.Max(), window.Max()));
            var edges = new HistogramEdges([.. Enumerable.Range(1, bins - 1).Select(i => low + ((high - low) * i / bins))]);
            long[] left = [.. Histogram.Of(edges, reference).Counts];
            long[] right = [.. Histogram.Of(edges, window).Counts];
            var actual = c.GetProperty("method").GetString() == "JensenShannonDistance" ? DriftMeasures.JensenShannon(left, right) : DriftMeasures.Psi(left, right, pseudoCount: 1);
            Samples.Close(c.GetProperty("expected").GetDouble(), actual, 1e-9, dataset);
            compared++;
        }

        Assert.Equal(4, compared);
    }

    [Fact]
    public void Stability_index_agrees_with_the_published_value_of_deequ() =>
        Samples.Close(
            0.007406694184014186,
            DriftMeasures.Psi([428, 425, 414, 427, 440, 447, 380, 386, 444, 386], [426, 437, 429, 391, 469, 433, 360, 443, 371, 418], pseudoCount: 0));

    [Theory]
    [InlineData(new long[] { 1, 9 }, new long[] { 3, 7 }, 0.2)]
    [InlineData(new long[] { 0, 9, 1 }, new long[] { 3, 7, 0 }, 0.3)]
    public void L_infinity_agrees_with_the_published_values_of_tfdv(long[] left, long[] right, double expected) =>
        Samples.Close(expected, DriftMeasures.LInfinity(left, right), 1e-12);

    [Fact]
    public void Are_one_between_disjoint_counts()
    {
        long[] left = [7, 0, 3], right = [0, 5, 0];
        Samples.Close(1, DriftMeasures.JensenShannon(left, right));
        Samples.Close(1, DriftMeasures.Hellinger(left, right));
        Samples.Close(1, DriftMeasures.TotalVariation(left, right));
        Assert.Equal(double.PositiveInfinity, DriftMeasures.Psi(left, right, pseudoCount: 0));
    }

    [Fact]
    public void Are_not_a_number_without_rows()
    {
        foreach (var distance in Enum.GetValues<DriftDistance>()) Assert.Equal(double.NaN, DriftMeasures.Between(distance, [1, 2], [0, 0]));
        Assert.Equal(double.NaN, DriftMeasures.ChiSquare([1, 2], [0, 0]).PValue);
        Assert.Equal(double.NaN, DriftMeasures.ChiSquare([5, 0], [7, 0]).PValue);
    }

    [Fact]
    public void Refuse_counts_that_do_not_fit()
    {
        Assert.Throws<ArgumentException>(() => DriftMeasures.JensenShannon([1, 2], [1]));
        Assert.Contains("cell 1", Assert.Throws<ArgumentException>(() => DriftMeasures.Hellinger([1, 2], [1, -1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_zero_for_the_same_proportions() => Prop.ForAll(Cells(), counts =>
    {
        long[] tripled = [.. counts.Select(c => c * 3)];
        foreach (var distance in Enum.GetValues<DriftDistance>())
        {
            if (distance != DriftDistance.Psi) Assert.InRange(DriftMeasures.Between(distance, counts, tripled), 0, 1e-7);
            Assert.Equal(0, DriftMeasures.Between(distance, counts, counts));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Do_not_depend_on_the_order_of_cells_or_sides() => Prop.ForAll(Cells(), Cells(), (left, right) =>
    {
        var size = Math.Min(left.Length, right.Length);
        (left, right) = (left[..size], right[..size]);
        if (left.Sum() == 0 || right.Sum() == 0) return;
        foreach (var distance in Enum.GetValues<DriftDistance>())
        {
            var forward = DriftMeasures.Between(distance, left, right);
            Assert.Equal(forward, DriftMeasures.Between(distance, [.. left.Reverse()], [.. right.Reverse()]), 9);
            Assert.Equal(forward, DriftMeasures.Between(distance, right, left), 9);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bound_each_other() => Prop.ForAll(Cells(), Cells(), (left, right) =>
    {
        var size = Math.Min(left.Length, right.Length);
        (left, right) = (left[..size], right[..size]);
        if (left.Sum() == 0 || right.Sum() == 0) return;
        var variation = DriftMeasures.TotalVariation(left, right);
        var hellinger = DriftMeasures.Hellinger(left, right);
        var shannon = DriftMeasures.JensenShannon(left, right);
        Assert.True(hellinger * hellinger <= variation + 1e-9 && variation <= (Math.Sqrt(2) * hellinger) + 1e-9, "Le Cam");
        Assert.True(shannon * shannon <= variation + 1e-9, "Lin: the divergence in bits is at most the total variation");
        Assert.True(DriftMeasures.LInfinity(left, right) <= variation + 1e-9 && DriftMeasures.KolmogorovSmirnovBinned(left, right) <= variation + 1e-9);
    }).QuickCheckThrowOnFailure();

    private static Arbitrary<long[]> Cells() =>
        Gen.Choose(0, 500).Select(i => (long)i).NonEmptyListOf().Select(l => l.Append(1).ToArray()).ToArbitrary();

    private static (long[] Reference, long[] Window)? Counts(string dataset) => dataset switch
    {
        "C_rq" => ([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]),
        "C_new" => ([50, 30, 20, 0], [40, 30, 0, 30]),
        "C_bin" => ([60, 40], [45, 55]),
        _ => null,
    };
}
