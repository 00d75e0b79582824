using System.Globalization;
using Flyball.Server.Projects;
using Flyball.Server.Training;

namespace Flyball.Server.Retraining;

/// <summary>A reason to train: which trigger, in words, a key that is the same for the same reason, and the journal entry it comes from, where there is one.</summary>
public sealed record RetrainSignal(TriggerKind Kind, string Reason, string Key, string? Cause);

/// <summary>What the policy decides about a signal.</summary>
public abstract record RetrainDecision(RetrainSignal Signal)
{
    /// <summary>Train now.</summary>
    public sealed record Train(RetrainSignal Signal) : RetrainDecision(Signal);

    /// <summary>Not yet: a guard holds it back, until a time where that is known.</summary>
    public sealed record Hold(RetrainSignal Signal, string Guard, DateTimeOffset? Until) : RetrainDecision(Signal);
}

/// <summary>What is known when the policy is asked. Trainings are newest first; labels are those received since traffic was last made training data.</summary>
public sealed record RetrainState(RetrainSpec Policy, IReadOnlyList<TrainingRun> Trainings, IReadOnlyList<RetrainSignal> Signals, long NewLabels, DateTimeOffset Now);

/// <summary>The retraining policy as a pure function.</summary>
public static class RetrainPolicy
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>The decision: to train for the first signal that no guard holds back, else what holds the first one back; null where there is nothing to decide. The first training waits for no guard.</summary>
    public static RetrainDecision? Decide(RetrainState state)
    {
        if (state.Trainings.Any(training => training.State == TrainingState.Running)) return null;
        var heard = state.Signals.Where(known => known.Kind == TriggerKind.First || state.Policy.On.Any(trigger => trigger.Kind == known.Kind)).Select(signal => Decide(state, signal)).ToList();
        return heard.Find(decision => decision is RetrainDecision.Train) ?? (heard.Count > 0 ? heard[0] : null);
    }

    private static RetrainDecision Decide(RetrainState state, RetrainSignal signal)
    {
        if (signal.Kind == TriggerKind.First) return new RetrainDecision.Train(signal);
        var guards = state.Policy.Guards;
        if (state.Trainings is [{ Ended: { } ended }, ..] && ended + guards.Cooldown > state.Now) return new RetrainDecision.Hold(signal, $"cooldown of {Text(guards.Cooldown)} after the last training", ended + guards.Cooldown);
        var recent = state.Trainings.Where(training => training.Created > state.Now - Week).ToList();
        if (recent.Count >= guards.MaxPerWeek) return new RetrainDecision.Hold(signal, $"at most {guards.MaxPerWeek} trainings a week", recent[^1].Created + Week);

        // data that came as files has its labels with it; what production says needs enough of them to learn from, and a schedule one of the two
        var filesCame = signal.Kind == TriggerKind.Schedule && state.Signals.Any(known => known.Kind == TriggerKind.NewData);
        return signal.Kind is TriggerKind.Performance or TriggerKind.Schedule && state.NewLabels < guards.MinNewLabels && !filesCame
            ? new RetrainDecision.Hold(signal, string.Create(CultureInfo.InvariantCulture, $"at least {guards.MinNewLabels:N0} new labels"), null)
            : new RetrainDecision.Train(signal);
    }

    private static string Text(TimeSpan span)
    {
        var (count, unit) = span.TotalDays >= 1 ? (span.TotalDays, "days") : span.TotalHours >= 1 ? (span.TotalHours, "hours") : span.TotalMinutes >= 1 ? (span.TotalMinutes, "minutes") : (span.TotalSeconds, "seconds");
        return string.Create(CultureInfo.InvariantCulture, $"{count:0.#} {unit}");
    }
}
