using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Flyball.Numerics;

namespace Flyball.Tests.Numerics;

public sealed class Counting_numbers
{
    [Fact]
    public void Into_bins_of_quantiles_spreads_the_reference_evenly()
    {
        double[] values = [.. Enumerable.Range(0, 1000)];
        var edges = HistogramEdges.FromQuantiles(values);
        Assert.Equal(9, edges.Cuts.Count);
        Assert.All(Histogram.Of(edges, values).Counts, c => Assert.Equal(100, c));
    }

    [Fact]
    public void Keeps_what_lies_outside_the_reference()
    {
        var edges = HistogramEdges.FromQuantiles([1, 2, 3, 4], bins: 2);
        var histogram = Histogram.Of(edges, [double.NegativeInfinity, -5, 2.5, 1e300, double.PositiveInfinity, double.NaN]);
        Assert.Equal([2, 3], histogram.Counts);
        Assert.Equal((1, 6), (histogram.Missing, histogram.Rows));
    }

    [Fact]
    public void Gives_an_atom_its_own_bin()
    {
        double[] mostlyZero = [.. Enumerable.Repeat(0.0, 60), .. Enumerable.Range(1, 40).Select(i => i / 10.0)];
        var edges = HistogramEdges.FromQuantiles(mostlyZero);
        Assert.Equal(60, Histogram.Of(edges, mostlyZero).Counts[edges.BinOf(0)]);
        Assert.Equal(edges.BinOf(0) + 1, edges.BinOf(1e-9));
        Assert.Equal(edges.BinOf(0) - 1, edges.BinOf(-1e-9));
    }

    [Fact]
    public void Shows_a_constant_column_that_changes()
    {
        var edges = HistogramEdges.FromQuantiles([7, 7, 7, 7]);
        Assert.Equal(3, edges.Bins);
        Assert.Equal(1, DriftMeasures.Between(DriftDistance.JensenShannon, edges, [7, 7, 7], [8, 8]));
        Assert.Equal(1, DriftMeasures.Between(DriftDistance.JensenShannon, edges, [7, 7, 7], [6]));
    }

    [Fact]
    public void Shows_a_rare_value_that_becomes_common()
    {
        double[] rarelyOne = [.. Enumerable.Repeat(0.0, 95), .. Enumerable.Repeat(1.0, 5)];
        var edges = HistogramEdges.FromQuantiles(rarelyOne);
        Assert.True(DriftMeasures.Between(DriftDistance.TotalVariation, edges, rarelyOne, [0, 1]) > 0.44);
    }

    [Fact]
    public void Of_nothing_has_one_bin()
    {
        var edges = HistogramEdges.FromQuantiles([double.NaN]);
        Assert.Equal(1, edges.Bins);
        Assert.Equal([2], Histogram.Of(edges, [3, 4]).Counts);
    }

