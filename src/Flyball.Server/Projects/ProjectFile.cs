using System.Text.Json.Serialization;

namespace Flyball.Server.Projects;

/// <summary>What a team declares about one project: the content of <c>flyball.yaml</c>, parsed and checked.</summary>
public sealed record ProjectFile
{
    /// <summary>Name of the project: 1–100 characters, lower-case letters, digits and dashes, starting with a letter.</summary>
    public required string Project { get; init; }

    public DesignCharter Design { get; init; } = new();

    /// <summary>Datasets by name. One declaration order is kept for plan and pages.</summary>
    public required IReadOnlyList<DatasetSpec> Data { get; init; }

    /// <summary>Feature views by name.</summary>
    public required IReadOnlyList<FeatureViewSpec> Features { get; init; }

    public required IReadOnlyList<ModelSpec> Models { get; init; }

    public DatasetSpec Dataset(string name) => Data.First(d => d.Name == name);
}

/// <summary>The design phase as data: why the model exists, for whom, and what it must hold to.</summary>
public sealed record DesignCharter
{
    public string? Problem { get; init; }

    public string? Users { get; init; }

    public PromisedValue? Value { get; init; }

    /// <summary>Requirements by name. Known ones bind: <c>latency_p99_ms</c>, <c>predictions_per_day</c>, <c>explainable</c>, <c>compliance</c>.</summary>
    public Requirements Requirements { get; init; } = new();

    /// <summary>Role → address, for example <c>approver: approver@example.org</c>.</summary>
    public IReadOnlyDictionary<string, string> Roles { get; init; } = new Dictionary<string, string>();

    public MaturityTarget? Maturity { get; init; }

    public IReadOnlyList<KeyMetricSpec> KeyMetrics { get; init; } = [];
}

/// <summary>The value that the design phase promised.</summary>
public sealed record PromisedValue(double Estimate, string Unit, string? Because);

/// <summary>The maturity level (0–4) that the team wants, and why.</summary>
public sealed record MaturityTarget(int Target, string? Because);

/// <summary>What the design demands of the running model.</summary>
public sealed record Requirements
{
    /// <summary>99th percentile of the answer time in milliseconds.</summary>
    public double? LatencyP99Ms { get; init; }

    public double? PredictionsPerDay { get; init; }

    public bool Explainable { get; init; }

    public IReadOnlyList<string> Compliance { get; init; } = [];
}

/// <summary>A metric that one audience judges the model by. Either a metric that evaluation knows by name, or SQL over <c>label</c> and <c>prediction</c>.</summary>
public sealed record KeyMetricSpec(string Name, string Audience, Comparison Goal, string? Sql, string? Unit);

/// <summary>An operator and a number, written as <c>"&lt;= 6.5"</c>.</summary>
public sealed record Comparison(string Operator, double Value)
{
    public bool Holds(double observed) => Operator switch
    {
        "<" => observed < Value,
        "<=" => observed <= Value,
        ">" => observed > Value,
        ">=" => observed >= Value,
        "==" => observed == Value,
        "!=" => observed != Value,
        _ => throw new InvalidOperationException($"operator {Operator}"),
    };

    public override string ToString() => $"{Operator} {Value:R}";
}

/// <summary>Where rows come from and what must hold for them.</summary>
public sealed record DatasetSpec
{
    public required string Name { get; init; }

    /// <summary>The source of datasets that no file belongs to: rows are sent over HTTP.</summary>
    public const string Pushed = "push";

    /// <summary>A path or glob, relative to the project file's folder; the address of a file; or <see cref="Pushed"/>.</summary>
    public required string Source { get; init; }

    [JsonIgnore]
    public bool IsPushed => Source == Pushed;

    /// <summary>The source is a file behind an address.</summary>
    [JsonIgnore]
    public bool IsRemote => Source.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || Source.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Columns that the names of the sources' folders tell, as in <c>year=2024/month=05</c>.</summary>
    public IReadOnlyList<string> Partitions { get; init; } = [];

    /// <summary>Column with the event time.</summary>
    public required string Time { get; init; }

    /// <summary>Columns that are not there yet at request time.</summary>
    public IReadOnlyList<string> KnownLater { get; init; } = [];

    /// <summary>A DuckDB query over the relation <c>source</c>, applied before everything else.</summary>
    public string? Transform { get; init; }

    public LabelSpec? Label { get; init; }

    /// <summary>Filter at request time and in training; never reads the label or a column known later.</summary>
    public string? Where { get; init; }

    /// <summary>Filter in training and evaluation only; may read the label.</summary>
    public string? TrainWhere { get; init; }

    public IReadOnlyList<ExpectationSpec> Expect { get; init; } = [];

    /// <summary>Reasons for which rows are set aside, each with SQL that is true for such a row.</summary>
    public IReadOnlyDictionary<string, string> Quarantine { get; init; } = new Dictionary<string, string>();

    public FreshnessSpec? Freshness { get; init; }

    public VolumeSpec? Volume { get; init; }

    public string? Description { get; init; }

    /// <summary>Who answers for the data: a name or an address.</summary>
    public string? Owner { get; init; }
}

/// <summary>Ground truth: its name and the SQL that computes it from a complete row.</summary>
public sealed record LabelSpec(string Name, string Sql);

