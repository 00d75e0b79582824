using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Whether the files of a logged model are all there; numbers are stored and are MLflow's own.</summary>
public enum LoggedModelStatus { Pending = 1, Ready = 2, UploadFailed = 3 }

/// <summary>A model that a run logged: files with params, tags and metrics, before anybody registers it.</summary>
internal sealed record LoggedModel(
    string Id, string ExperimentId, string ArtifactLocation, string Name, string? Type, string? Run, LoggedModelStatus Status, string? Message, DateTimeOffset Created, DateTimeOffset Updated,
    IReadOnlyDictionary<string, string> Params, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<LoggedModelMetric> Metrics)
{
    public Ref Ref => new("logged-model", Id);

    public string ArtifactUri => $"{Experiment.LocationOf(ArtifactLocation, ExperimentId)}/models/{Id}/artifacts";
}

/// <summary>A metric of a logged model, measured by a run on a dataset.</summary>
internal sealed record LoggedModelMetric(string Key, double Value, long Step, DateTimeOffset At, string Run, string? DatasetName, string? DatasetDigest);
