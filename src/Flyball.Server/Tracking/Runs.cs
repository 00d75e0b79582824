using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>The life of runs and what is logged to them.</summary>
internal sealed class Runs(Db db, Journal journal, Experiments experiments, RunIndex index, NewestPoints newest, Ids ids, TimeProvider time)
{
    private const string NameTag = "mlflow.runName";
    private const string ModelsTag = "mlflow.log-model.history";

    /// <summary>Starts a run in the caller's transaction; the experiment is made where it is new.</summary>
    public async Task<Run> StartAsync(Tx tx, string experiment, string name, string user, string? project, string? cause) =>
        await StartAsync(tx, await experiments.EnsureAsync(tx, experiment), name, user, time.GetUtcNow(), [], project, cause);

    /// <summary>Starts a run. Its name is the given one, or the tag of MLflow's clients for it, or one that is made up.</summary>
    public async Task<Run> StartAsync(Tx tx, Experiment experiment, string name, string user, DateTimeOffset started, IReadOnlyList<KeyValuePair<string, string>> tags, string? project, string? cause)
    {
        RunRules.CheckRunName(name);
        RunRules.CheckUser(user);
        tags = [.. tags.Select(RunRules.FirstTag)];
        if (experiment.Deleted) throw Refusal.Invalid("experiment-deleted", $"The experiment {experiment.Id} must be in the 'active' state. Current state is deleted.");
        var tagged = tags.LastOrDefault(tag => tag.Key == NameTag).Value;
        if (name.Length > 0 && tagged is { Length: > 0 } && tagged != name) throw Refusal.Invalid("run-name-twice", $"Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='{Refusal.Shown(name)}', mlflow.runName='{Refusal.Shown(tagged)}').");
        var id = ids.New();
        var run = new Run(0, id, experiment.Id, name.Length > 0 ? name : tagged is { Length: > 0 } ? tagged : RunNames.Of(id), user, RunStatus.Running, started, null, null, experiment.ArtifactLocation);
        run = run with { Number = await RunsSql.AddAsync(tx, run) };
        index.Note(tx, RunChange.Of(run));
        foreach (var (key, value) in tags) await SetTagAsync(tx, run, key, value);
        if (tagged != run.Name) await SetTagAsync(tx, run, NameTag, run.Name);
        await journal.AppendAsync(tx, new RunStarted(id, experiment.Name, run.Name, project), user, cause);
        return run;
    }

    /// <summary>Adds a run as it was elsewhere, under its own id.</summary>
    public async Task<Run> ImportAsync(Tx tx, Run run)
    {
        run = run with { Name = run.Name.Length > 0 ? run.Name : RunNames.Of(run.Id) };
        run = run with { Number = await RunsSql.AddAsync(tx, run) };
        await StoreAsync(tx, run);
        await SetTagAsync(tx, run, NameTag, run.Name);
        return run;
    }

    /// <summary>Sets what is given of a run's status, end and name. Ending an ended run with the same status changes nothing.</summary>
    public async Task<Run> UpdateAsync(Tx tx, string id, RunStatus? status, DateTimeOffset? ended, string? name, string actor, string? project, string? cause)
    {
        RunRules.CheckRunName(name);
        // what a project's own work says of its run counts even if somebody deleted the run meanwhile
        var run = project is null ? await ActiveAsync(tx, id) : await GetAsync(tx, id);
        var next = run with { Status = status ?? run.Status, Name = name is { Length: > 0 } ? name : run.Name, Ended = ended ?? run.Ended };
        if (next == run) return run;
        await StoreAsync(tx, next);
        if (next.Name != run.Name) await SetTagAsync(tx, next, NameTag, next.Name);
        if (next.Status != run.Status && next.Status is not (RunStatus.Running or RunStatus.Scheduled)) await journal.AppendAsync(tx, new RunEnded(id, next.Name, next.Status, project), actor, cause);
        return next;
    }

