using Flyball.Foundation;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;
using Flyball.Server.Training;

namespace Flyball.Server.Retraining;

public sealed record RetrainingDecided(string Project, string Model, TriggerKind Trigger, string Reason, bool Trains, string? Guard, DateTimeOffset? Until) : IEvent
{
    public static string Type => "retraining.decided";

    string? IEvent.Project => Project;

    public Ref Subject() => new("model", Model);
}

/// <summary>Asks the policy for every model and starts what it decides.</summary>
internal sealed class RetrainLoop(ProjectStore projects, Trainings trainings, Db db, Journal journal, TimeProvider time) : ILoop
{
    public string Name => "retraining";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var changed = false;
        foreach (var project in await projects.ListAsync(cancel))
        {
            foreach (var model in project.File.Models) changed |= await StepAsync(project, model, cancel);
        }

        return changed;
    }

    private async Task<bool> StepAsync(Project project, ModelSpec model, CancellationToken cancel)
    {
        var history = await trainings.ListAsync(project.Name, model.Name, cancel);
        var version = await db.ReadAsync(tx => DatasetsSql.LatestUsableAsync(tx, project.Name, model.Train.Data), cancel);
        var signals = Signals(model, version, history).ToList();
        if (RetrainPolicy.Decide(new RetrainState(model.Retrain, history, signals, time.GetUtcNow())) is not { } decision) return false;
        var entry = await RecordAsync(project.Name, model.Name, decision, cancel);
        if (decision is not RetrainDecision.Train || entry is null) return false;
        await trainings.StartAsync(project.Name, model.Name, decision.Signal.Kind, decision.Signal.Reason, "flyball", entry, cancel);
        return true;
    }

    /// <summary>A version that no training has read is a signal: the first one, or new data.</summary>
    private static IEnumerable<RetrainSignal> Signals(ModelSpec model, DatasetVersion? version, List<TrainingRun> history)
    {
        if (version is null || history.Any(training => training.DatasetVersion == version.Id)) yield break;
        yield return history.Count == 0
            ? new RetrainSignal(TriggerKind.First, $"{model.Name} has never been trained and {version.Name} is there", version.Event)
            : new RetrainSignal(TriggerKind.NewData, $"{version.Name} is new: {version.Rows:N0} rows", version.Event);
    }

    /// <summary>Records a decision once; the entry of an earlier, interrupted step is taken up again.</summary>
    private Task<string?> RecordAsync(string project, string model, RetrainDecision decision, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var (verdict, hold) = decision is RetrainDecision.Hold held ? ("hold: " + held.Guard, held) : ("train", null);
            var key = new { project, model, cause = decision.Signal.Cause, verdict };
            if (await tx.ScalarAsync<string>("select event from retraining_decisions where project = @project and model = @model and cause = @cause and verdict = @verdict", key) is { } known) return known;
            var happened = new RetrainingDecided(project, model, decision.Signal.Kind, decision.Signal.Reason, hold is null, hold?.Guard, hold?.Until);
            var entry = await journal.AppendAsync(tx, happened, "flyball", decision.Signal.Cause);
            await tx.ExecuteAsync(
                "insert into retraining_decisions (project, model, cause, verdict, decided, event) values (@project, @model, @cause, @verdict, @at, @entry)",
                new { key.project, key.model, key.cause, key.verdict, at = time.Now(), entry });
            return (string?)entry;
        },
        cancel);
}
