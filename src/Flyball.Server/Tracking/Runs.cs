using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>The life of runs and what is logged to them.</summary>
public sealed class Runs(Db db, Journal journal, ObjectStore objects, Ids ids, TimeProvider time)
{
    public async Task<Experiment> CreateExperimentAsync(string name, CancellationToken cancel)
    {
        if (name.Length is 0 or > 500) throw Refusal.Invalid("experiment-name", "An experiment name has 1 to 500 characters.");
        return await db.WriteAsync(
            async tx => await RunsSql.ExperimentNamedAsync(tx, name) is null
                ? await RunsSql.AddExperimentAsync(tx, name, time.GetUtcNow())
                : throw Refusal.Conflict("experiment-exists", $"Experiment(name={Refusal.Shown(name)}) already exists."),
            cancel);
    }

    public async Task<Experiment> ExperimentAsync(string id, CancellationToken cancel) =>
        await db.ReadAsync(tx => RunsSql.FindExperimentAsync(tx, id), cancel) ?? throw Refusal.NotFound("experiment", id);

    public async Task<Experiment> ExperimentNamedAsync(string name, CancellationToken cancel) =>
        await db.ReadAsync(tx => RunsSql.ExperimentNamedAsync(tx, name), cancel) ?? throw Refusal.NotFound("experiment", name);

    public Task<List<Experiment>> ListExperimentsAsync(CancellationToken cancel) => db.ReadAsync(RunsSql.ListExperimentsAsync, cancel);

    /// <summary>Starts a run in the caller's transaction; the experiment is made where it is new.</summary>
    public async Task<Run> StartAsync(Tx tx, string experiment, string name, string user, string? project, string? cause)
    {
        var home = await RunsSql.ExperimentNamedAsync(tx, experiment) ?? await RunsSql.AddExperimentAsync(tx, experiment, time.GetUtcNow());
        return await StartAsync(tx, home, name, user, time.GetUtcNow(), project, cause);
    }

    public async Task<Run> StartAsync(Tx tx, Experiment experiment, string name, string user, DateTimeOffset started, string? project, string? cause)
    {
        CheckName(name);
        if (user.Length > 250) throw Refusal.Invalid("user-id", $"A user has at most 250 characters; this one has {user.Length:N0}.");
        var id = ids.New();
        var run = new Run(id, experiment.Id, name.Length > 0 ? name : $"run-{id[^8..]}", user, RunStatus.Running, false, started, null);
        await RunsSql.AddRunAsync(tx, run);
        await RunsSql.SetTagAsync(tx, id, "mlflow.runName", run.Name);
        await journal.AppendAsync(tx, new RunStarted(id, experiment.Name, run.Name, project), user, cause);
        return run;
    }

    /// <summary>Sets a run's status and name. Ending an ended run with the same status changes nothing.</summary>
    public async Task<Run> UpdateAsync(Tx tx, string id, RunStatus? status, DateTimeOffset? ended, string? name, string actor, string? project, string? cause)
    {
        CheckName(name);
        var run = await GetAsync(tx, id);
        var next = run with { Status = status ?? run.Status, Name = name is { Length: > 0 } ? name : run.Name };
        if (next.Status is RunStatus.Running or RunStatus.Scheduled) next = next with { Ended = null };
        else next = next with { Ended = ended ?? run.Ended ?? time.GetUtcNow() };
        if (next == run) return run;
        await RunsSql.UpdateRunAsync(tx, next);
        if (next.Name != run.Name) await RunsSql.SetTagAsync(tx, id, "mlflow.runName", next.Name);
        if (next.Status != run.Status && next.Ended is not null) await journal.AppendAsync(tx, new RunEnded(id, next.Name, next.Status, project), actor, cause);
        return next;
    }

    /// <summary>Logs a batch whole or not at all.</summary>
    public static async Task LogAsync(Tx tx, string id, IReadOnlyList<MetricPoint> metrics, IReadOnlyList<KeyValuePair<string, string>> parameters, IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        LoggedLimits.Check(metrics, parameters, tags);
        await GetAsync(tx, id);
        if (metrics.Count > 0) await RunsSql.AddMetricsAsync(tx, id, metrics);
        foreach (var (key, value) in parameters) await RunsSql.AddParamAsync(tx, id, key, value);
        foreach (var (key, value) in tags) await RunsSql.SetTagAsync(tx, id, key, value);
    }

    public async Task<RunDetails> DetailsAsync(string id, CancellationToken cancel) => await db.ReadAsync(async tx => await RunsSql.DetailsAsync(tx, await GetAsync(tx, id)), cancel);

    public Task<List<RunDetails>> SearchAsync(IReadOnlyList<string> experiments, string? after, int limit, CancellationToken cancel) => db.ReadAsync(
        async tx =>
        {
            var found = new List<RunDetails>();
            foreach (var run in await RunsSql.SearchAsync(tx, experiments, after, limit)) found.Add(await RunsSql.DetailsAsync(tx, run));
            return found;
        },
        cancel);

    public Task<List<MetricPoint>> HistoryAsync(string id, string key, CancellationToken cancel) => db.ReadAsync(tx => RunsSql.HistoryAsync(tx, id, key, 100_000), cancel);

    /// <summary>Stores a file of a run from a stream.</summary>
    public async Task<Artifact> PutArtifactAsync(string id, string path, Stream content, CancellationToken cancel)
    {
        LoggedLimits.Path(path);
        await db.ReadAsync(tx => GetAsync(tx, id), cancel);
        var stored = await objects.PutAsync(content, cancel);
        var artifact = new Artifact(path, stored.Digest, stored.Size);
        await db.WriteAsync(tx => LinkArtifactAsync(tx, id, artifact), cancel);
        return artifact;
    }

    /// <summary>Names a stored object as a file of a run.</summary>
    public static async Task LinkArtifactAsync(Tx tx, string id, Artifact artifact)
    {
        var path = LoggedLimits.Path(artifact.Path);
        var before = (await RunsSql.ArtifactsAsync(tx, id, path)).FirstOrDefault(known => known.Path == path);
        await RunsSql.PutArtifactAsync(tx, id, artifact with { Path = path });
        await Links.AddAsync(tx, new Ref("run", id), "holds", new Ref("object", artifact.Digest));
        if (before is null || (await RunsSql.ArtifactsAsync(tx, id, "")).Any(known => known.Digest == before.Digest)) return;
        await Links.RemoveAsync(tx, new Ref("run", id), "holds", new Ref("object", before.Digest));
    }

    public Task<List<Artifact>> ArtifactsAsync(string id, string prefix, CancellationToken cancel) => db.ReadAsync(tx => RunsSql.ArtifactsAsync(tx, id, prefix), cancel);

    public async Task<Stream> OpenArtifactAsync(string id, string path, CancellationToken cancel)
    {
        var found = await ArtifactsAsync(id, path, cancel);
        return found.FirstOrDefault(artifact => artifact.Path == path) is { } artifact ? await objects.OpenAsync(artifact.Digest, cancel) : throw Refusal.NotFound("artifact", path);
    }

    public static async Task<Run> GetAsync(Tx tx, string id) => await RunsSql.FindRunAsync(tx, id) ?? throw new Refusal(RefusalKind.NotFound, "run-not-found", $"Run with id={Refusal.Shown(id)} not found");

    private static void CheckName(string? name)
    {
        if (name is { Length: > 500 }) throw Refusal.Invalid("run-name", $"A run's name has at most 500 characters; this one has {name.Length:N0}.");
    }
}
