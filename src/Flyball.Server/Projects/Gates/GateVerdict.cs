namespace Flyball.Server.Projects.Gates;

/// <summary>What a gate decided, and on what numbers.</summary>
/// <param name="Text">The gate as written.</param>
/// <param name="Passed">True where the version may go on.</param>
/// <param name="Left">Left side of the deciding comparison; null where it could not be computed or was not needed.</param>
/// <param name="Right">Its right side.</param>
/// <param name="Reason">Why, in plain words.</param>
public sealed record GateVerdict(string Text, bool Passed, double? Left, double? Right, string Reason);

/// <summary>What evaluation measured of one model version on the rows that both champion and challenger are judged by.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Metrics">Metric name to value on all rows; NaN stands for a value that does not exist.</param>
/// <param name="Slices">Feature name → value of the feature → metric name → value on the rows of that slice.</param>
/// <param name="Unmeasured">Why nothing was measured; null where it was.</param>
public sealed record ModelScores(
    long Rows,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>> Slices,
    string? Unmeasured = null);
