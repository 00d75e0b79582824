using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>How much a result tells, as Great Expectations names it.</summary>
internal enum ResultFormat { BooleanOnly = 0, Basic = 1, Summary = 2, Complete = 3 }

/// <summary>What results tell beside success.</summary>
/// <param name="Partial">How many unexpected values, and how many of the different ones with their counts, are told by formats other than COMPLETE.</param>
/// <param name="IndexColumns">Columns by which rows are named; where there are none, rows are named by their place, from 0 on.</param>
internal sealed record ResultOptions(ResultFormat Format = ResultFormat.Summary, int Partial = 20, IReadOnlyList<string>? IndexColumns = null);

/// <summary>An unexpected value and in how many rows it is.</summary>
public sealed record ValueCount(object? Value, long Count);

/// <summary>
/// The outcome of one expectation, in Great Expectations' terms. Percentages are in [0, 100] of the elements that are not missing (of all elements for null checks). A value of a pair of columns is a list, one of several columns an object.
/// </summary>
public sealed record ExpectationResult(
    string Type, IReadOnlyDictionary<string, object?> Kwargs, Severity Severity, bool Success, object? ObservedValue,
    long? ElementCount, long? MissingCount, long? UnexpectedCount, double? UnexpectedPercent, IReadOnlyList<object?>? PartialUnexpectedList, string? Exception)
{
    /// <summary>Further facts, such as which columns are missing.</summary>
    public IReadOnlyDictionary<string, object?>? Details { get; init; }

    /// <summary>The most frequent unexpected values.</summary>
    public IReadOnlyList<ValueCount>? PartialUnexpectedCounts { get; init; }

    /// <summary>All unexpected values in the order of their rows, in a COMPLETE result.</summary>
    public IReadOnlyList<object?>? UnexpectedList { get; init; }

    /// <summary>The rows of the unexpected values: places, or objects of what names them; as many as there are values.</summary>
    public IReadOnlyList<object?>? UnexpectedIndexList { get; init; }
}

/// <summary>The outcome of a suite over some rows.</summary>
public sealed record ValidationResult(long Rows, IReadOnlyList<ExpectationResult> Results)
{
    public bool Success => Results.All(result => result.Success);

    /// <summary>True unless an expectation of severity critical fails.</summary>
    public bool Usable => Results.All(result => result.Success || result.Severity != Severity.Critical);
}
