using System.Globalization;
using Flyball.Foundation;
using Flyball.Server.Registry;
using Flyball.Server.Tracking;

namespace Flyball.Server.Training;

/// <summary>Writes what follows from a training: run, version, aliases, links and events, in the transaction that ends its job.</summary>
internal sealed class TrainEffect(Runs runs, Registry.Models models, Journal journal, TimeProvider time) : JobEffect<TrainJobSpec, TrainJobResult>(TrainJob.Name)
{
    private const string Actor = "flyball";

    /// <summary>Where in its run a model's package is.</summary>
    private const string Folder = "model";

    public override async Task ApplyAsync(Tx tx, Job job, TrainJobSpec spec, TrainJobResult result)
    {
        var training = await TrainingsSql.FindAsync(tx, spec.Training) ?? throw Refusal.NotFound("training", spec.Training);
        var content = result.Content;
        var now = time.GetUtcNow();
        await runs.LogAsync(tx, spec.Run, new RunBatch(
            [.. content.Metrics.Select(metric => new MetricPoint(metric.Key, metric.Value, 0, now)), .. content.TrainMetrics.Select(metric => new MetricPoint($"train_{metric.Key}", metric.Value, 0, now)), .. result.Steps.Select(step => new MetricPoint($"seconds_{step.Step.Split(' ')[0]}", step.Seconds, 0, now))],
            [new("train_rows", Text(content.TrainRows)), new("test_rows", Text(content.TestRows))],
            [.. result.Engines.Select(engine => KeyValuePair.Create($"flyball.engine.{engine.Key}", engine.Value))]), spec.Project);
        await runs.LogPointsAsync(tx, spec.Run, [.. result.System.SelectMany((sample, i) => (MetricPoint[])[new("system/process_cpu_percentage", sample.CpuPercent, i, sample.At), new("system/process_memory_megabytes", sample.MemoryMegabytes, i, sample.At)])]);
        foreach (var file in content.Files) await Artifacts.LinkAsync(tx, spec.Run, file with { Path = $"{Folder}/{file.Path}" });
        var passed = content.Gates.All(gate => gate.Passed);
        var run = await Runs.GetAsync(tx, spec.Run);
        var source = $"{run.ArtifactUri}/{Folder}";
        var made = new NewVersion(
            source, source, spec.Run, null, spec.DatasetVersion, result.Digest, passed ? VersionStatus.Passed : VersionStatus.Refused, content, "", "", new Dictionary<string, string>());
        // who started the training is the author of what comes of it, and does not approve it
        var version = await models.RegisterAsync(tx, spec.Model.Name, spec.Project, made, run.User, training.Event);
        var outcome = passed ? $"version {version.Version} passed all gates" : $"version {version.Version} was refused: {string.Join("; ", content.Gates.Where(gate => !gate.Passed).Select(gate => gate.Reason))}";
        if (passed) await models.MoveAsync(tx, spec.Model.Name, Aliases.Challenger, version.Version, Actor, outcome, version.Event);
        await TrainingsSql.EndAsync(tx, spec.Training, passed ? TrainingState.Passed : TrainingState.Refused, version.Version, outcome, now);
        await runs.UpdateAsync(tx, spec.Run, RunStatus.Finished, now, null, Actor, spec.Project, training.Event);
        await journal.AppendAsync(tx, new TrainingFinished(spec.Project, spec.Model.Name, spec.Training, version.Version, passed, outcome), Actor, version.Event);
    }

    public override async Task FailedAsync(Tx tx, Job job, TrainJobSpec spec, string error)
    {
        var training = await TrainingsSql.FindAsync(tx, spec.Training) ?? throw Refusal.NotFound("training", spec.Training);
        await TrainingsSql.EndAsync(tx, spec.Training, TrainingState.Failed, null, error, time.GetUtcNow());
        // a run that was removed for good meanwhile keeps no training open
        if (await RunsSql.FindAsync(tx, spec.Run) is not null) await runs.UpdateAsync(tx, spec.Run, RunStatus.Failed, time.GetUtcNow(), null, Actor, spec.Project, training.Event);
        await journal.AppendAsync(tx, new TrainingFailed(spec.Project, spec.Model.Name, spec.Training, error), Actor, training.Event);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
