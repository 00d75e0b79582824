using Flyball.Foundation;

namespace Flyball.Server.Monitoring;

/// <summary>What a window is about. The numbers are stored and frozen.</summary>
public enum MonitorKind { Drift = 0, Performance = 1 }

/// <summary>How a window came out; too few rows to say is unknown, never well. The numbers are stored and frozen.</summary>
public enum WindowState { Within = 0, Breached = 1, Unknown = 2 }

/// <summary>How far one feature, or the predictions, are from the reference. Counts are per bin or category of the reference, the last one of missing values.</summary>
/// <param name="Kind">number, boolean or category.</param>
/// <param name="Distance">Jensen–Shannon distance in [0, 1]; NaN where either side has no rows.</param>
/// <param name="Threshold">Drift is strictly above it; calibrated to the rows of reference and window.</param>
/// <param name="Cells">Names of the bins or categories.</param>
public sealed record FeatureDrift(string Name, string Kind, double Distance, double Threshold, bool Drifted, IReadOnlyList<string> Cells, IReadOnlyList<long> Reference, IReadOnlyList<long> Current);

/// <summary>Metrics of the rows of one version in a window.</summary>
public sealed record VersionPerformance(int Version, long Rows, long Labelled, IReadOnlyDictionary<string, double> Metrics);

/// <summary>A key metric of the design over the window's labelled rows.</summary>
public sealed record KeyMetricValue(string Name, double? Value, bool? Met);

/// <summary>What a monitor measured in one window.</summary>
public sealed record WindowResult
{
    public required long Rows { get; init; }

    public IReadOnlyList<FeatureDrift> Features { get; init; } = [];

    public FeatureDrift? Predictions { get; init; }

    public IReadOnlyList<VersionPerformance> Versions { get; init; } = [];

    public IReadOnlyList<KeyMetricValue> KeyMetrics { get; init; } = [];

    /// <summary>The watched metric's value where the model was trained, and what it may not pass.</summary>
    public double? Baseline { get; init; }

    public double? Limit { get; init; }
}

/// <summary>One evaluated analysis window [From, To) of a deployment's version.</summary>
public sealed record MonitorWindow(string Id, string Project, string Deployment, int Version, MonitorKind Kind, DateTimeOffset From, DateTimeOffset To, WindowState State, long Rows, WindowResult Result, DateTimeOffset Evaluated, string? Event);

/// <summary>Something is outside its limits and has not been within them since. <paramref name="LastEvent"/> is the journal entry of the newest window that says so.</summary>
public sealed record Alarm(
    string Id, string Project, string Deployment, int Version, MonitorKind Kind, string Metric, DateTimeOffset Opened, int Breaches, DateTimeOffset LastBreach, string Message,
    string Event, string LastEvent, DateTimeOffset? Closed, string? ClosedEvent)
{
    public Ref Ref => new("alarm", Id);
}

/// <summary>The traffic of a window could not be measured.</summary>
public sealed record MeasurementFailed(string Project, string Deployment, int Version, MonitorKind Kind, DateTimeOffset From, DateTimeOffset To, string Reason) : IEvent
{
    public static string Type => "monitoring.measurement-failed";

    string? IEvent.Project => Project;

    public Ref Subject() => new("deployment", Deployment);
}

/// <summary>A window is outside its limits, and no alarm of its kind was open.</summary>
public sealed record AlarmRaised(string Project, string Deployment, int Version, MonitorKind Kind, string Metric, string Alarm, string Message, DateTimeOffset From, DateTimeOffset To) : IEvent
{
    public static string Type => "monitoring.alarm-raised";

    string? IEvent.Project => Project;

    public Ref Subject() => new("deployment", Deployment);
}

/// <summary>A further window is outside the limits of an open alarm.</summary>
public sealed record AlarmContinued(string Project, string Deployment, int Version, MonitorKind Kind, string Metric, string Alarm, string Message, DateTimeOffset From, DateTimeOffset To, int Breaches) : IEvent
{
    public static string Type => "monitoring.alarm-continued";

    string? IEvent.Project => Project;

    public Ref Subject() => new("deployment", Deployment);
}

/// <summary>A later window is within the limits: recovery is seen, not assumed.</summary>
public sealed record AlarmCleared(string Project, string Deployment, int Version, MonitorKind Kind, string Metric, string Alarm, string Message, DateTimeOffset From, DateTimeOffset To) : IEvent
{
    public static string Type => "monitoring.alarm-cleared";

    string? IEvent.Project => Project;

    public Ref Subject() => new("deployment", Deployment);
}
