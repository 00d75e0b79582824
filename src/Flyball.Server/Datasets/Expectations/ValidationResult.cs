using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>The outcome of one expectation, in Great Expectations' terms. Percentages are in [0, 100] of the non-null elements (of all elements for null checks).</summary>
public sealed record ExpectationResult(
    string Type, IReadOnlyDictionary<string, object?> Kwargs, Severity Severity, bool Success, object? ObservedValue,
    long? ElementCount, long? MissingCount, long? UnexpectedCount, double? UnexpectedPercent, IReadOnlyList<object?>? PartialUnexpectedList, string? Exception);

/// <summary>The outcome of a suite over some rows.</summary>
public sealed record ValidationResult(long Rows, IReadOnlyList<ExpectationResult> Results)
{
    public bool Success => Results.All(result => result.Success);

    /// <summary>True unless an expectation of severity critical fails.</summary>
    public bool Usable => Results.All(result => result.Success || result.Severity != Severity.Critical);
}
