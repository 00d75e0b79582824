namespace Flyball.Server.Datasets;

/// <summary>What a relation holds, column by column. Two with the same edges merge into that of both together (<see cref="ProfileMerge"/>).</summary>
/// <param name="Bytes">Size of the files, where it is known.</param>
/// <param name="Correlations">How pairs of numeric columns move together, of the first 50 of them.</param>
public sealed record DatasetProfile(long Rows, long? Bytes, IReadOnlyList<ColumnProfile> Columns, IReadOnlyList<Comoments> Correlations);

/// <summary>What the values of a column are taken for. Other: lists, structs, blobs, intervals and the like, told by their text.</summary>
public enum ColumnKind { Number, Time, Flag, Text, Other }

/// <summary>What one column holds.</summary>
/// <param name="Count">Values: rows that are neither null nor NaN.</param>
/// <param name="Nans">NaN, which counts as missing, apart from null.</param>
/// <param name="Distinct">Different values; exact where <paramref name="IsDistinctExact"/>, otherwise an estimate with a standard error of 1.6 % (<see cref="DistinctSketch"/>).</param>
/// <param name="Min">Least finite value as text, clipped to 200 characters. Texts are in the order of their bytes.</param>
/// <param name="Top">Up to 100 of the most frequent values, most frequent first.</param>
/// <param name="Unlisted">No value that is not in <paramref name="Top"/> occurs more often than this; 0 where all values are listed.</param>
/// <param name="Sketch">Registers of the distinct sketch, by which profiles merge.</param>
public sealed record ColumnProfile(
    string Name, string Type, ColumnKind Kind, long Count, long Nulls, long Nans, long Distinct, bool IsDistinctExact, string? Min, string? Max,
    NumberProfile? Numbers, TextProfile? Texts, long? True, IReadOnlyList<TopValue> Top, long Unlisted, string Sketch)
{
    /// <summary>All rows, missing ones included.</summary>
    internal long Rows => Count + Nulls + Nans;

    /// <summary>Share of rows without a value, 0 to 1; NaN with no rows.</summary>
    internal double Missing => Rows == 0 ? double.NaN : (double)(Nulls + Nans) / Rows;

    /// <summary>The list of values is whole, so their counts and their number are exact.</summary>
    internal bool IsListed => Unlisted == 0 && Top.All(top => top.Count == top.AtMost);

    /// <summary>Null for anything but numbers.</summary>
    internal double? Mean => Kind == ColumnKind.Number ? Numbers?.Mean : null;
}

/// <summary>A frequent value, clipped to 200 characters, and how often it occurs: at least and at most, the same where the count is exact.</summary>
/// <param name="Digest">Tells clipped values apart; null for whole ones.</param>
public sealed record TopValue(string Value, long Count, long AtMost, string? Digest = null);

/// <summary>Numbers of a column, or times as seconds since 1970-01-01 UTC (times of day: since midnight). Infinite values are counted apart and in nothing else here.</summary>
/// <param name="Finite">Values that are finite.</param>
/// <param name="Mean">Of the finite values up to 1e140 in size, whose sums of squares cannot overflow; null for none.</param>
/// <param name="Std">Sample standard deviation of the same, divisor n − 1; null below two.</param>
/// <param name="LeftOut">Finite values beyond 1e140, which are left out of mean, deviation and correlations.</param>
/// <param name="Quantiles">At <see cref="NumberBins.Levels"/>, of the finite values. Exact where all values are listed; otherwise within the bin that holds the true one, so its rank is off by at most that bin's share.</param>
/// <param name="Cuts">Where the bins meet: k ascending cuts give k + 1 bins (−∞, c₁) [c₁, c₂) … [c_k, ∞).</param>
/// <param name="Counts">Finite values per bin, exact.</param>
public sealed record NumberProfile(
    long Finite, double? Min, double? Max, double? Mean, double? Std, long LeftOut, long Zeros, long Negative, long PositiveInfinities, long NegativeInfinities,
    IReadOnlyList<double> Quantiles, IReadOnlyList<double> Cuts, IReadOnlyList<long> Counts);

/// <summary>How the texts of a column look. Lengths are in characters.</summary>
/// <param name="Shapes">Up to 20 of the most frequent shapes with exact counts: A and a for letters, 9 for digits, é for letters beyond ASCII, all else as it is, such as <c>AA-999</c>; cut after 40 characters with …</param>
/// <param name="LooseShapes">The same with runs drawn together, such as <c>A+-9+</c>.</param>
/// <param name="Numbers">Texts that read as a number; likewise dates (ISO 8601 or with / or . between day, month and year), UUIDs and e-mail addresses.</param>
public sealed record TextProfile(
    long MinLength, double MeanLength, long MaxLength, long Empty, long Numbers, long Dates, long Uuids, long Emails, IReadOnlyList<ShapeCount> Shapes, IReadOnlyList<ShapeCount> LooseShapes);

/// <summary>Texts of one shape. The first 500 shapes of a column are counted; the rest of the texts are in no shape.</summary>
public sealed record ShapeCount(string Shape, long Count);

/// <summary>How two numeric columns move together, over the rows in which both have a value. Merges by Chan, Golub and LeVeque (1979).</summary>
/// <param name="SquaresA">Σ(a − mean a)²; <paramref name="Products"/> is Σ(a − mean a)(b − mean b).</param>
public sealed record Comoments(string A, string B, long Count, double MeanA, double MeanB, double SquaresA, double SquaresB, double Products)
{
    /// <summary>Pearson's correlation, −1 to 1; null where one of the two does not vary.</summary>
    public double? Correlation => SquaresA > 0 && SquaresB > 0 && Products / Math.Sqrt(SquaresA) / Math.Sqrt(SquaresB) is var r && double.IsFinite(r) ? Math.Clamp(r, -1, 1) : null;
}
