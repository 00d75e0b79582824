using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Where a run is; numbers are stored and are MLflow's own.</summary>
public enum RunStatus { Running = 1, Scheduled = 2, Finished = 3, Failed = 4, Killed = 5 }

public sealed record Experiment(string Id, string Name, bool Deleted, DateTimeOffset Created, DateTimeOffset Updated);

public sealed record Run(string Id, string ExperimentId, string Name, string User, RunStatus Status, bool Deleted, DateTimeOffset Started, DateTimeOffset? Ended)
{
    public Ref Ref => new("run", Id);
}

/// <summary>One logged value. NaN and infinities are values.</summary>
public sealed record MetricPoint(string Key, double Value, long Step, DateTimeOffset At);

/// <summary>A run with everything logged to it; metrics are the newest value per key.</summary>
public sealed record RunDetails(Run Run, IReadOnlyDictionary<string, string> Params, IReadOnlyList<MetricPoint> Metrics, IReadOnlyDictionary<string, string> Tags);

/// <summary>A file of a run.</summary>
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

/// <summary>What may be logged: MLflow's limits, checked before anything is written.</summary>
internal static class LoggedLimits
{
    private const int Key = 250;
    private const int ParamValue = 6000;
    private const int TagValue = 8000;
    private const int BatchMetrics = 1000;
    private const int BatchParams = 100;

    public static void Check(IReadOnlyList<MetricPoint> metrics, IReadOnlyList<KeyValuePair<string, string>> parameters, IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        if (metrics.Count > BatchMetrics || parameters.Count > BatchParams || tags.Count > BatchParams)
        {
            throw Refusal.Invalid("batch-too-large", $"A batch holds at most {BatchMetrics} metrics, {BatchParams} params and {BatchParams} tags; send more than one.");
        }

        foreach (var metric in metrics) CheckKey("metric", metric.Key);
        foreach (var (key, value) in parameters) CheckPair("param", key, value, ParamValue);
        foreach (var (key, value) in tags) CheckPair("tag", key, value, TagValue);
    }

    /// <summary>A path inside a run: relative, forward slashes, no empty, dot or dot-dot parts.</summary>
    public static string Path(string path) =>
        path.Length is > 0 and <= 1000 && path.Split('/').All(part => part.Length > 0 && part is not ("." or "..")) && !path.Any(c => char.IsControl(c) || c == '\\')
            ? path
            : throw Refusal.Invalid("artifact-path", $"'{Refusal.Shown(path)}' is not a relative artifact path.");

    private static void CheckPair(string kind, string key, string value, int longest)
    {
        CheckKey(kind, key);
        if (value.Length > longest) throw Refusal.Invalid($"{kind}-too-long", $"The value of {kind} '{Refusal.Shown(key)}' has {value.Length} characters; {longest} is the most.");
    }

    private static void CheckKey(string kind, string key)
    {
        if (key.Length is 0 or > Key || key.Any(char.IsControl)) throw Refusal.Invalid($"{kind}-key", $"A {kind} key has 1 to {Key} printable characters; '{Refusal.Shown(key)}' has not.");
    }
}
