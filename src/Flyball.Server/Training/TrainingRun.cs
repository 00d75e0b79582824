using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Training;

/// <summary>Where a training is. The numbers are stored and frozen.</summary>
public enum TrainingState { Running = 0, Passed = 1, Refused = 2, Failed = 3 }

/// <summary>One training: why it was started and what came of it. <paramref name="Event"/> is the journal entry of its start, <paramref name="Cause"/> the one that led to it, <paramref name="Code"/> the commit that the project's folder was at.</summary>
public sealed record TrainingRun(
    string Id, string Project, string Model, TriggerKind Trigger, string Reason, string DatasetVersion, string Run, string Job, TrainingState State, int? Version, string? Outcome,
    DateTimeOffset Created, DateTimeOffset? Ended, string Event, string? Cause = null, string? Code = null);

public sealed record TrainingStarted(string Project, string Model, string Training, TriggerKind Trigger, string Reason, string DatasetVersion, string Run) : IEvent
{
    public static string Type => "training.started";

    string? IEvent.Project => Project;

    public Ref Subject() => new("training", Training);
}

public sealed record TrainingFinished(string Project, string Model, string Training, int Version, bool Passed, string Outcome) : IEvent
{
    public static string Type => "training.finished";

    string? IEvent.Project => Project;

    public Ref Subject() => new("training", Training);
}

public sealed record TrainingFailed(string Project, string Model, string Training, string Reason) : IEvent
{
    public static string Type => "training.failed";

    string? IEvent.Project => Project;

    public Ref Subject() => new("training", Training);
}
