using Flyball.Foundation;
using Flyball.Server.Projects;
using Flyball.Server.Serving;
using Flyball.Server.Training;

namespace Flyball.Server.Retraining;

public sealed record RetrainingDecided(string Project, string Model, TriggerKind Trigger, string Reason, bool Trains, string? Guard, DateTimeOffset? Until) : IEvent
{
    public static string Type => "retraining.decided";

    string? IEvent.Project => Project;

    public Ref Subject() => new("model", Model);
}

/// <summary>Asks the policy for every model and carries out what it decides: labelled traffic is made training data first, then the training starts.</summary>
internal sealed class RetrainLoop(ProjectStore projects, Trainings trainings, Signals signals, Collections collections, Gateway gateway, Db db, Journal journal, TimeProvider time) : ILoop
{
    public string Name => "retraining";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var models = (await projects.ListAsync(cancel)).SelectMany(project => project.File.Models.Select(model => (Project: project, Model: model)));
        return await Each.StepAsync(models, one => StepAsync(one.Project, one.Model, cancel));
    }

    private async Task<bool> StepAsync(Project project, ModelSpec model, CancellationToken cancel)
    {
        var history = await trainings.ListAsync(project.Name, model.Name, cancel);
        if (history.Any(training => training.State == TrainingState.Running)) return false;
        if (await db.ReadAsync(tx => DecisionsSql.OpenAsync(tx, project.Name, model.Name), cancel) is { } open) return await CarryOutAsync(project, model, open, cancel);
        var known = await signals.ReadAsync(project, model, history, cancel);
        if (known.Count == 0) return false;
        var decided = await db.ReadAsync(tx => DecisionsSql.TrainedAsync(tx, project.Name, model.Name), cancel);
        var fresh = known.Where(signal => !decided.Contains(signal.Key)).ToList();
        var labels = gateway.TryFind(model.Name) is null ? 0 : await collections.NewLabelsAsync(project.Name, model.Name, project.File.Dataset(model.Train.Data), model.Retrain.Guards.MinNewLabels, cancel);
        return RetrainPolicy.Decide(new RetrainState(model.Retrain, history, fresh, labels, time.GetUtcNow())) is { } decision
            && await db.WriteAsync(tx => RecordAsync(tx, project.Name, model.Name, decision), cancel)
            && decision is RetrainDecision.Train;
    }

    private async Task<bool> CarryOutAsync(Project project, ModelSpec model, OpenDecision decision, CancellationToken cancel)
    {
        var dataset = project.File.Dataset(model.Train.Data);
        if (decision.Trigger != TriggerKind.First && gateway.TryFind(model.Name) is not null
            && !await collections.CollectAsync(project.Name, model.Name, dataset, decision.Decided, decision.Event, cancel))
        {
            return false;
        }

        await trainings.StartAsync(project.Name, model.Name, decision.Trigger, decision.Reason, "flyball", decision.Event, cancel);
        return true;
    }

    /// <summary>Records a decision once; false where the same was recorded before.</summary>
    private async Task<bool> RecordAsync(Tx tx, string project, string model, RetrainDecision decision)
    {
        var (signal, hold) = (decision.Signal, decision as RetrainDecision.Hold);
        var verdict = hold is null ? DecisionsSql.Trains : $"hold: {hold.Guard}";
        if (await DecisionsSql.KnownAsync(tx, project, model, signal.Key, verdict)) return false;
        var entry = await journal.AppendAsync(tx, new RetrainingDecided(project, model, signal.Kind, signal.Reason, hold is null, hold?.Guard, hold?.Until), "flyball", signal.Cause);
        await DecisionsSql.InsertAsync(tx, project, model, signal, verdict, time.Now(), entry);
        return true;
    }
}
