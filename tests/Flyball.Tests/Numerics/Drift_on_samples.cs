using FsCheck;
using FsCheck.Fluent;
using Flyball.Numerics;

namespace Flyball.Tests.Numerics;

public sealed class Kolmogorov_smirnov
{
    [Fact]
    public void Agrees_with_scipy()
    {
        var cases = Samples.Golden("numerics.json").GetProperty("samples").EnumerateArray().ToList();
        Assert.Equal(10, cases.Count);
        foreach (var c in cases)
        {
            var name = c.GetProperty("name").GetString();
            var (reference, window) = (Samples.Of(c.GetProperty("reference")), Samples.Of(c.GetProperty("window")));
            var result = DriftMeasures.KolmogorovSmirnov(reference, window);
            Samples.Close(c.GetProperty("ks").GetDouble(), result.Statistic, 1e-12, name);
            var p = c.GetProperty("p").GetDouble();
            if (p == 0) Assert.True(result.PValue < 1e-300, name);
            else Samples.Close(p, result.PValue, 1e-6, name);
            Assert.Equal(Math.Max(reference.Length, window.Length) <= 10_000, result.Exact);
        }
    }

    [Fact]
    public void One_sample_distribution_agrees_with_scipy()
    {
        foreach (var c in Samples.Golden("numerics.json").GetProperty("kolmogorov").EnumerateArray())
        {
            var (n, d) = (c.GetProperty("n").GetInt64(), c.GetProperty("d").GetDouble());
            Samples.Close(c.GetProperty("survival").GetDouble(), KolmogorovDistribution.Survival(n, d), 1e-6, $"n {n}, d {d}");
        }
    }

