using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>The life of logged models.</summary>
internal sealed class LoggedModels(Db db, LoggedModelIndex index, Ids ids, TimeProvider time)
{
    private const string Forbidden = "/:.%\"'";

    public Task<LoggedModel> CreateAsync(string experiment, string? name, string? type, string? run, IReadOnlyList<KeyValuePair<string, string>> parameters, IReadOnlyList<KeyValuePair<string, string>> tags, CancellationToken cancel)
    {
        if (name is { Length: > 0 } && (name.Length > 500 || name.Any(c => Forbidden.Contains(c, StringComparison.Ordinal) || char.IsControl(c))))
        {
            throw Refusal.Invalid("logged-model-name", $"Invalid model name ({PythonJson.Quoted(Refusal.Shown(name))}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '\"', \"'\")");
        }

        parameters = [.. parameters.Select(param => RunRules.Param(param.Key, param.Value))];
        tags = [.. tags.Select(RunRules.FirstTag)];
        return db.WriteAsync(
            async tx =>
            {
                var home = await Experiments.GetAsync(tx, experiment);
                if (home.Deleted) throw Refusal.Invalid("experiment-deleted", $"The experiment {home.Id} must be in the 'active' state. Current state is deleted.");
                var (id, now) = ($"m-{ids.New()}", time.GetUtcNow());
                var model = new LoggedModel(
                    id, home.Id, home.ArtifactLocation, name is { Length: > 0 } ? name : RunNames.Of(id), type, run, LoggedModelStatus.Pending, null, now, now,
                    parameters.DistinctBy(pair => pair.Key).ToDictionary(), tags.Reverse().DistinctBy(pair => pair.Key).ToDictionary(), []);
                await LoggedModelsSql.AddAsync(tx, index, model);
                return model;
            },
            cancel);
    }

    public Task<LoggedModel> GetAsync(string id, CancellationToken cancel) => db.ReadAsync(tx => LoggedModelsSql.GetAsync(tx, id), cancel);

    /// <summary>Those that a run made, the oldest first.</summary>
    public Task<List<LoggedModel>> OfRunAsync(Run run, CancellationToken cancel) => db.ReadAsync(
        async tx =>
        {
            var found = new List<LoggedModel>();
            foreach (var link in await RunLinks.ToAsync(tx, run.Ref))
            {
                if (await LoggedModelsSql.FindAsync(tx, link.Source.Id) is { } model) found.Add(model);
            }

            return found.OrderBy(model => model.Created).ToList();
        },
        cancel);

    /// <summary>Those of experiments, in no order.</summary>
    public Task<IEnumerable<LoggedModel>> OfAsync(IReadOnlyList<string> experiments, CancellationToken cancel) => index.OfAsync(experiments, cancel);

    /// <summary>Says that the files are all there, or that they will not come.</summary>
    public Task<LoggedModel> FinishAsync(string id, LoggedModelStatus status, CancellationToken cancel) => ChangeAsync(
        id,
        async tx =>
        {
            if (status == LoggedModelStatus.Pending) throw Refusal.Invalid("logged-model-status", $"Invalid model status: {status}. Expected statuses: [LOGGED_MODEL_READY, LOGGED_MODEL_UPLOAD_FAILED]");
            await LoggedModelsSql.UpdateAsync(tx, index, id, status, time.GetUtcNow());
        },
        cancel);

    /// <summary>Adds params; what is there already may be said again, but not otherwise.</summary>
    public Task<LoggedModel> AddParamsAsync(string id, IReadOnlyList<KeyValuePair<string, string>> parameters, CancellationToken cancel)
    {
        parameters = [.. parameters.Select(param => RunRules.Param(param.Key, param.Value))];
        return ChangeAsync(
            id,
            async tx =>
            {
                foreach (var (key, value) in parameters)
                {
                    if (await LoggedModelsSql.AddParamAsync(tx, index, id, key, value) || await LoggedModelsSql.ParamAsync(tx, id, key) is not { } before || before == value) continue;
                    throw Refusal.Invalid("param-changed", $"Changing param values is not allowed. Param with key='{Refusal.Shown(key)}' was already logged with value='{Refusal.Shown(before)}' for logged model ID='{id}'. Attempted logging new value '{Refusal.Shown(value)}'.");
                }
            },
            cancel);
    }

    public Task<LoggedModel> SetTagsAsync(string id, IReadOnlyList<KeyValuePair<string, string>> tags, CancellationToken cancel)
    {
        tags = [.. tags.Select(tag => RunRules.Tag(tag.Key, tag.Value))];
        return ChangeAsync(
            id,
            async tx =>
            {
                foreach (var (key, value) in tags) await LoggedModelsSql.SetTagAsync(tx, index, id, key, value);
                await LoggedModelsSql.TouchAsync(tx, index, id, time.GetUtcNow());
            },
            cancel);
    }

    public Task DeleteTagAsync(string id, string key, CancellationToken cancel) => ChangeAsync(
        id,
        async tx =>
        {
            if (!await LoggedModelsSql.DeleteTagAsync(tx, index, id, key)) throw new Refusal(RefusalKind.NotFound, "tag-not-found", $"No tag with key '{Refusal.Shown(key)}' found for model with ID '{id}'.");
        },
        cancel);

    public Task DeleteAsync(string id, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            // a deletion that a client sends again after its answer was lost is done
            await LoggedModelsSql.DeleteAsync(tx, index, await KnownAsync(tx, id), time.GetUtcNow());
        },
        cancel);

    /// <summary>The id of a logged model that is there, or was deleted.</summary>
    public static async Task<string> KnownAsync(Tx tx, string id) => await LoggedModelsSql.ExistsAsync(tx, id) ? id : (await LoggedModelsSql.GetAsync(tx, id)).Id;

    /// <summary>Metrics of a run that were measured on a logged model are the model's too.</summary>
    public async Task LogMetricAsync(Tx tx, string id, LoggedModelMetric metric)
    {
        await LoggedModelsSql.CheckAsync(tx, id);
        await LoggedModelsSql.AddMetricAsync(tx, index, id, metric);
    }

    private Task<LoggedModel> ChangeAsync(string id, Func<Tx, Task> change, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            await LoggedModelsSql.CheckAsync(tx, id);
            await change(tx);
            return await LoggedModelsSql.GetAsync(tx, id);
        },
        cancel);
}
