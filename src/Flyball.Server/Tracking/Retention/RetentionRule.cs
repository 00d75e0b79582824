using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>How long runs are kept.</summary>
/// <param name="Experiment">The experiment whose runs it is about; null for those of all experiments without a rule of their own.</param>
/// <param name="DeleteAfter">Days after its end at which a run is deleted, which can be undone; null: never.</param>
/// <param name="RemoveAfter">Days after its deletion at which a run is removed for good; null: never.</param>
public sealed record RetentionRule(string? Experiment, int? DeleteAfter, int? RemoveAfter, DateTimeOffset Since, string By);

public sealed record RetentionRuleSet(string? Experiment, int? DeleteAfter, int? RemoveAfter) : IEvent
{
    public static string Type => "retention.rule-set";

    public string? Project => null;

    public Ref Subject() => RetentionRuleRemoved.SubjectOf(Experiment);
}

public sealed record RetentionRuleRemoved(string? Experiment) : IEvent
{
    public static string Type => "retention.rule-removed";

    public string? Project => null;

    public Ref Subject() => SubjectOf(Experiment);

    internal static Ref SubjectOf(string? experiment) => experiment is null ? new Ref("experiments", "all") : new Ref("experiment", experiment);
}

/// <summary>Runs that a retention rule deleted; they can be restored.</summary>
public sealed record RunsExpired(string Experiment, IReadOnlyList<string> Runs) : IEvent
{
    public static string Type => "runs.expired";

    public string? Project => null;

    public Ref Subject() => new("experiment", Experiment);
}

/// <summary>What was removed for good, by ids.</summary>
public sealed record GarbageRemoved(IReadOnlyList<string> Experiments, IReadOnlyList<string> Runs, IReadOnlyList<string> LoggedModels) : IEvent
{
    public static string Type => "garbage.removed";

    public string? Project => null;

    public Ref Subject() => new("experiments", "all");
}
