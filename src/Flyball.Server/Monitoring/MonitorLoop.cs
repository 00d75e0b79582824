using Flyball.Foundation;
using Flyball.Models;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Flyball.Server.Serving;

namespace Flyball.Server.Monitoring;

/// <summary>Queues the evaluation of every analysis window that is over, oldest first, one at a time per deployment. Windows are aligned to multiples of their length; stretches without traffic are passed over.</summary>
internal sealed class MonitorLoop(ProjectStore projects, Registry.Models models, SealedTraffic traffic, LabelHistory labelled, Db db, Jobs jobs, TimeProvider time) : ILoop
{
    public string Name => "monitoring";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var watched = (await projects.ListAsync(cancel)).SelectMany(project => project.File.Models.SelectMany(model => Watched(model).Select(kind => (Project: project, Model: model, kind.Kind, kind.Delay))));
        return await Each.StepAsync(watched, one => StepAsync(one.Project, one.Model, one.Kind, one.Delay, cancel));
    }

    private static IEnumerable<(MonitorKind Kind, TimeSpan Delay)> Watched(ModelSpec model)
    {
        yield return (MonitorKind.Drift, TimeSpan.Zero);
        if (model.Monitor.Performance is { } performance) yield return (MonitorKind.Performance, performance.LabelsWithin);
    }

    private async Task<bool> StepAsync(Project project, ModelSpec model, MonitorKind kind, TimeSpan delay, CancellationToken cancel)
    {
        var (deployment, until) = await db.ReadAsync(async tx => (await DeploymentsSql.FindAsync(tx, model.Name), await MonitoringSql.EvaluatedUntilAsync(tx, model.Name, kind)), cancel);
        if (deployment is null || await traffic.FirstAsync(model.Name, LogKind.Predictions, until ?? 0, cancel) is not { } first) return false;
        var (from, to) = Windows.At(first, model.Monitor.Every);
        // where windows have become longer, the first one begins where the last of the old length ended
        from = Math.Max(from, until ?? 0);
        // labels go on coming: a window waits for those that are expected by its deadline, never for the log to fall silent
        var labelsUntil = to + (long)delay.TotalMicroseconds;
        if (time.Now() < to || (kind == MonitorKind.Performance && time.Now() <= labelsUntil)) return false;
        var key = $"monitor:{model.Name}:{kind}:{from}";
        if (await jobs.ByKeyAsync(key, cancel) is not null || await db.ReadAsync(tx => IsUnderWayAsync(tx, deployment, kind, until), cancel)) return false;
        if (await traffic.SegmentsAsync(model.Name, LogKind.Predictions, from, to, cancel) is not { } predictions) return false;
        IReadOnlyList<LogSegment>? labels = [];
        if (kind == MonitorKind.Performance && (labels = await traffic.SegmentsAsync(model.Name, LogKind.Labels, 0, labelsUntil + 1, cancel)) is null) return false;
        var version = await models.GetAsync(model.Name, deployment.Version, cancel);
        await using var tx = await db.BeginAsync(cancel);
        var dataset = project.File.Dataset(model.Train.Data);
        if (await DatasetsSql.LatestAsync(tx, project.Name, dataset.Name) is not { } data) return false;
        var spec = new MonitorSpecOfJob(
            project.Name, model.Name, deployment.Version, deployment.Event, kind, from, to, labelsUntil, dataset, data.Content.Columns, TrafficSegments.Of(predictions, labels), await labelled.ReadAsync(tx, project.Name, model.Name, dataset),
            ObjectOf(version, PackageWriter.ManifestFile), ObjectOf(version, PackageWriter.ReferenceFile), model.Monitor, project.File.Design.KeyMetrics);
        await jobs.EnqueueAsync(tx, MonitorJob.Name, deployment.Ref, project.Name, spec, key, maxAttempts: 3);
        await tx.CommitAsync(cancel);
        return true;
    }

    /// <summary>Whether a window is being measured, or has been since <paramref name="until"/> was read: where the length of windows has changed meanwhile, the next one would hold some of the same rows.</summary>
    private static async Task<bool> IsUnderWayAsync(Tx tx, Deployment deployment, MonitorKind kind, long? until) =>
        await MonitoringSql.EvaluatedUntilAsync(tx, deployment.Name, kind) != until || (await Jobs.OpenOnAsync(tx, deployment.Ref)).Exists(job => job.Kind == MonitorJob.Name && Json.Read<MonitorSpecOfJob>(job.Spec).Kind == kind);

    private static string ObjectOf(ModelVersion version, string file) => version.Content.Files.First(known => known.Path == file).Digest;
}

/// <summary>Analysis windows.</summary>
internal static class Windows
{
    /// <summary>The window [from, to), in microseconds, that holds a moment.</summary>
    public static (long From, long To) At(long micros, TimeSpan every)
    {
        var length = (long)every.TotalMicroseconds;
        var from = micros / length * length;
        return (from, from + length);
    }
}
