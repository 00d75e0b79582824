namespace Flyball.Models.Features;

/// <summary>An expression holds something that has no compiled form; it can still run in DuckDB.</summary>
public sealed class FeatureNotCompilableException(string construct) : Exception($"not compiled: {construct}")
{
    /// <summary>What stands in the way.</summary>
    public string Construct { get; } = construct;
}

/// <summary>The SQL of a feature is not one that may be computed from a request's row.</summary>
public sealed class FeatureRefusedException(string feature, string reason) : Exception($"feature {feature}: {reason}")
{
    public string Feature { get; } = feature;

    public string Reason { get; } = reason;
}

/// <summary>An expression has no value for this row, for instance because a sum does not fit its type.</summary>
public sealed class FeatureEvaluationException(string message) : Exception(message);

/// <summary>A field of a request's row does not fit the column of that name.</summary>
public sealed class RowFormatException(string field, string reason) : FormatException($"{field}: {reason}")
{
    public string Field { get; } = field;

    public string Reason { get; } = reason;
}