    [Fact]
    public void In_parts_and_merged_equals_the_whole() => Prop.ForAll(Numbers(), Numbers(), (left, right) =>
    {
        double[] whole = [.. left, .. right];
        var edges = HistogramEdges.FromQuantiles(whole);
        Assert.Equal(Histogram.Of(edges, whole), Histogram.Of(edges, left).Merge(Histogram.Of(edges, right)));
        Assert.Equal(whole.Length, Histogram.Of(edges, whole).Rows);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Agrees_with_a_search_by_hand() => Prop.ForAll(Numbers(), Numbers(), (reference, values) =>
    {
        var edges = HistogramEdges.FromQuantiles(reference, bins: 7);
        foreach (var value in values.Where(v => !double.IsNaN(v))) Assert.Equal(edges.Cuts.Count(c => c <= value), edges.BinOf(value));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Survives_json()
    {
        var histogram = Histogram.Of(HistogramEdges.FromQuantiles([0, 0, 0, 0, 1.5, 2]), [0, 9, double.NaN]);
        Assert.Equal(histogram, JsonSerializer.Deserialize<Histogram>(JsonSerializer.Serialize(histogram)));
        var counts = CategoryCounts.Of(new CategoryVocabulary(["a", "b"], ["c"]), ["a", "c", "x", null]);
        Assert.Equal(counts, JsonSerializer.Deserialize<CategoryCounts>(JsonSerializer.Serialize(counts)));
        Assert.Equal("""{"Cuts":[1,2.5]}""", JsonSerializer.Serialize(new HistogramEdges([1, 2.5])));
    }

    [Fact]
    public void Refuses_what_does_not_fit()
    {
        Assert.Throws<ArgumentException>(() => new HistogramEdges([1, 1]));
        Assert.Throws<ArgumentException>(() => new HistogramEdges([double.NaN]));
        Assert.Throws<ArgumentException>(() => new Histogram(new HistogramEdges([1]), [1], 0));
        Assert.Throws<ArgumentException>(() => Histogram.Of(new HistogramEdges([1]), []).Merge(Histogram.Of(new HistogramEdges([2]), [])));
        Assert.Throws<ArgumentException>(() => new HistogramEdges([1]).BinOf(double.NaN));
    }

    private static Arbitrary<double[]> Numbers() =>
        Gen.Choose(-30, 31).Select(i => i == 31 ? double.NaN : i / 4.0).NonEmptyListOf().Select(l => l.ToArray()).ToArbitrary();
}

public sealed class Counting_categories
{
    private static readonly KeyValuePair<string?, long>[] Reference = [new("a", 50), new("b", 30), new("c", 10), new("d", 1), new("e", 1), new(null, 8)];

    [Fact]
    public void Separates_top_other_unseen_and_null()
    {
        var vocabulary = CategoryVocabulary.FromCounts(Reference, top: 2);
        Assert.Equal(["a", "b"], vocabulary.Top);
        var counts = CategoryCounts.Of(vocabulary, ["b", "c", "e", "new", "newer", null, "a", "b"]);
        Assert.Equal([1, 2, 2, 2], counts.Counts);
        Assert.Equal((2, 2, 1, 8), (counts.Other, counts.Unseen, counts.Missing, counts.Rows));
    }

    [Fact]
    public void Orders_equal_counts_by_name() =>
        Assert.Equal(["m", "z", "a"], CategoryVocabulary.FromCounts([new("z", 5), new("a", 1), new("m", 5)], top: 3).Top);

    [Fact]
    public void Of_a_long_tailed_reference_expects_some_unseen()
    {
        var reference = CategoryCounts.OfReference(Reference, top: 2);
        Assert.Equal([50, 30, 10, 2], reference.Counts);
        Assert.Equal(8, reference.Missing);
    }

    [Fact]
    public void Of_a_long_tail_does_not_call_an_equal_window_drifted()
    {
        var chance = new Seeded(5);
        string Route() => ((long)chance.LogNormal(5, 2)).ToString();
        KeyValuePair<string?, long>[] Rows(int n) => [.. Enumerable.Range(0, n).Select(_ => Route()).CountBy(r => r).Select(r => new KeyValuePair<string?, long>(r.Key, r.Value))];
        var training = Rows(20_000);
        var reference = CategoryCounts.OfReference(training);
        var window = CategoryCounts.Of(reference.Vocabulary, Rows(5000));
        Assert.True(window.Unseen > 200, "the tail is long");
        Assert.True(DriftMeasures.Between(DriftDistance.JensenShannon, reference, window) < 0.06);
        Assert.True(DriftMeasures.Between(DriftDistance.JensenShannon, CategoryCounts.Of(reference.Vocabulary, training), window) > 0.1);
    }

    [Fact]
    public void In_parts_and_merged_equals_the_whole() => Prop.ForAll(Some(), Some(), (left, right) =>
    {
        var vocabulary = new CategoryVocabulary(["1", "2", "3"], ["4", "5"]);
        Assert.Equal(CategoryCounts.Of(vocabulary, [.. left, .. right]), CategoryCounts.Of(vocabulary, left).Merge(CategoryCounts.Of(vocabulary, right)));
    }).QuickCheckThrowOnFailure();

    private static Arbitrary<string?[]> Some() => Gen.Choose(0, 8).Select(i => i == 0 ? null : i.ToString()).ListOf().Select(l => l.ToArray()).ToArbitrary();
}
