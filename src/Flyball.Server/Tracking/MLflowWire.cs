using System.Text.Json;
using System.Text.Json.Serialization;

namespace Flyball.Server.Tracking;

/// <summary>MLflow's JSON: snake case, no nulls, NaN and infinities by name, numbers also read from text.</summary>
internal static class MLflowJson
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals | JsonNumberHandling.AllowReadingFromString,
    };
}

internal sealed record MlExperiment(string ExperimentId, string Name, string ArtifactLocation, string LifecycleStage, long LastUpdateTime, long CreationTime);

internal sealed record MlRunInfo(string RunUuid, string RunId, string RunName, string ExperimentId, string UserId, string Status, long StartTime, long? EndTime, string ArtifactUri, string LifecycleStage);

internal sealed record MlMetric(string Key, double Value, long Timestamp, long Step);

internal sealed record MlPair(string Key, string Value);

internal sealed record MlRunData(IReadOnlyList<MlMetric> Metrics, IReadOnlyList<MlPair> Params, IReadOnlyList<MlPair> Tags);

internal sealed record MlRun(MlRunInfo Info, MlRunData Data);

internal sealed record MlFile(string Path, bool IsDir, long? FileSize);

internal sealed record CreateExperimentBody(string? Name);

internal sealed record CreateRunBody(string? ExperimentId, string? RunName, string? UserId, long? StartTime, IReadOnlyList<MlPair>? Tags);

internal sealed record UpdateRunBody(string? RunId, string? RunUuid, string? Status, long? EndTime, string? RunName);

internal sealed record LogMetricBody(string? RunId, string? RunUuid, string? Key, double? Value, long? Timestamp, long? Step);

internal sealed record LogPairBody(string? RunId, string? RunUuid, string? Key, string? Value);

internal sealed record LogBatchBody(string? RunId, IReadOnlyList<LogMetricBody>? Metrics, IReadOnlyList<MlPair>? Params, IReadOnlyList<MlPair>? Tags);

internal sealed record SearchRunsBody(IReadOnlyList<string?>? ExperimentIds, string? Filter, int? MaxResults, string? PageToken);
