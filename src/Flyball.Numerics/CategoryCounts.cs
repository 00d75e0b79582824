using System.Text.Json.Serialization;

namespace Flyball.Numerics;

/// <summary>The categories that the reference holds: the most frequent by name, and the rest, which are counted together as other.</summary>
public sealed record CategoryVocabulary
{
    private readonly Dictionary<string, int> cells;

    public CategoryVocabulary(IReadOnlyList<string> top, IReadOnlyList<string> rest)
    {
        (Top, Rest) = ([.. top], [.. rest]);
        cells = new Dictionary<string, int>(Top.Count + Rest.Count, StringComparer.Ordinal);
        for (var i = 0; i < Top.Count; i++) cells.Add(Top[i], i);
        foreach (var category in Rest) cells.Add(category, Top.Count);
    }

    /// <summary>Categories with a cell of their own, most frequent first.</summary>
    public IReadOnlyList<string> Top { get; }

    /// <summary>Categories that the reference holds but that share the cell "other".</summary>
    public IReadOnlyList<string> Rest { get; }

    /// <summary>Number of cells: the top categories, other, and unseen.</summary>
    [JsonIgnore]
    public int Cells => Top.Count + 2;

    /// <summary>The <paramref name="top"/> most frequent categories of the reference get a cell each; equal counts are ordered by name. A null key is not a category.</summary>
    public static CategoryVocabulary FromCounts(IEnumerable<KeyValuePair<string?, long>> reference, int top = 50)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        var order = reference.Where(c => c is { Key: not null, Value: > 0 })
            .OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => c.Key!).ToList();
        return new CategoryVocabulary([.. order.Take(top)], [.. order.Skip(top)]);
    }

    /// <summary>The cell in [0, <see cref="Cells"/>) of a category; the last two are other and unseen.</summary>
    public int CellOf(string category) => cells.TryGetValue(category, out var cell) ? cell : Top.Count + 1;

    public bool Equals(CategoryVocabulary? other) => other is not null && Top.SequenceEqual(other.Top) && Rest.SequenceEqual(other.Rest);

    public override int GetHashCode() => HashCode.Combine(Top.Count, Rest.Count);
}

/// <summary>Counts of a categorical column per cell of the reference's vocabulary. Counts over the same vocabulary merge to that of the whole.</summary>
public sealed record CategoryCounts
{
    public CategoryCounts(CategoryVocabulary vocabulary, IReadOnlyList<long> counts, long missing)
    {
        if (counts.Count != vocabulary.Cells) throw new ArgumentException($"{counts.Count} counts for {vocabulary.Cells} cells", nameof(counts));
        if (missing < 0 || counts.Any(c => c < 0)) throw new ArgumentException("counts are not negative", nameof(counts));
        (Vocabulary, Counts, Missing) = (vocabulary, [.. counts], missing);
    }

    public CategoryVocabulary Vocabulary { get; }

    /// <summary>Rows per top category, then other, then unseen.</summary>
    public IReadOnlyList<long> Counts { get; }

    /// <summary>Rows that are null.</summary>
    public long Missing { get; }

    /// <summary>Rows of categories that the reference holds outside its top.</summary>
    [JsonIgnore]
    public long Other => Counts[^2];

    /// <summary>Rows of categories that the reference does not hold.</summary>
    [JsonIgnore]
    public long Unseen => Counts[^1];

    /// <summary>All rows, missing ones included.</summary>
    [JsonIgnore]
    public long Rows => Counts.Sum() + Missing;

    /// <summary>Counts the values; null is missing.</summary>
    public static CategoryCounts Of(CategoryVocabulary vocabulary, IEnumerable<string?> values) =>
        Of(vocabulary, values.Select(v => new KeyValuePair<string?, long>(v, 1)));

    /// <summary>Takes counts per category, as a GROUP BY gives them; a null key is missing.</summary>
    public static CategoryCounts Of(CategoryVocabulary vocabulary, IEnumerable<KeyValuePair<string?, long>> counted)
    {
        var counts = new long[vocabulary.Cells];
        long missing = 0;
        foreach (var (category, count) in counted)
        {
            if (category is null) missing += count;
            else counts[vocabulary.CellOf(category)] += count;
        }

        return new CategoryCounts(vocabulary, counts, missing);
    }

    /// <summary>
    /// Vocabulary and counts of a reference in one. Categories outside the top that occur once count as unseen: that is where a row of the same kind would fall if it
    /// had not been in the reference (Good, "The population frequencies of species", 1953). Without it every window of a long-tailed column would look new.
    /// </summary>
    public static CategoryCounts OfReference(IEnumerable<KeyValuePair<string?, long>> counted, int top = 50)
    {
        var all = counted.ToList();
        var vocabulary = CategoryVocabulary.FromCounts(all, top);
        var plain = Of(vocabulary, all);
        var once = all.Count(c => c is { Key: not null, Value: 1 } && vocabulary.CellOf(c.Key) == vocabulary.Top.Count);
        long[] counts = [.. plain.Counts];
        counts[^2] -= once;
        counts[^1] += once;
        return new CategoryCounts(vocabulary, counts, plain.Missing);
    }

    /// <summary>The counts of both together; throws where the vocabularies differ.</summary>
    public CategoryCounts Merge(CategoryCounts other)
    {
        if (!Vocabulary.Equals(other.Vocabulary)) throw new ArgumentException("counts over different vocabularies do not merge", nameof(other));
        return new CategoryCounts(Vocabulary, [.. Counts.Zip(other.Counts, (a, b) => a + b)], Missing + other.Missing);
    }

    public bool Equals(CategoryCounts? other) =>
        other is not null && Missing == other.Missing && Vocabulary.Equals(other.Vocabulary) && Counts.SequenceEqual(other.Counts);

    public override int GetHashCode() => HashCode.Combine(Vocabulary, Missing, Rows);
}