    public static TheoryData<double[], double[], double, double> Published => new()
    {
        { [0], [1], 1, 1 },
        { [1.01, 2.01], [1, 2, 3], 1 / 3.0, 1 },
        { [.99, 1.99], [1, 2, 3], 2 / 3.0, .6 },
        { [1.01, 2.01], [1, 2, 3, 4], .5, 14 / 15.0 },
        { [.99, 1.99], [1, 2, 3, 4], .75, 6 / 15.0 },
        { [.. Enumerable.Range(1, 100)], [.. Enumerable.Range(1, 100).Select(i => i + 2.1)], .03, .999999999996206 },
        { [.. Enumerable.Range(1, 100)], [.. Enumerable.Range(0, 110).Select(i => 1 + (99 * i / 109.0) + 20.1)], 232 / 1100.0, .015739183865607353 },
        { [.. Enumerable.Range(1, 100)], [.. Enumerable.Range(0, 110).Select(i => 1 + (99 * i / 109.0) + 19.9)], 229 / 1100.0, .017803803861026313 },
        { [2, 2, 2, 3, 3, 3, 3, 5, 5, 5, 5, 5, 6, 6, 6, 6], [3, 3, 3, 4, 4, 4, 4, 6, 6, 6, 6, 6, 7, 7, 7, 7], 5 / 16.0, .4262934613454952 },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Agrees_with_the_published_tests_of_scipy(double[] left, double[] right, double statistic, double p)
    {
        var result = DriftMeasures.KolmogorovSmirnov(left, right);
        Samples.Close(p, result.PValue, 1e-9);
        Samples.Close(statistic, result.Statistic, 1e-12);
    }

    [Fact]
    public void Agrees_with_the_conformance_vectors_of_other_programs()
    {
        var compared = 0;
        foreach (var c in Samples.Golden("conformance.json").GetProperty("cases").EnumerateArray())
        {
            var method = $"{c.GetProperty("anchor").GetString()} {c.GetProperty("method").GetString()}";
            if (method is not ("evidently ks" or "nannyml kolmogorov_smirnov" or "scipy ks_2samp statistic" or "evidently wasserstein" or "nannyml wasserstein")) continue;
            var (reference, window) = Samples.Pair(c.GetProperty("dataset").GetString()!);
            var expected = c.GetProperty("expected").GetDouble();
            switch (method)
            {
                case "evidently ks" when expected == 0: Assert.Equal(0, DriftMeasures.KolmogorovSmirnov(reference, window).PValue, 1e-300); break;
                case "evidently ks": Samples.Close(expected, DriftMeasures.KolmogorovSmirnov(reference, window).PValue, 1e-6); break;
                case "evidently wasserstein": Samples.Close(expected, DriftMeasures.WassersteinNormed(reference, window), 1e-9); break;
                case "nannyml wasserstein": Samples.Close(expected, DriftMeasures.Wasserstein(reference, window), 1e-9); break;
                default: Samples.Close(expected, DriftMeasures.KolmogorovSmirnov(reference, window).Statistic, 1e-9); break;
            }

            compared++;
        }

        Assert.Equal(9, compared);
    }

    [Theory]
    [InlineData("temp", 0.190374, 7.03e-06)]
    [InlineData("atemp", 0.304193, double.NaN)]
    [InlineData("hum", 0.347401, double.NaN)]
    [InlineData("windspeed", 0.229209, double.NaN)]
    [InlineData("hr", double.NaN, 0.999995)]
    [InlineData("weekday", double.NaN, 0.0545)]
    [InlineData("cnt", double.NaN, 0.6458)]
    public void Finds_the_known_drift_of_the_shared_bikes(string column, double statistic, double p)
    {
        var lines = File.ReadAllLines(SharedData.Path("bike_sharing", "hour.csv"));
        var header = lines[0].Split(',');
        var (day, value) = (Array.IndexOf(header, "dteday"), Array.IndexOf(header, column));
        double[] Between(string first, string last) => [.. lines.Skip(1).Select(l => l.Split(','))
            .Where(c => string.CompareOrdinal(c[day], first) >= 0 && string.CompareOrdinal(c[day], last) <= 0).Select(c => double.Parse(c[value]))];
        var (reference, week) = (Between("2011-01-01", "2011-01-28"), Between("2011-01-29", "2011-02-07"));
        Assert.Equal((618, 235), (reference.Length, week.Length));
        var result = DriftMeasures.KolmogorovSmirnov(reference, week);
        if (!double.IsNaN(statistic)) Assert.Equal(statistic, result.Statistic, 6);
        if (!double.IsNaN(p)) Samples.Close(p, result.PValue, 1e-3, column);
        Assert.Equal(!double.IsNaN(statistic), result.PValue < 0.05);
    }

    [Fact]
    public void Is_not_a_number_for_an_empty_sample_and_refuses_nan()
    {
        Assert.Equal(new KolmogorovSmirnovResult(double.NaN, double.NaN, false), DriftMeasures.KolmogorovSmirnov([], [1]));
        Assert.Contains("values[1] is NaN", Assert.Throws<ArgumentException>(() => DriftMeasures.KolmogorovSmirnov([1], [1, double.NaN])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_sample_with_itself_is_zero_in_any_order() => Prop.ForAll(Some(), Some(), (left, right) =>
    {
        Assert.Equal(new KolmogorovSmirnovResult(0, 1, true), DriftMeasures.KolmogorovSmirnov(left, [.. left.Reverse()]));
        Assert.Equal(DriftMeasures.KolmogorovSmirnov(left, right), DriftMeasures.KolmogorovSmirnov([.. left.Reverse()], right));
        Assert.Equal(DriftMeasures.KolmogorovSmirnov(left, right).Statistic, DriftMeasures.KolmogorovSmirnov(right, left).Statistic);
        Assert.Equal(0, DriftMeasures.Wasserstein(left, [.. left.Reverse()]));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Does_not_change_under_a_monotone_transform() => Prop.ForAll(Some(), Some(), (left, right) =>
        Assert.Equal(
            DriftMeasures.KolmogorovSmirnov(left, right),
            DriftMeasures.KolmogorovSmirnov([.. left.Select(Math.Exp)], [.. right.Select(Math.Exp)]))).QuickCheckThrowOnFailure();

    [Fact]
    public void On_bins_never_exceeds_that_on_samples() => Prop.ForAll(Some(), Some(), (left, right) =>
        Assert.True(
            DriftMeasures.Between(DriftDistance.KolmogorovSmirnov, HistogramEdges.FromQuantiles(left), left, right)
            <= DriftMeasures.KolmogorovSmirnov(left, right).Statistic + 1e-12)).QuickCheckThrowOnFailure();

    private static Arbitrary<double[]> Some() => Gen.Choose(-400, 400).Select(i => i / 100.0).NonEmptyListOf().Select(l => l.ToArray()).ToArbitrary();
}

public sealed class Wasserstein_distance
{
    [Fact]
    public void Agrees_with_scipy()
    {
        foreach (var c in Samples.Golden("numerics.json").GetProperty("samples").EnumerateArray())
        {
            var name = c.GetProperty("name").GetString();
            var (reference, window) = (Samples.Of(c.GetProperty("reference")), Samples.Of(c.GetProperty("window")));
            Samples.Close(c.GetProperty("wasserstein").GetDouble(), DriftMeasures.Wasserstein(reference, window), 1e-9, name);
            Samples.Close(c.GetProperty("wasserstein_normed").GetDouble(), DriftMeasures.WassersteinNormed(reference, window), 1e-9, name);
        }
    }

    [Theory]
    [InlineData(new double[] { 0, 1, 2 }, new double[] { 1, 2, 3 }, 1)]
    [InlineData(new double[] { 0, 2 }, new double[] { 0 }, 1)]
    [InlineData(new double[] { 1, 2, 3, 4, 5 }, new double[] { 11, 12, 13, 14, 15 }, 10)]
    [InlineData(new double[] { 1, 1, 1, 4 }, new double[] { 4, 1, 1, 1 }, 0)]
    public void Agrees_with_the_published_tests_of_scipy(double[] left, double[] right, double expected) => Samples.Close(expected, DriftMeasures.Wasserstein(left, right), 1e-12);

    [Fact]
    public void Of_a_shifted_sample_is_the_shift() => Prop.ForAll(
        Gen.Choose(-1000, 1000).Select(i => (double)i).NonEmptyListOf().ToArbitrary(),
        Gen.Choose(-50, 50).ToArbitrary(),
        (values, shift) => Assert.Equal(Math.Abs(shift), DriftMeasures.Wasserstein([.. values], [.. values.Select(v => v + shift)]), 9)).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_a_constant_reference_stays_finite() => Assert.Equal(2000, DriftMeasures.WassersteinNormed([5, 5], [7]), 6);
}
