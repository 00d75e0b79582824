namespace Flyball.Server.Datasets;

/// <summary>What one column holds. Quantiles are approximate (t-digest) at 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99; the histogram has equal bins between the first and the last of them, with what lies outside in its outer bins.</summary>
public sealed record ColumnProfile(
    string Name, string Type, long Count, long Nulls, long Distinct, string? Min, string? Max, double? Mean, double? Std,
    IReadOnlyList<double>? Quantiles, IReadOnlyList<double>? BinEdges, IReadOnlyList<long>? BinCounts, IReadOnlyList<TopValue> Top);

/// <summary>A frequent value (found by a sketch) and its exact count.</summary>
public sealed record TopValue(string Value, long Count);

/// <summary>What a version holds, column by column. Distinct counts are HyperLogLog estimates.</summary>
public sealed record DatasetProfile(long Rows, IReadOnlyList<ColumnProfile> Columns);
