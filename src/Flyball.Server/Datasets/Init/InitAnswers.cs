using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Everything that a project file of <c>flyball init</c> says.</summary>
internal sealed record InitAnswers(string Project, DesignCharter Design, string Source, string Time, IReadOnlyDictionary<string, string> KnownLater, LabelSpec Label, TaskKind Task, IReadOnlyList<FeatureSpec> Features, IReadOnlyList<string> NeverNull, TimeSpan Test);

/// <summary>Answers given in advance, by option; null where nothing was said.</summary>
internal sealed record GivenAnswers
{
    public string? Project { get; init; }

    public string? Problem { get; init; }

    public string? Users { get; init; }

    public double? Value { get; init; }

    public string? ValueUnit { get; init; }

    public string? ValueBecause { get; init; }

    public double? LatencyP99Ms { get; init; }

    public double? PredictionsPerDay { get; init; }

    public bool? Explainable { get; init; }

    public IReadOnlyList<string>? Compliance { get; init; }

    /// <summary>Each written role=address.</summary>
    public IReadOnlyList<string>? Roles { get; init; }

    public int? Maturity { get; init; }

    public string? MaturityBecause { get; init; }

    /// <summary>Each written audience: metric goal.</summary>
    public IReadOnlyList<string>? KeyMetrics { get; init; }

    public string? Source { get; init; }

    public string? Time { get; init; }

    public string? LabelSql { get; init; }

    public string? LabelName { get; init; }

    public IReadOnlyList<string>? KnownLater { get; init; }

    public IReadOnlyList<string>? Numbers { get; init; }

    public IReadOnlyList<string>? Categories { get; init; }

    public IReadOnlyList<string>? Booleans { get; init; }
}
