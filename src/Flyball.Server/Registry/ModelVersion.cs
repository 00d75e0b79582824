using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>What the gates said of a version. The numbers are stored and frozen.</summary>
public enum VersionStatus { Passed = 0, Refused = 1 }

/// <summary>A gate and how it came out.</summary>
public sealed record GateOutcome(string Gate, bool Passed, string Reason);

/// <summary>The metrics of the rows where a feature has one value (or lies in one range).</summary>
public sealed record SliceMetrics(string Feature, string Value, long Rows, IReadOnlyDictionary<string, double> Metrics);

/// <summary>What a version is made of and how it did on held-out rows.</summary>
/// <param name="Metrics">By name, on the held-out rows.</param>
/// <param name="ChampionMetrics">The champion's on the same rows; empty where there was none.</param>
/// <param name="Files">The package's files.</param>
/// <param name="Refitted">After it passed its gates, the model was fitted again with the held-out rows: the metrics are those of the fit that had not seen them.</param>
public sealed record ModelContent(
    string Project, string Trainer, string Task, IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, double> TrainMetrics, IReadOnlyDictionary<string, double> ChampionMetrics, int? ChampionVersion,
    IReadOnlyList<GateOutcome> Gates, IReadOnlyList<SliceMetrics> Slices, long TrainRows, long TestRows, DateTimeOffset? TrainFrom, DateTimeOffset? TrainTo, DateTimeOffset? TestTo,
    IReadOnlyList<string> Features, IReadOnlyList<Artifact> Files, bool Refitted = false)
{
    /// <summary>The newest row that the model has seen.</summary>
    public DateTimeOffset? FittedTo => Refitted ? TestTo : TrainTo;
}

/// <summary>An immutable version of a model.</summary>
public sealed record ModelVersion(string Id, string Model, int Version, string Run, string? DatasetVersion, string Digest, VersionStatus Status, ModelContent Content, DateTimeOffset Created, string Event)
{
    public Ref Ref => new("model-version", $"{Model}/{Version}");
}

/// <summary>Which version a name stands for, since when, by whom and why.</summary>
public sealed record ModelAlias(string Model, string Alias, int Version, DateTimeOffset Moved, string MovedBy, string Reason, string Event);

/// <summary>The names with a meaning of their own.</summary>
public static class Aliases
{
    public const string Champion = "champion";
    public const string Challenger = "challenger";
}

public sealed record VersionRegistered(string Project, string Model, int Version, string Digest, string Run, VersionStatus Status, IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, double> ChampionMetrics, IReadOnlyList<GateOutcome> Gates) : IEvent
{
    public static string Type => "model.version-registered";

    string? IEvent.Project => Project;

    public Ref Subject() => new("model-version", $"{Model}/{Version}");
}

public sealed record AliasMoved(string Project, string Model, string Alias, int Version, int? From, string Reason) : IEvent
{
    public static string Type => "model.alias-moved";

    string? IEvent.Project => Project;

    public Ref Subject() => new("model", Model);
}
