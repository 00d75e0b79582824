using System.Text.Json.Serialization;

namespace Flyball.Numerics;

/// <summary>Counts of a numeric column per bin; null and NaN are counted apart. Histograms over the same edges merge to that of the whole.</summary>
public sealed record Histogram
{
    public Histogram(HistogramEdges edges, IReadOnlyList<long> counts, long missing)
    {
        if (counts.Count != edges.Bins) throw new ArgumentException($"{counts.Count} counts for {edges.Bins} bins", nameof(counts));
        if (missing < 0 || counts.Any(c => c < 0)) throw new ArgumentException("counts are not negative", nameof(counts));
        (Edges, Counts, Missing) = (edges, [.. counts], missing);
    }

    public HistogramEdges Edges { get; }

    /// <summary>Rows per bin, in the order of the bins.</summary>
    public IReadOnlyList<long> Counts { get; }

    /// <summary>Rows that are null or NaN.</summary>
    public long Missing { get; }

    /// <summary>All rows, missing ones included.</summary>
    [JsonIgnore]
    public long Rows => Counts.Sum() + Missing;

    /// <summary>Share of missing rows in [0, 1]; NaN with no rows.</summary>
    [JsonIgnore]
    public double MissingShare => Rows == 0 ? double.NaN : (double)Missing / Rows;

    /// <summary>Counts the values; NaN stands for null.</summary>
    public static Histogram Of(HistogramEdges edges, ReadOnlySpan<double> values)
    {
        var counts = new long[edges.Bins];
        long missing = 0;
        foreach (var value in values)
        {
            if (double.IsNaN(value)) missing++;
            else counts[edges.BinOf(value)]++;
        }

        return new Histogram(edges, counts, missing);
    }

    /// <summary>The histogram of both together; throws where the edges differ.</summary>
    public Histogram Merge(Histogram other)
    {
        if (!Edges.Equals(other.Edges)) throw new ArgumentException("histograms over different edges do not merge", nameof(other));
        return new Histogram(Edges, [.. Counts.Zip(other.Counts, (a, b) => a + b)], Missing + other.Missing);
    }

    public bool Equals(Histogram? other) =>
        other is not null && Missing == other.Missing && Edges.Equals(other.Edges) && Counts.SequenceEqual(other.Counts);

    public override int GetHashCode() => HashCode.Combine(Edges, Missing, Rows);
}