    /// <summary>Deletes a run; it can be restored. Deleting a deleted one changes nothing.</summary>
    public Task DeleteAsync(string id, CancellationToken cancel) => MoveAsync([id], deleted: true, cancel);

    public Task RestoreAsync(string id, CancellationToken cancel) => MoveAsync([id], deleted: false, cancel);

    /// <summary>Deletes or restores runs, all or none of them.</summary>
    public Task MoveAsync(IReadOnlyList<string> ids, bool deleted, CancellationToken cancel) => db.WriteAsync(tx => MoveAsync(tx, ids, deleted), cancel);

    /// <inheritdoc cref="MoveAsync(IReadOnlyList{string}, bool, CancellationToken)"/>
    public async Task MoveAsync(Tx tx, IReadOnlyList<string> ids, bool deleted)
    {
        foreach (var id in ids)
        {
            var run = await GetAsync(tx, id);
            if (run.Deleted != deleted) await StoreAsync(tx, run with { DeletedAt = deleted ? time.GetUtcNow() : null });
        }
    }

    /// <summary>Logs a batch whole or not at all.</summary>
    /// <param name="project">The project whose own work this is; it counts even if somebody deleted the run meanwhile.</param>
    public async Task LogAsync(Tx tx, string id, RunBatch batch, string? project)
    {
        batch = RunRules.Checked(batch);
        var run = project is null ? await ActiveAsync(tx, id) : await GetAsync(tx, id);
        await AddParamsAsync(tx, run, batch.Params);
        await AddMetricsAsync(tx, run, batch.Metrics);
        foreach (var (key, value) in batch.Tags) await TagAsync(tx, run, key, value);
    }

    public async Task LogParamAsync(Tx tx, string id, string key, string value)
    {
        (key, value) = RunRules.Param(key, value);
        await LogParamAsync(tx, await ActiveAsync(tx, id), key, value);
    }

    /// <summary>Logs a param of a run, which may have been deleted.</summary>
    public async Task LogParamAsync(Tx tx, Run run, string key, string value)
    {
        (key, value) = RunRules.Param(key, value);
        if (await RunsSql.AddParamAsync(tx, run.Number, key, value) is not { } known) index.Note(tx, RunChange.Param(run.Number, key, value));
        else if (known != value)
        {
            throw Refusal.Invalid("param-changed", $"Changing param values is not allowed. Param with key='{Refusal.Shown(key)}' was already logged with value='{Refusal.Shown(known)}' for run ID='{run.Id}'. Attempted logging new value '{Refusal.Shown(value)}'.");
        }
    }

    public async Task LogMetricAsync(Tx tx, string id, MetricPoint point)
    {
        RunRules.CheckMetric(point.Key);
        var run = await ActiveAsync(tx, id);
        await AddMetricsAsync(tx, run, [point]);
    }

    public async Task SetTagAsync(Tx tx, string id, string key, string value)
    {
        (key, value) = RunRules.Tag(key, value);
        await TagAsync(tx, await ActiveAsync(tx, id), key, value);
    }

