using System.Text.Json.Serialization;

namespace Flyball.Numerics;

/// <summary>Where the bins of a histogram meet: k ascending cuts give k + 1 bins (−∞, c₁) [c₁, c₂) … [c_k, ∞), so no number is ever outside.</summary>
public sealed record HistogramEdges
{
    public HistogramEdges(IReadOnlyList<double> cuts)
    {
        for (var i = 0; i < cuts.Count; i++)
        {
            if (!double.IsFinite(cuts[i])) throw new ArgumentException($"cuts[{i}] is {cuts[i]}; cuts are finite", nameof(cuts));
            if (i > 0 && !(cuts[i] > cuts[i - 1])) throw new ArgumentException($"cuts[{i}] is {cuts[i]:R}, not above cuts[{i - 1}]", nameof(cuts));
        }

        Cuts = [.. cuts];
    }

    /// <summary>The inner boundaries, finite and strictly ascending.</summary>
    public IReadOnlyList<double> Cuts { get; }

    /// <summary>Number of bins: one more than cuts.</summary>
    [JsonIgnore]
    public int Bins => Cuts.Count + 1;

    /// <summary>
    /// Cuts at the inner quantiles i/bins of the reference (type 7), each once. A value that fills a whole bin by itself is an atom and gets its own bin
    /// [v, next double), so that a constant or zero-heavy column shows when its atom loses mass. NaN is left out; with nothing left there is one bin.
    /// </summary>
    public static HistogramEdges FromQuantiles(ReadOnlySpan<double> values, int bins = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        var kept = new List<double>(values.Length);
        foreach (var value in values)
        {
            if (!double.IsNaN(value)) kept.Add(value);
        }

        var sorted = kept.ToArray();
        Array.Sort(sorted);
        var cuts = new SortedSet<double>();
        double? previous = sorted.Length > 0 && double.IsFinite(sorted[0]) ? sorted[0] : null;
        for (var i = 1; i <= bins && sorted.Length > 0; i++)
        {
            var quantile = Quantiles.OfSorted(sorted, (double)i / bins);
            if (!double.IsFinite(quantile)) continue;
            if (i < bins) cuts.Add(quantile);
            if (quantile == previous)
            {
                cuts.Add(quantile);
                cuts.Add(double.BitIncrement(quantile));
            }

            previous = quantile;
        }

        return new HistogramEdges([.. cuts]);
    }

    /// <summary>The bin in [0, <see cref="Bins"/>) of a number; ±∞ fall into the outer bins. NaN throws: it has no bin.</summary>
    public int BinOf(double value)
    {
        if (double.IsNaN(value)) throw new ArgumentException("NaN has no bin", nameof(value));
        int low = 0, high = Cuts.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Cuts[middle] <= value) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    public bool Equals(HistogramEdges? other) => other is not null && Cuts.SequenceEqual(other.Cuts);

    public override int GetHashCode() => Cuts.Aggregate(Cuts.Count, HashCode.Combine);
}
