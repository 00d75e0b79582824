using Flyball.Foundation;
using Flyball.Server.Datasets;
using Flyball.Server.Monitoring;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Flyball.Server.Serving;
using Flyball.Server.Training;
using Flyball.Server.Ui;

namespace Flyball.Server.Overview;

/// <summary>One station of the loop: what it is, how it stands, and where to look. State is on, busy, bad or empty.</summary>
public sealed record Station(string Name, string Text, string State, string Href);

/// <summary>Everything about one model that a project's page shows.</summary>
internal sealed record ModelOverview(ModelSpec Spec, IReadOnlyList<ModelVersion> Versions, IReadOnlyList<ModelAlias> Aliases, IReadOnlyList<TrainingRun> Trainings, MonitorWindow? Performance, IReadOnlyList<Station> Stations)
{
    /// <summary>What a version is called; a challenger that has taken over is no longer one.</summary>
    public IReadOnlyList<string> Names(int version) => [.. Aliases.Where(alias => alias.Version == version && (alias.Alias != Registry.Aliases.Challenger || !Aliases.Any(other => other.Alias == Registry.Aliases.Champion && other.Version == version))).Select(alias => alias.Alias)];

    public static async Task<ModelOverview> ReadAsync(Tx tx, Project project, ModelSpec model, IReadOnlyList<Job> open)
    {
        var versions = await ModelsSql.VersionsAsync(tx, model.Name);
        var aliases = await ModelsSql.AliasesAsync(tx, model.Name);
        var trainings = await TrainingsSql.ListAsync(tx, project.Name, model.Name, 50);
        var data = await DatasetsSql.LatestAsync(tx, project.Name, model.Train.Data);
        var deployment = await DeploymentsSql.FindAsync(tx, model.Name);
        var windows = await MonitoringSql.WindowsAsync(tx, model.Name, MonitorKind.Performance, 20);
        var (drift, error) = (await MonitoringSql.OpenAsync(tx, model.Name, MonitorKind.Drift), await MonitoringSql.OpenAsync(tx, model.Name, MonitorKind.Performance));
        var unmeasured = windows is [{ State: WindowState.Unknown, Event: not null }, ..] || await MonitoringSql.WindowsAsync(tx, model.Name, MonitorKind.Drift, 1) is [{ State: WindowState.Unknown, Event: not null }];
        var measured = windows.FirstOrDefault(window => window.Result.KeyMetrics.Count > 0);
        var last = trainings.Count > 0 ? trainings[0] : null;
        bool Busy(params string[] kinds) => open.Any(job => kinds.Contains(job.Kind) && job.Project == project.Name);
        var features = project.File.Features.Where(view => model.Train.Features.Contains(view.Name)).Sum(view => view.Features.Count);
        Station[] stations =
        [
            new("Data", data is null ? "waiting for files" : $"v{data.Number}, {Show.Count(data.Rows)} rows", Busy("ingest", "collect") ? "busy" : data is null ? "" : data.Usable ? "on" : "bad", data is null ? "#" : $"/datasets/{project.Name}/{data.Dataset}/{data.Number}"),
            new("Features", $"{features} from one definition", data is null ? "" : "on", "#"),
            new("Training", last is null ? "not yet" : last.State == TrainingState.Running ? "running" : $"{trainings.Count} so far", Busy("train") ? "busy" : last is null ? "" : last.State == TrainingState.Failed ? "bad" : "on", last is null ? "#" : $"/runs/{last.Run}"),
            new("Gates", last?.State switch { TrainingState.Passed => "passed", TrainingState.Refused => "refused", _ => $"{model.Evaluate.Gates.Count} declared" }, last?.State switch { TrainingState.Passed => "on", TrainingState.Refused => "bad", _ => "" }, last?.Version is { } judged ? $"/models/{model.Name}/{judged}" : "#"),
            new("Deployment", deployment is null ? "nothing served" : $"serves v{deployment.Version}", deployment is null ? "" : "on", deployment is null ? "#" : $"/deployments/{model.Name}"),
            new("Monitoring", error is not null ? "error alarm" : drift is not null ? "drift" : unmeasured ? "cannot measure" : windows.Count > 0 ? "within limits" : "waiting for labels", error is not null || unmeasured ? "bad" : drift is not null ? "busy" : windows.Count > 0 ? "on" : "", deployment is null ? "#" : $"/deployments/{model.Name}"),
            new("Retraining", model.Retrain.On.Count == 0 ? "by hand" : $"on {string.Join(", ", model.Retrain.On.Select(trigger => trigger.Kind.ToString().ToLowerInvariant()))}", model.Retrain.On.Count == 0 ? "" : "on", $"/journal?Project={project.Name}&Type=retraining.decided"),
        ];
        return new ModelOverview(model, versions, aliases, trainings, measured, stations);
    }
}
