using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Where a run is; numbers are stored and are MLflow's own.</summary>
public enum RunStatus { Running = 1, Scheduled = 2, Finished = 3, Failed = 4, Killed = 5 }

/// <param name="Number">The run in this database; what hangs on it is stored by it.</param>
/// <param name="Id">The run everywhere else: 32 hexadecimal digits.</param>
/// <param name="DeletedAt">When it was deleted; it can be restored until it is removed for good.</param>
/// <param name="ArtifactLocation">The experiment's own place for artifacts; empty: this server.</param>
public sealed record Run(
    long Number, string Id, string ExperimentId, string Name, string User, RunStatus Status, DateTimeOffset Started, DateTimeOffset? Ended, DateTimeOffset? DeletedAt, string ArtifactLocation)
{
    public Ref Ref => new("run", Id);

    public bool Deleted => DeletedAt is not null;

    /// <summary>Where clients put and find the run's files.</summary>
    public string ArtifactUri => UriOf(ArtifactLocation, ExperimentId, Id);

    internal static string UriOf(string location, string experiment, string id) => $"{Experiment.LocationOf(location, experiment)}/{id}/artifacts";
}

/// <summary>A run with everything logged to it; metrics are the newest value per key.</summary>
internal sealed record RunDetails(Run Run, IReadOnlyDictionary<string, string> Params, IReadOnlyList<MetricPoint> Metrics, IReadOnlyDictionary<string, string> Tags, RunInputs Inputs);

/// <summary>What is logged at once: whole or not at all.</summary>
public sealed record RunBatch(IReadOnlyList<MetricPoint> Metrics, IReadOnlyList<KeyValuePair<string, string>> Params, IReadOnlyList<KeyValuePair<string, string>> Tags);

/// <summary>A file of a run or of a logged model.</summary>
public sealed record Artifact(string Path, string Digest, long Size);

public sealed record RunStarted(string Id, string Experiment, string Name, string? Project) : IEvent
{
    public static string Type => "run.started";

    string? IEvent.Project => Project;

    public Ref Subject() => new("run", Id);
}

public sealed record RunEnded(string Id, string Name, RunStatus Status, string? Project) : IEvent
{
    public static string Type => "run.ended";

    string? IEvent.Project => Project;

    public Ref Subject() => new("run", Id);
}
