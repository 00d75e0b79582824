using System.Text;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>Takes the rows of one column chunk by chunk and tells at the end what it holds. One thread at a time.</summary>
internal abstract class ColumnTally(Column column)
{
    /// <summary>Values that a profile lists.</summary>
    public const int Listed = 100;

    /// <summary>Characters of a value that a profile shows.</summary>
    public const int Shown = 200;

    protected Column Column => column;

    protected DistinctSketch Sketch { get; } = new();

    protected long Count { get; set; }

    protected long Nulls { get; set; }

    public abstract void Add(DuckDbVector vector);

    public abstract ColumnProfile Profile();

    /// <summary>The most frequent values as they are told, and how often one that is not among them may occur.</summary>
    /// <param name="values">With a count, and by how much it may be too low.</param>
    public static (IReadOnlyList<TopValue> Top, long Unlisted) Most(IEnumerable<TopValue> values, long unlisted)
    {
        var sorted = values.OrderByDescending(value => value.Count).ThenBy(value => value.Value, StringComparer.Ordinal).ThenBy(value => value.Digest, StringComparer.Ordinal).ToList();
        return sorted.Count <= Listed ? (sorted, unlisted) : (sorted[..Listed], Math.Max(unlisted, sorted.Skip(Listed).Max(value => value.AtMost)));
    }

    /// <summary>A text as it is told; a character of two halves is not cut through.</summary>
    public static string Clip(string text) => text.Length <= Shown ? text : text[..(char.IsHighSurrogate(text[Shown - 1]) ? Shown - 1 : Shown)];

    /// <summary>Different values, of which there are no more than values.</summary>
    protected long Estimate(long count) => Math.Min(count, (long)Math.Round(Sketch.Estimate()));

    protected static bool IsNull(ReadOnlySpan<ulong> validity, int row) => !validity.IsEmpty && (validity[row >> 6] >> (row & 63) & 1) == 0;

    protected static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}

/// <summary>A column of true and false.</summary>
internal sealed class FlagTally(Column column) : ColumnTally(column)
{
    private long set;

    public override void Add(DuckDbVector vector)
    {
        var values = vector.Values<byte>();
        var validity = vector.Validity;
        for (var row = 0; row < values.Length; row++)
        {
            if (IsNull(validity, row)) Nulls++;
            else if (values[row] != 0) set++;
        }

        Count += values.Length;
    }

    public override ColumnProfile Profile()
    {
        var count = Count - Nulls;
        TopValue[] both = [new("false", count - set, count - set), new("true", set, set)];
        var there = both.Where(value => value.Count > 0).ToList();
        foreach (var value in there) Sketch.Add(ValueHash.Of(value.Value == "true" ? 1 : 0));
        var (top, unlisted) = Most(there, 0);
        return new ColumnProfile(Column.Name, Column.Type, ColumnKind.Flag, count, Nulls, 0, there.Count, true, there.FirstOrDefault()?.Value, there.LastOrDefault()?.Value, null, null, set, top, unlisted, Sketch.Text());
    }
}
