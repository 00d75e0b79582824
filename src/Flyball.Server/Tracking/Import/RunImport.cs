using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// Takes experiments, runs and logged models of another store, under the ids that they have there. What was taken is not taken twice, so an import that was interrupted is begun again and goes on;
/// a single value that cannot be taken is told of and left out.
/// </summary>
internal sealed class RunImport(Db db, Runs runs, LoggedModelIndex loggedModels, TimeProvider time)
{
    /// <summary>Where a run came from; set once it is here whole.</summary>
    public const string DoneTag = "flyball.imported";

    /// <summary>Where a run that is not here whole yet comes from.</summary>
    public const string BegunTag = "flyball.importing";

    private const int MostPoints = 10_000;

    public Task<ImportedExperiment> ExperimentAsync(ImportExperiment from, CancellationToken cancel)
    {
        RunRules.CheckExperimentName(from.Name);
        return db.WriteAsync(
            async tx =>
            {
                var left = new Leftovers();
                var tags = left.Fitting(from.Tags, "tag", (key, value) =>
                {
                    RunRules.CheckExperimentTag(key, value);
                    return value;
                });
                if (await ExperimentsSql.NamedAsync(tx, from.Name) is { } known)
                {
                    // what was here before is somebody's, and stays as it is; the runs come to it
                    if (!known.Tags.ContainsKey(BegunTag) && known.Deleted != from.Deleted) left.Tell(known.Deleted ? "it is deleted here, and stays so; its runs come to it" : "it is deleted there and not here; it stays, and its runs come to it");
                    return new ImportedExperiment(known.Id, false, left.Told);
                }

                if (from.Deleted) tags[BegunTag] = from.Id;
                return new ImportedExperiment((await Experiments.ImportAsync(tx, from.Id, from.Name, tags, from.Created)).Id, true, left.Told);
            },
            cancel);
    }