    /// <summary>Sets a tag of runs, of all or none of them.</summary>
    public Task SetTagAsync(IReadOnlyList<string> ids, string key, string value, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            foreach (var id in ids) await SetTagAsync(tx, id, key, value);
        },
        cancel);

    public async Task DeleteTagAsync(Tx tx, string id, string key) => await DeleteTagAsync(tx, await ActiveAsync(tx, id), key);

    /// <summary>Deletes a tag of a run, which may have been deleted.</summary>
    public async Task DeleteTagAsync(Tx tx, Run run, string key)
    {
        if (!await RunsSql.DeleteTagAsync(tx, run.Number, key)) throw new Refusal(RefusalKind.NotFound, "tag-not-found", $"No tag with name: {Refusal.Shown(key)} in run with id {run.Id}");
        index.Note(tx, RunChange.NoTag(run.Number, key));
    }

    /// <summary>Notes a model that a run logged, as MLflow's clients before 3 do: its description is appended to a tag.</summary>
    /// <param name="description">The model's MLmodel as JSON.</param>
    public async Task LogModelAsync(Tx tx, string id, string description)
    {
        var run = await ActiveAsync(tx, id);
        var history = History(await RunsSql.TagAsync(tx, run.Number, ModelsTag) ?? "[]");
        history.Add(Parsed(description));
        await SetTagAsync(tx, run, ModelsTag, PythonJson.Write(history));
    }

    /// <summary>Notes which datasets and logged models a run read.</summary>
    public async Task LogInputsAsync(Tx tx, string id, IReadOnlyList<DatasetInput> datasets, IReadOnlyList<string> models)
    {
        foreach (var input in datasets) RunRules.CheckDataset(input);
        var run = await ActiveAsync(tx, id);
        foreach (var input in datasets) await AddDatasetAsync(tx, run, input);
        foreach (var model in models) await RunInputsSql.AddModelAsync(tx, run.Number, await LoggedModels.KnownAsync(tx, model), made: false, 0);
    }

    /// <summary>Notes a dataset that a run read, which may have been deleted.</summary>
    public Task LogDatasetAsync(Tx tx, Run run, DatasetInput input)
    {
        RunRules.CheckDataset(input);
        return AddDatasetAsync(tx, run, input);
    }

    /// <summary>Notes which logged models a run made.</summary>
    public static async Task LogOutputsAsync(Tx tx, string id, IReadOnlyList<(string Model, long Step)> models)
    {
        var run = await ActiveAsync(tx, id);
        foreach (var (model, step) in models) await RunInputsSql.AddModelAsync(tx, run.Number, await LoggedModels.KnownAsync(tx, model), made: true, step);
    }

    public async Task<RunDetails> DetailsAsync(string id, CancellationToken cancel) => await db.ReadAsync(async tx => await RunsSql.DetailsAsync(tx, await GetAsync(tx, id)), cancel);

    /// <summary>The metrics of a run that have more than one point.</summary>
    public Task<HashSet<string>> CurvesAsync(Run run, CancellationToken cancel) => db.ReadAsync(tx => MetricsSql.CurvesAsync(tx, run.Number), cancel);

    /// <summary>A metric as a curve of at most about so many points.</summary>
    public Task<RunCurve> CurveAsync(string id, string key, int most, CancellationToken cancel) => db.ReadAsync(async tx => await MetricsSql.LookAsync(tx, (await GetAsync(tx, id)).Number, key, points => RunCurves.Of(id, key, points, most)), cancel);

    public static async Task<Run> GetAsync(Tx tx, string id) => await RunsSql.FindAsync(tx, id) ?? throw new Refusal(RefusalKind.NotFound, "run-not-found", $"Run with id={Refusal.Shown(id)} not found");

    /// <summary>A run that may be written to.</summary>
    public static async Task<Run> ActiveAsync(Tx tx, string id) =>
        await GetAsync(tx, id) is { Deleted: false } run ? run : throw Refusal.Invalid("run-deleted", $"The run {Refusal.Shown(id)} must be in the 'active' state. Current state is deleted.");

    /// <summary>Sets a tag as a run's first ones are: of any name, and the tag of the name is not the name.</summary>
    public Task SetFirstTagAsync(Tx tx, Run run, string key, string value) => key == NameTag ? Task.CompletedTask : SetTagAsync(tx, run, key, value);

    /// <summary>Logs points that were checked, more of them than a client's batch holds.</summary>
    public async Task LogPointsAsync(Tx tx, string id, IReadOnlyList<MetricPoint> points) => await AddMetricsAsync(tx, await GetAsync(tx, id), points);

    /// <summary>Deletes a run as of another time.</summary>
    public async Task MarkDeletedAsync(Tx tx, string id, DateTimeOffset at) => await StoreAsync(tx, await GetAsync(tx, id) with { DeletedAt = at });

    private async Task AddParamsAsync(Tx tx, Run run, IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        List<string>? changed = null;
        foreach (var (key, value) in parameters)
        {
            if (await RunsSql.AddParamAsync(tx, run.Number, key, value) is not { } known) index.Note(tx, RunChange.Param(run.Number, key, value));
            else if (known != value) (changed ??= []).Add($"{{'key': '{key}', 'old_value': '{known}', 'new_value': '{value}'}}");
        }

        if (changed is not null) throw Refusal.Invalid("param-changed", $"Changing param values is not allowed. Params were already logged='[{Refusal.Shown(string.Join(", ", changed))}]' for run ID='{run.Id}'.");
    }

    private async Task AddDatasetAsync(Tx tx, Run run, DatasetInput input)
    {
        if (await RunInputsSql.AddDatasetAsync(tx, run, input)) index.Note(tx, RunChange.Dataset(run.Number, input.Dataset.Name, input.Dataset.Digest, input.Tags.GetValueOrDefault("mlflow.data.context")));
    }

    private async Task AddMetricsAsync(Tx tx, Run run, IReadOnlyList<MetricPoint> metrics)
    {
        if (metrics.Count == 0) return;
        var byKey = new Dictionary<string, List<Point>>(StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            ref var points = ref CollectionsMarshal.GetValueRefOrAddDefault(byKey, metric.Key, out _);
            (points ??= []).Add(new Point(metric.Step, Micros.Of(metric.At), metric.Value));
        }

        // known before the call is written, so that it is not read back
        foreach (var (key, points) in byKey) index.Note(tx, RunChange.Metric(run.Number, key, await newest.TakeAsync(tx, run.Number, key, points)));
        await MetricsSql.LogAsync(tx, run.Number, byKey);
    }

    /// <summary>The models that a run has logged. Clients may set the tag as any other.</summary>
    private static JsonArray History(string tag)
    {
        try
        {
            return PythonJson.Parse(tag) as JsonArray ?? [];
        }
        catch (JsonException)
        {
            throw Refusal.Invalid("model-json", $"The run's tag {ModelsTag} holds no JSON, so no model can be added to it; delete the tag and log the model again.");
        }
    }

    /// <summary>What is kept of a model's description: where it is and which flavors it has, without their configuration.</summary>
    private static JsonObject Parsed(string description)
    {
        JsonObject model;
        try
        {
            model = PythonJson.Parse(description) as JsonObject ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw Refusal.Invalid("model-json", $"Malformed model info. \n {Refusal.Shown(description)} \n is not a valid JSON.");
        }

        var missing = new[] { "artifact_path", "flavors", "utc_time_created", "run_id" }.Where(name => !model.ContainsKey(name)).Select(name => $"'{name}'").ToList();
        if (missing.Count > 0) throw Refusal.Invalid("model-json", $"Model json is missing mandatory fields: {{{string.Join(", ", missing)}}}");
        var kept = new JsonObject();
        foreach (var name in new[] { "run_id", "artifact_path", "utc_time_created", "model_uuid", "flavors" }) kept[name] = model[name]?.DeepClone();
        if (kept["flavors"] is JsonObject flavors)
        {
            foreach (var (_, flavor) in flavors) (flavor as JsonObject)?.Remove("config");
        }

        return kept;
    }

    /// <summary>A tag that clients give; the tag of the name is the name.</summary>
    private async Task TagAsync(Tx tx, Run run, string key, string value)
    {
        if (key == NameTag && value != run.Name)
        {
            RunRules.CheckRunName(value);
            await StoreAsync(tx, run with { Name = value });
        }

        await SetTagAsync(tx, run, key, value);
    }

    private async Task SetTagAsync(Tx tx, Run run, string key, string value)
    {
        await RunsSql.SetTagAsync(tx, run.Number, key, value);
        index.Note(tx, RunChange.Tag(run.Number, key, value));
    }

    private async Task StoreAsync(Tx tx, Run run)
    {
        await RunsSql.UpdateAsync(tx, run);
        index.Note(tx, RunChange.Of(run));
    }
}