public enum Severity { Info = 0, Warning = 1, Critical = 2 }

/// <summary>One expectation under its Great Expectations name, with its arguments as scalars, lists or maps.</summary>
public sealed record ExpectationSpec(string Type, IReadOnlyDictionary<string, object?> Kwargs, Severity Severity)
{
    /// <summary>Rows that do not meet it go to quarantine instead of into the dataset.</summary>
    public bool SetsAside { get; init; }
}

public sealed record FreshnessSpec(TimeSpan Within, Severity Severity);

/// <summary>How far a new file's number of rows may be from the median of those before it, as a share of that.</summary>
public sealed record VolumeSpec(double Within, Severity Severity);

public enum FeatureType { Number = 0, Category = 1, Boolean = 2 }

/// <summary>Features computed from the request's own row.</summary>
public sealed record FeatureViewSpec(string Name, IReadOnlyList<FeatureSpec> Features);

/// <summary>A scalar SQL expression over the request's row.</summary>
public sealed record FeatureSpec(string Name, string Sql, FeatureType Type);

public sealed record ModelSpec
{
    public required string Name { get; init; }

    public required TrainSpec Train { get; init; }

    public EvaluateSpec Evaluate { get; init; } = new();

    public DeploySpec Deploy { get; init; } = new();

    public MonitorSpec Monitor { get; init; } = new();

    public RetrainSpec Retrain { get; init; } = new();
}

public enum TrainerKind { XGBoost = 0, Linear = 1 }

public enum TaskKind { Regression = 0, Classification = 1 }

public sealed record TrainSpec
{
    public required string Data { get; init; }

    /// <summary>Names of feature views, in column order.</summary>
    public required IReadOnlyList<string> Features { get; init; }

    public TaskKind Task { get; init; } = TaskKind.Regression;

    /// <summary>Length of the newest stretch of time that is held out for evaluation.</summary>
    public TimeSpan Test { get; init; } = TimeSpan.FromDays(28);

    /// <summary>Whether a model that passed its gates is fitted again with the held-out rows before it is packaged.</summary>
    public bool Refit { get; init; } = true;

    public TrainerKind Trainer { get; init; } = TrainerKind.XGBoost;

    /// <summary>Trainer parameters by the engine's own names; values are numbers, booleans or text.</summary>
    public IReadOnlyDictionary<string, object> Params { get; init; } = new Dictionary<string, object>();

    public int Seed { get; init; } = 42;
}

public sealed record EvaluateSpec
{
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Feature names by whose values the metrics are also computed.</summary>
    public IReadOnlyList<string> Slices { get; init; } = [];

    /// <summary>Gate expressions such as <c>rmse &lt; champion.rmse</c>.</summary>
    public IReadOnlyList<string> Gates { get; init; } = [];
}

public enum DeployStrategy { Basic = 0 }

public sealed record DeploySpec
{
    public DeployStrategy Strategy { get; init; } = DeployStrategy.Basic;
}

public sealed record MonitorSpec
{
    /// <summary>Length of one analysis window.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Share (0–1] of features that must drift before the window counts as drifted.</summary>
    public double DriftShare { get; init; } = 0.3;

    /// <summary>Minimum rows in a window; below it the state is UNKNOWN.</summary>
    public int MinRows { get; init; } = 200;

    public PerformanceSpec? Performance { get; init; }
}

/// <summary>Realised error against its baseline: alert when <c>metric &gt; baseline * Factor</c> (or below it, where higher is better).</summary>
public sealed record PerformanceSpec(string Metric, Threshold Alert, TimeSpan LabelsWithin);

/// <summary>A limit on a metric, either absolute or as a multiple of the champion's baseline: <c>"&gt; baseline * 1.2"</c>, <c>"&gt; 7"</c>.</summary>
public sealed record Threshold(string Operator, double Value, bool TimesBaseline)
{
    public double Limit(double baseline) => TimesBaseline ? baseline * Value : Value;

    public override string ToString() => TimesBaseline ? $"{Operator} baseline * {Value:R}" : $"{Operator} {Value:R}";
}

public enum WindowKind { OnlyNew = 0, Sliding = 1, Expanding = 2 }

public enum ApprovalKind { Automatic = 0, Required = 1 }

public sealed record RetrainSpec
{
    public IReadOnlyList<RetrainTrigger> On { get; init; } = [];

    public WindowKind Window { get; init; } = WindowKind.Expanding;

    /// <summary>Length of a sliding window.</summary>
    public TimeSpan? WindowLength { get; init; }

    public RetrainGuards Guards { get; init; } = new();

    public ApprovalKind Approval { get; init; } = ApprovalKind.Automatic;
}

/// <summary>A reason to retrain. <see cref="Schedule"/> is the cron expression (UTC) of a schedule trigger, otherwise null.</summary>
public sealed record RetrainTrigger(TriggerKind Kind, string? Schedule = null);

public enum TriggerKind { Performance = 0, NewData = 1, CodeChange = 2, Schedule = 3, Manual = 4, First = 5 }

/// <summary>What holds a retraining back.</summary>
public sealed record RetrainGuards
{
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromHours(6);

    public int MaxPerWeek { get; init; } = 5;

    public int MinNewLabels { get; init; } = 1000;
}