    /// <summary>Deletes an experiment that came with an import and was deleted there, once its runs are here. One that was here before stays.</summary>
    public Task DeleteExperimentAsync(string id, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var experiment = await Experiments.GetAsync(tx, id);
            if (!experiment.Tags.ContainsKey(BegunTag)) return;
            await ExperimentsSql.DeleteTagAsync(tx, id, BegunTag);
            if (!experiment.Deleted && id != Experiment.DefaultId) await ExperimentsSql.UpdateAsync(tx, id, experiment.Name, deleted: true, time.GetUtcNow());
        },
        cancel);

    public Task<ImportedRun> RunAsync(ImportRun from, string actor, CancellationToken cancel)
    {
        if (from.Id.Length != 32 || !from.Id.All(char.IsAsciiLetterOrDigit) || from.Id.StartsWith(ArtifactPlace.Pinned, StringComparison.Ordinal)) throw Refusal.Invalid("run-id", $"'{Refusal.Shown(from.Id)}' cannot be the id of a run, which has 32 letters and digits.");
        var status = Enum.TryParse<RunStatus>(from.Status, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) ? parsed : throw Refusal.Invalid("run-status", $"'{Refusal.Shown(from.Status)}' is not a run status.");
        return db.WriteAsync(
            async tx =>
            {
                var left = new Leftovers();
                if (await RunsSql.FindAsync(tx, from.Id) is { } known)
                {
                    var done = await IsDoneAsync(tx, known);
                    if (known.ExperimentId != from.Experiment) left.Tell($"a run of this id is here already, in the experiment {known.ExperimentId}");
                    // what was begun may be here without all of it
                    if (!done) await LogAsync(tx, known, from, left);
                    await NoteModelsAsync(tx, known, from.Models, from.Outputs, left);
                    return new ImportedRun(done, left.Told);
                }

                var experiment = await Experiments.GetAsync(tx, from.Experiment);
                RunRules.CheckUser(from.User);
                RunRules.CheckRunName(from.Name);
                var run = await runs.ImportAsync(tx, new Run(0, from.Id, experiment.Id, from.Name, from.User, status, from.Started, from.Ended, null, experiment.ArtifactLocation));
                await LogAsync(tx, run, from, left);
                await NoteModelsAsync(tx, run, from.Models, from.Outputs, left);
                await runs.SetFirstTagAsync(tx, run, BegunTag, $"{from.Source}, by {actor}");
                return new ImportedRun(false, left.Told);
            },
            cancel);
    }

    /// <summary>Notes the logged models of a run that came after it. One that was removed for good meanwhile is not begun again.</summary>
    public Task<ImportedRun> ModelsAsync(string id, ImportRunModels from, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var (run, left) = (await Runs.GetAsync(tx, id), new Leftovers());
            var done = await IsDoneAsync(tx, run);
            await NoteModelsAsync(tx, run, from.Models, from.Outputs, left);
            return new ImportedRun(done, left.Told);
        },
        cancel);

    public async Task<ImportedPoints> MetricsAsync(string id, IReadOnlyList<MetricValue> metrics, CancellationToken cancel)
    {
        var left = new Leftovers();
        var fitting = Fitting(metrics, metric => metric.Key, left).Select(metric => new MetricPoint(metric.Key, metric.Value, metric.Step, metric.At)).ToList();
        await db.WriteAsync(
            async tx =>
            {
                await BegunAsync(tx, id);
                await runs.LogPointsAsync(tx, id, fitting);
            },
            cancel);
        return new ImportedPoints(fitting.Distinct().Count(), left.Told);
    }

    public Task FinishAsync(string id, DateTimeOffset? deleted, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var (run, source) = await BegunAsync(tx, id);
            await runs.SetFirstTagAsync(tx, run, DoneTag, source);
            await runs.DeleteTagAsync(tx, run, BegunTag);
            if (deleted is { } at) await runs.MarkDeletedAsync(tx, id, at);
        },
        cancel);

    public Task<Imported> LoggedModelAsync(ImportLoggedModel from, CancellationToken cancel)
    {
        if (!from.Id.StartsWith("m-", StringComparison.Ordinal) || from.Id.Length > 100 || !from.Id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')) throw Refusal.Invalid("logged-model-id", $"'{Refusal.Shown(from.Id)}' cannot be the id of a logged model.");
        var status = from.Status switch { "READY" => LoggedModelStatus.Ready, "UPLOAD_FAILED" => LoggedModelStatus.UploadFailed, _ => LoggedModelStatus.Pending };
        return db.WriteAsync(
            async tx =>
            {
                if (await LoggedModelsSql.ExistsAsync(tx, from.Id)) return new Imported(true, []);
                var (home, left) = (await Experiments.GetAsync(tx, from.Experiment), new Leftovers());
                await LoggedModelsSql.AddAsync(tx, loggedModels, new LoggedModel(
                    from.Id, home.Id, home.ArtifactLocation, from.Name, from.Type, from.Run, status, null, from.Created, from.Updated,
                    left.Fitting(from.Params, "param", (key, value) => RunRules.Param(key, value).Value), left.Fitting(from.Tags, "tag", (key, value) => RunRules.FirstTag(KeyValuePair.Create(key, value)).Value), []));
                if (from.Deleted is { } at) await LoggedModelsSql.DeleteAsync(tx, loggedModels, from.Id, at);
                return new Imported(false, left.Told);
            },
            cancel);
    }

    public async Task<ImportedPoints> LoggedModelMetricsAsync(string id, IReadOnlyList<ImportModelMetric> metrics, CancellationToken cancel)
    {
        var left = new Leftovers();
        var fitting = Fitting(metrics, metric => metric.Key, left).Select(metric => new LoggedModelMetric(metric.Key, metric.Value, metric.Step, metric.At, metric.Run, metric.DatasetName, metric.DatasetDigest)).ToList();
        await db.WriteAsync(
            async tx =>
            {
                await LoggedModels.KnownAsync(tx, id);
                foreach (var metric in fitting) await LoggedModelsSql.AddMetricAsync(tx, loggedModels, id, metric);
            },
            cancel);
        return new ImportedPoints(fitting.Distinct().Count(), left.Told);
    }

    private static List<T> Fitting<T>(IReadOnlyList<T> metrics, Func<T, string> key, Leftovers left)
    {
        if (metrics.Count > MostPoints) throw Refusal.Invalid("import-points", $"At most {MostPoints:N0} points are sent at once, not {metrics.Count:N0}.");
        var wrong = metrics.Select(key).Distinct(StringComparer.Ordinal).Where(name => !left.Try($"metric {Refusal.Shown(name)}", () => RunRules.CheckMetric(name))).ToHashSet(StringComparer.Ordinal);
        return [.. metrics.Where(metric => !wrong.Contains(key(metric)))];
    }

    /// <summary>Notes which logged models a run read and made; one that is not here is told of.</summary>
    private static async Task NoteModelsAsync(Tx tx, Run run, IReadOnlyList<string> read, IReadOnlyList<RunOutput> outputs, Leftovers left)
    {
        foreach (var model in read) await left.TryAsync("logged model that it read", async () => await RunInputsSql.AddModelAsync(tx, run.Number, await LoggedModels.KnownAsync(tx, model), made: false, 0));
        foreach (var made in outputs) await left.TryAsync("logged model that it made", async () => await RunInputsSql.AddModelAsync(tx, run.Number, await LoggedModels.KnownAsync(tx, made.Model), made: true, made.Step));
    }

    /// <summary>Whether an imported run is here whole.</summary>
    private static async Task<bool> IsDoneAsync(Tx tx, Run run)
    {
        if (await RunsSql.TagAsync(tx, run.Number, DoneTag) is not null) return true;
        return await RunsSql.TagAsync(tx, run.Number, BegunTag) is not null ? false : throw Refusal.Conflict("run-exists", $"There is another run with the id {run.Id}.");
    }

    /// <summary>Logs what a run has of its own: the same again changes nothing, and a run that somebody deleted meanwhile is completed as well.</summary>
    private async Task LogAsync(Tx tx, Run run, ImportRun from, Leftovers left)
    {
        foreach (var (key, value) in from.Params) await left.TryAsync($"param {Refusal.Shown(key)}", () => runs.LogParamAsync(tx, run, key, value));
        foreach (var (key, value) in left.Fitting(from.Tags, "tag", (key, value) => RunRules.FirstTag(KeyValuePair.Create(key, value)).Value)) await runs.SetFirstTagAsync(tx, run, key, value);
        foreach (var dataset in from.Datasets)
        {
            await left.TryAsync($"dataset {dataset.Name}", () => runs.LogDatasetAsync(tx, run, new DatasetInput(new InputDataset(dataset.Name, dataset.Digest, dataset.SourceType, dataset.Source, dataset.Schema, dataset.Profile), dataset.Tags)));
        }
    }

    /// <summary>A run that is being imported, and where from.</summary>
    private static async Task<(Run Run, string Source)> BegunAsync(Tx tx, string id)
    {
        var run = await Runs.GetAsync(tx, id);
        return await RunsSql.TagAsync(tx, run.Number, BegunTag) is { } source ? (run, source) : throw Refusal.Conflict("run-not-importing", $"The run {Refusal.Shown(id)} is not being imported.");
    }
}
