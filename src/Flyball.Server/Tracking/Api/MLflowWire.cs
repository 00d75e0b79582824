using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal sealed record MlPair(string Key, string Value)
{
    public static MlPair[] Of(IReadOnlyDictionary<string, string> pairs) => [.. pairs.Select(pair => new MlPair(pair.Key, pair.Value))];
}

internal sealed record MlExperiment(string ExperimentId, string Name, string ArtifactLocation, string LifecycleStage, long LastUpdateTime, long CreationTime, IReadOnlyList<MlPair>? Tags)
{
    public static MlExperiment Of(Experiment experiment) => new(
        experiment.Id, experiment.Name, experiment.Location, experiment.Deleted ? "deleted" : "active", experiment.Updated.ToUnixTimeMilliseconds(), experiment.Created.ToUnixTimeMilliseconds(),
        experiment.Tags.Count == 0 ? null : MlPair.Of(experiment.Tags));
}

internal sealed record MlMetric(string Key, double Value, long Timestamp, long Step, string? RunId = null, string? ModelId = null, string? DatasetName = null, string? DatasetDigest = null)
{
    public static MlMetric Of(string key, in Point point, string? run = null) => new(key, Told(point.Value), Micros.Time(point.At).ToUnixTimeMilliseconds(), point.Step, run);

    public static MlMetric Of(LoggedModelMetric metric, string model) => new(metric.Key, Told(metric.Value), metric.At.ToUnixTimeMilliseconds(), metric.Step, metric.Run, model, metric.DatasetName, metric.DatasetDigest);

    /// <summary>MLflow's server tells infinities as the largest numbers there are, and its clients know them so; Flyball keeps what was logged.</summary>
    public static double Told(double value) => double.IsNaN(value) ? value : Math.Clamp(value, double.MinValue, double.MaxValue);
}

internal sealed record MlFile(string Path, bool IsDir, long? FileSize);

internal sealed record MlLoggedModelInfo(
    string ModelId, string ExperimentId, string Name, long CreationTimestampMs, long LastUpdatedTimestampMs, string ArtifactUri, string Status, string? ModelType, string? SourceRunId, string? StatusMessage, IReadOnlyList<MlPair>? Tags);

internal sealed record MlLoggedModelData(IReadOnlyList<MlPair>? Params, IReadOnlyList<MlMetric>? Metrics);

internal sealed record MlLoggedModel(MlLoggedModelInfo Info, MlLoggedModelData Data)
{
    public static MlLoggedModel Of(LoggedModel model) => new(
        new MlLoggedModelInfo(
            model.Id, model.ExperimentId, model.Name, model.Created.ToUnixTimeMilliseconds(), model.Updated.ToUnixTimeMilliseconds(), model.ArtifactUri, StatusName(model.Status), model.Type ?? "", model.Run ?? "", model.Message,
            model.Tags.Count == 0 ? null : MlPair.Of(model.Tags)),
        new MlLoggedModelData(model.Params.Count == 0 ? null : MlPair.Of(model.Params), model.Metrics.Count == 0 ? null : [.. model.Metrics.Select(metric => MlMetric.Of(metric, model.Id))]));

    public static string StatusName(LoggedModelStatus status) => status switch { LoggedModelStatus.Pending => "LOGGED_MODEL_PENDING", LoggedModelStatus.Ready => "LOGGED_MODEL_READY", _ => "LOGGED_MODEL_UPLOAD_FAILED" };
}
