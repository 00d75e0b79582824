using Flyball.Server.Projects;
using Flyball.Server.Training;

namespace Flyball.Server.Retraining;

/// <summary>A reason to train: which trigger, in words, and the journal entry it comes from.</summary>
public sealed record RetrainSignal(TriggerKind Kind, string Reason, string Cause);

/// <summary>What the policy decides about a signal.</summary>
public abstract record RetrainDecision(RetrainSignal Signal)
{
    /// <summary>Train now.</summary>
    public sealed record Train(RetrainSignal Signal) : RetrainDecision(Signal);

    /// <summary>Not yet: a guard holds it back.</summary>
    public sealed record Hold(RetrainSignal Signal, string Guard, DateTimeOffset Until) : RetrainDecision(Signal);
}

/// <summary>What is known when the policy is asked. Trainings are newest first.</summary>
public sealed record RetrainState(RetrainSpec Policy, IReadOnlyList<TrainingRun> Trainings, IReadOnlyList<RetrainSignal> Signals, DateTimeOffset Now);

/// <summary>The retraining policy as a pure function.</summary>
public static class RetrainPolicy
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>The decision about the first signal that the policy listens to, or null where there is nothing to decide. The first training waits for no guard.</summary>
    public static RetrainDecision? Decide(RetrainState state)
    {
        if (state.Trainings.Any(training => training.State == TrainingState.Running)) return null;
        var signal = state.Signals.FirstOrDefault(known => known.Kind == TriggerKind.First || state.Policy.On.Any(trigger => trigger.Kind == known.Kind));
        if (signal is null) return null;
        if (signal.Kind == TriggerKind.First) return new RetrainDecision.Train(signal);
        if (state.Trainings is [{ Ended: { } ended }, ..] && ended + state.Policy.Guards.Cooldown > state.Now)
        {
            return new RetrainDecision.Hold(signal, $"cooldown of {Text(state.Policy.Guards.Cooldown)} after the last training", ended + state.Policy.Guards.Cooldown);
        }

        var recent = state.Trainings.Where(training => training.Created > state.Now - Week).ToList();
        return recent.Count >= state.Policy.Guards.MaxPerWeek
            ? new RetrainDecision.Hold(signal, $"at most {state.Policy.Guards.MaxPerWeek} trainings a week", recent[^1].Created + Week)
            : new RetrainDecision.Train(signal);
    }

    private static string Text(TimeSpan span) => span.TotalDays >= 1 ? $"{span.TotalDays:0.#} days" : $"{span.TotalHours:0.#} hours";
}
