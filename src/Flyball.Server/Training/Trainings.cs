using System.Globalization;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Flyball.Server.Tracking;

namespace Flyball.Server.Training;

/// <summary>Starts trainings and tells of them.</summary>
internal sealed class Trainings(Db db, Jobs jobs, Runs runs, Journal journal, ProjectStore projects, Ids ids, TimeProvider time)
{
    /// <summary>Starts a training on the newest usable version of the model's dataset; refused while one is open. For a cause that a training already has, that one is returned.</summary>
    public async Task<TrainingRun> StartAsync(string projectName, string modelName, TriggerKind trigger, string reason, string actor, string? cause, CancellationToken cancel)
    {
        var project = await projects.GetAsync(projectName, cancel);
        var model = project.File.Models.FirstOrDefault(known => known.Name == modelName) ?? throw Refusal.NotFound("model", modelName);
        var code = await CodeState.OfAsync(project.Folder, cancel);
        var repository = code.Commit is null ? null : await CodeState.RepositoryAsync(project.Folder, cancel);
        await using var tx = await db.BeginAsync(cancel);
        if (cause is not null && await TrainingsSql.ByCauseAsync(tx, cause) is { } same) return same;
        if (await TrainingsSql.OpenAsync(tx, projectName, modelName) is { } open) throw Refusal.Conflict("training-open", $"A training of {modelName} is running since {open.Created:HH:mm}; wait for it to end.");
        var dataset = project.File.Dataset(model.Train.Data);
        var version = await DatasetsSql.LatestUsableAsync(tx, projectName, dataset.Name)
            ?? throw Refusal.Conflict("dataset-missing", $"There is no usable version of {dataset.Name} yet; see `flyball data versions {projectName} {dataset.Name}`.");
        var id = ids.New();
        var run = await runs.StartAsync(tx, projectName, $"{modelName}-{id[^6..]}", actor, projectName, cause);
        var entry = await journal.AppendAsync(tx, new TrainingStarted(projectName, modelName, id, trigger, reason, version.Id, run.Id), actor, cause ?? version.Event);
        var champion = await Registry.Models.ByAliasAsync(tx, modelName, Aliases.Champion);
        var spec = new TrainJobSpec(
            id, projectName, run.Id, model, dataset, [.. project.File.Features.Where(view => model.Train.Features.Contains(view.Name)).OrderBy(view => model.Train.Features.ToList().IndexOf(view.Name)).SelectMany(view => view.Features)],
            version.Id, await SegmentsAsync(tx, model, version), champion is null ? null : new ChampionSpec(champion.Version, champion.Content.Files, champion.Content.FittedTo, champion.Content.Files.Any(file => file.Path.StartsWith(PackageWriter.JudgedFolder, StringComparison.Ordinal)) ? champion.Content.JudgedTo : null), run.Started);
        var job = await jobs.EnqueueAsync(tx, TrainJob.Name, new Ref("training", id), projectName, spec, dedupe: null, maxAttempts: 3);
        await runs.LogAsync(tx, run.Id, new RunBatch([], Params(model), Tags(version, code, repository, trigger, reason, project)), projectName);
        await Links.AddAsync(tx, run.Ref, "reads", version.Ref);
        var training = new TrainingRun(id, projectName, modelName, trigger, reason, version.Id, run.Id, job, TrainingState.Running, null, null, time.GetUtcNow(), null, entry, cause, code.Commit);
        await TrainingsSql.InsertAsync(tx, training);
        await tx.CommitAsync(cancel);
        return training;
    }

    /// <summary>With a window of only new rows, those segments that no earlier training of the model has read.</summary>
    private static async Task<IReadOnlyList<Segment>> SegmentsAsync(Tx tx, ModelSpec model, DatasetVersion version)
    {
        if (model.Retrain.Window != WindowKind.OnlyNew) return version.Content.Segments;
        var read = new HashSet<string>(StringComparer.Ordinal);
        foreach (var earlier in (await TrainingsSql.ListAsync(tx, version.Project, model.Name, 1000)).Where(training => training.State is TrainingState.Passed).Select(training => training.DatasetVersion).Distinct())
        {
            if (await DatasetsSql.FindAsync(tx, earlier) is { } known) read.UnionWith(known.Content.Segments.Select(segment => segment.Object));
        }

        var fresh = version.Content.Segments.Where(segment => !read.Contains(segment.Object)).ToList();
        return fresh.Count > 0 ? fresh : version.Content.Segments;
    }

    public Task<List<TrainingRun>> ListAsync(string project, string model, CancellationToken cancel) => db.ReadAsync(tx => TrainingsSql.ListAsync(tx, project, model, 200), cancel);

    public async Task<TrainingRun> GetAsync(string id, CancellationToken cancel) => await db.ReadAsync(tx => TrainingsSql.FindAsync(tx, id), cancel) ?? throw Refusal.NotFound("training", id);

    private static KeyValuePair<string, string>[] Params(ModelSpec model) =>
    [
        new("trainer", model.Train.Trainer.ToString().ToLowerInvariant()), new("seed", Text(model.Train.Seed)), new("test_days", Text(model.Train.Test.TotalDays)), new("features", string.Join(",", model.Train.Features)),
        .. model.Train.Params.Select(param => KeyValuePair.Create(param.Key, Text(param.Value))),
    ];

    private static KeyValuePair<string, string>[] Tags(DatasetVersion version, CodeState code, string? repository, TriggerKind trigger, string reason, Project project)
    {
        var tags = new List<KeyValuePair<string, string>>
        {
            new("flyball.dataset", version.Name), new("flyball.dataset.digest", version.Digest), new("flyball.trigger", trigger.ToString().ToLowerInvariant()),
            new("flyball.reason", reason), new("flyball.project.revision", Text(project.Revision)), new("flyball.project.digest", project.Digest),
        };
        if (code.Commit is { } commit)
        {
            tags.Add(new(CodeTags.Commit, commit));
            if (repository is not null) tags.Add(new(CodeTags.Repository, repository));
            tags.Add(new(CodeTags.Dirty, code.Dirty ? "true" : "false"));
        }

        return [.. tags];
    }

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
