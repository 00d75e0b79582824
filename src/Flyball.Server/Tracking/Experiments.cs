using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>The life of experiments. A deleted one keeps its name until it is removed for good.</summary>
internal sealed class Experiments(Db db, RunIndex index, TimeProvider time) : IAtStart
{
    /// <summary>The experiment that is always there begins with the first server on its database.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        if (await db.ReadAsync(ExperimentsSql.IsBegunAsync, cancel)) return;
        await db.WriteAsync(tx => ExperimentsSql.BeginAsync(tx, time.GetUtcNow()), cancel);
    }

    public Task<Experiment> CreateAsync(string? name, string? location, IReadOnlyDictionary<string, string> tags, CancellationToken cancel)
    {
        RunRules.CheckExperimentName(name);
        // of any name, as MLflow has it
        foreach (var (key, value) in tags)
        {
            RunRules.TooLong("key", key, 250);
            RunRules.TooLong("value", value, 5000);
        }

        var place = Location(location ?? "");
        return db.WriteAsync(tx => AddAsync(tx, name!, place, tags), cancel);
    }

    /// <summary>The experiment of that name, which is made where it is new and comes back where somebody deleted it; its deleted runs stay deleted.</summary>
    public async Task<Experiment> EnsureAsync(Tx tx, string name)
    {
        if (await ExperimentsSql.NamedAsync(tx, name) is not { } known) return await ExperimentsSql.AddAsync(tx, name, "", new Dictionary<string, string>(), time.GetUtcNow());
        if (known.Deleted) await ExperimentsSql.UpdateAsync(tx, known.Id, known.Name, deleted: false, time.GetUtcNow());
        return known with { Deleted = false };
    }

    /// <summary>Adds an experiment under the id that it has elsewhere, or under a new one where that is taken or no number.</summary>
    public static async Task<Experiment> ImportAsync(Tx tx, string id, string name, IReadOnlyDictionary<string, string> tags, DateTimeOffset created) =>
        await ExperimentsSql.AddAsync(tx, name, "", tags, created, await ExperimentsSql.FindAsync(tx, id) is null ? id : null);

    public Task<Experiment> GetAsync(string id, CancellationToken cancel) => db.ReadAsync(tx => GetAsync(tx, id), cancel);

    public static async Task<Experiment> GetAsync(Tx tx, string id) =>
        await ExperimentsSql.FindAsync(tx, id) ?? throw new Refusal(RefusalKind.NotFound, "experiment-not-found", $"No Experiment with id={Refusal.Shown(id)} exists");

    public async Task<Experiment> NamedAsync(string name, CancellationToken cancel) =>
        await db.ReadAsync(tx => ExperimentsSql.NamedAsync(tx, name), cancel) ?? throw new Refusal(RefusalKind.NotFound, "experiment-not-found", $"Could not find experiment with name '{Refusal.Shown(name)}'");

    public Task<List<Experiment>> AllAsync(CancellationToken cancel) => db.ReadAsync(ExperimentsSql.AllAsync, cancel);

    public Task RenameAsync(string id, string name, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var experiment = await GetAsync(tx, id);
            RunRules.CheckExperimentName(name);
            if (experiment.Deleted) throw Refusal.Conflict("invalid-state", "Cannot rename a non-active experiment.");
            if (await ExperimentsSql.NamedAsync(tx, name) is { } other && other.Id != id) throw Exists(other);
            await ExperimentsSql.UpdateAsync(tx, id, name, deleted: false, time.GetUtcNow());
        },
        cancel);

    /// <summary>Deletes an experiment with its runs; both can be restored.</summary>
    public Task DeleteAsync(string id, CancellationToken cancel) => MoveAsync(id, deleted: true, cancel);

    /// <summary>Restores an experiment with its runs.</summary>
    public Task RestoreAsync(string id, CancellationToken cancel) => MoveAsync(id, deleted: false, cancel);

    public Task SetTagAsync(string id, string key, string value, CancellationToken cancel)
    {
        RunRules.CheckExperimentTag(key, value);
        return ChangeAsync(id, tx => ExperimentsSql.SetTagAsync(tx, id, key, value), cancel);
    }

    public Task DeleteTagAsync(string id, string key, CancellationToken cancel) => ChangeAsync(
        id,
        async tx =>
        {
            if (!await ExperimentsSql.DeleteTagAsync(tx, id, key)) throw new Refusal(RefusalKind.NotFound, "tag-not-found", $"No tag with name: {Refusal.Shown(key)} in experiment with id {id}");
        },
        cancel);

    private static Refusal Exists(Experiment known) => known.Deleted
        ? Refusal.Conflict("experiment-exists", $"Experiment(name={Refusal.Shown(known.Name)}) already exists in deleted state. You can restore the experiment, or permanently delete it to create a new one.")
        : Refusal.Conflict("experiment-exists", $"Experiment(name={Refusal.Shown(known.Name)}) already exists.");

    private static string Location(string location)
    {
        if (location.Any(c => c is '#' or ';')) throw Refusal.Invalid("artifact-location", "'artifact_location' URL can't include fragments or params.");
        if (location.StartsWith("runs:", StringComparison.Ordinal)) throw Refusal.Invalid("artifact-location", $"Artifact location cannot be a runs:/ URI. Given: '{Refusal.Shown(location)}'");
        if (ArtifactFolders.IsPinned(location)) throw Refusal.Invalid("artifact-location", $"Files below {ArtifactPlace.Pinned}/ are those of model versions and never change; choose another artifact location.");
        if (!ArtifactFolders.IsPlain(location)) throw Refusal.Invalid("artifact-location", "A folder of this artifact location is called like one of a run, a logged model or traces, so files of runs could not be told from its own; choose another artifact location.");
        if (location.Length > 2048) throw Refusal.Invalid("artifact-location", "Invalid artifact path length. The length of the artifact path cannot be greater than 2048 characters. To configure this limit, please set the MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable.");
        if (location.Any(c => char.IsControl(c) || c == '\\') || Uri.UnescapeDataString(Uri.UnescapeDataString(location)).Split('/', '?', '&', '=').Contains("..")) throw Refusal.Invalid("artifact-location", "Invalid query string");
        return location;
    }

    private async Task<Experiment> AddAsync(Tx tx, string name, string location, IReadOnlyDictionary<string, string> tags) =>
        await ExperimentsSql.NamedAsync(tx, name) is { } known ? throw Exists(known) : await ExperimentsSql.AddAsync(tx, name, location, tags, time.GetUtcNow());

    private Task ChangeAsync(string id, Func<Tx, Task> change, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var experiment = await GetAsync(tx, id);
            if (experiment.Deleted) throw Refusal.Invalid("experiment-deleted", $"The experiment {id} must be in the 'active' state. Current state is deleted.");
            await change(tx);
        },
        cancel);

    private Task MoveAsync(string id, bool deleted, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var (experiment, now) = (await GetAsync(tx, id), time.GetUtcNow());
            if (experiment.Deleted == deleted) throw new Refusal(RefusalKind.NotFound, "experiment-not-found", $"No Experiment with id={id} exists");
            await ExperimentsSql.UpdateAsync(tx, id, experiment.Name, deleted, now);
            foreach (var run in await RunsSql.OfExperimentAsync(tx, id))
            {
                if (run.Deleted != deleted) index.Note(tx, RunChange.Of(run with { DeletedAt = deleted ? now : null }));
            }

            await RunsSql.MoveAsync(tx, id, deleted ? now : null);
        },
        cancel);
}
