using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>The life of registered models: names with descriptions and tags, to which versions are added.</summary>
public sealed class RegisteredModels(Approvals approvals, Db db, Journal journal, TimeProvider time)
{
    public Task<RegisteredModel> CreateAsync(string name, string description, IReadOnlyDictionary<string, string> tags, string actor, CancellationToken cancel)
    {
        ModelRules.Name(name);
        foreach (var (key, value) in tags) ModelRules.CheckTag(key, value);
        return db.WriteAsync(
            async tx =>
            {
                var model = new RegisteredModel(name, null, description, time.GetUtcNow(), time.GetUtcNow(), 0, tags);
                if (await ModelsSql.ModelAsync(tx, name) is { } known) throw Taken(known, model);
                await AddAsync(tx, model, actor, null);
                return model;
            },
            cancel);
    }

    /// <summary>Adds a model as it was elsewhere.</summary>
    public Task ImportAsync(Tx tx, RegisteredModel model, string actor) => AddAsync(tx, model, actor, null);

    /// <summary>The model that a project trains: made where it is new, taken over where clients had registered it. A name belongs to one project.</summary>
    public async Task<RegisteredModel> EnsureAsync(Tx tx, string name, string project, string actor, string? cause)
    {
        if (await ModelsSql.ModelAsync(tx, name) is not { } known)
        {
            var model = new RegisteredModel(ModelRules.Name(name), project, "", time.GetUtcNow(), time.GetUtcNow(), 0, new Dictionary<string, string>());
            await AddAsync(tx, model, actor, cause);
            return model;
        }

        if (known.Project is { } owner && owner != project) throw Refusal.Conflict("model-taken", $"The model name '{name}' belongs to project '{owner}'; choose another name.");
        if (known.Project is null) await ModelsSql.UpdateAsync(tx, known with { Project = project });
        return known with { Project = project };
    }

    public Task<RegisteredModel> GetAsync(string name, CancellationToken cancel) => db.ReadAsync(tx => GetAsync(tx, name), cancel);

    public static async Task<RegisteredModel> GetAsync(Tx tx, string name) => await ModelsSql.ModelAsync(tx, name) ?? throw ModelRules.NoModel(name);

    public Task<List<RegisteredModel>> AllAsync(CancellationToken cancel) => db.ReadAsync(ModelsSql.AllAsync, cancel);

    public Task<RegisteredModel> DescribeAsync(string name, string description, string actor, CancellationToken cancel)
    {
        ModelRules.Name(name);
        return db.WriteAsync(
            async tx =>
            {
                var model = await GetAsync(tx, name) with { Description = description, Updated = time.GetUtcNow() };
                await ModelsSql.UpdateAsync(tx, model);
                await journal.AppendAsync(tx, new ModelDescribed(model.Project, name, null, description), actor, null);
                return model;
            },
            cancel);
    }

    /// <summary>Renames a model with its versions, tags and aliases. One that a project trains keeps the name that its project file gives it.</summary>
    public Task<RegisteredModel> RenameAsync(string name, string to, Actor actor, CancellationToken cancel)
    {
        ModelRules.Name(to, "new_name");
        ModelRules.Name(name);
        return db.WriteAsync(
            async tx =>
            {
                var model = await GetAsync(tx, name);
                Free(model, "renamed");
                if (to != name && await ModelsSql.ModelAsync(tx, to) is not null) throw Refusal.Conflict("model-exists", $"Registered Model (name={to}) already exists.");
                var versions = await ModelsSql.VersionsAsync(tx, name);
                foreach (var link in versions.SelectMany(version => version.Links())) await Links.RemoveAsync(tx, link.Source, link.Relation, link.Target);
                await approvals.RenameAsync(tx, model, to, versions, actor);
                await ModelsSql.RenameAsync(tx, name, to, time.GetUtcNow());
                foreach (var version in versions)
                {
                    var renamed = version with { Model = to, Updated = time.GetUtcNow() };
                    await ModelsSql.UpdateAsync(tx, renamed);
                    foreach (var link in renamed.Links()) await Links.AddAsync(tx, link.Source, link.Relation, link.Target);
                }

                await journal.AppendAsync(tx, new ModelRenamed(model.Project, to, name), actor.Name, null);
                return await GetAsync(tx, to);
            },
            cancel);
    }

    /// <summary>Deletes a model with its versions, tags and aliases. One that a project trains is not deleted.</summary>
    public Task DeleteAsync(string name, Actor actor, CancellationToken cancel)
    {
        ModelRules.Name(name);
        return db.WriteAsync(
            async tx =>
            {
                var model = await GetAsync(tx, name);
                Free(model, "deleted");
                var versions = await ModelsSql.VersionsAsync(tx, name);
                await Approvals.CheckDeleteAsync(tx, versions, actor);
                foreach (var link in versions.SelectMany(version => version.Links())) await Links.RemoveAsync(tx, link.Source, link.Relation, link.Target);
                await ModelsSql.DeleteAsync(tx, name);
                await journal.AppendAsync(tx, new ModelDeleted(model.Project, name), actor.Name, null);
            },
            cancel);
    }

    public Task SetTagAsync(string name, string key, string value, string actor, CancellationToken cancel)
    {
        ModelRules.Name(name);
        ModelRules.CheckTag(key, value);
        return db.WriteAsync(
            async tx =>
            {
                var model = await GetAsync(tx, name);
                await ModelsSql.SetTagAsync(tx, name, null, key, value);
                await journal.AppendAsync(tx, new ModelTagSet(model.Project, name, null, key, value, model.IsPrompt), actor, null);
            },
            cancel);
    }

    /// <summary>Deletes a tag; one that is not there is as good as deleted.</summary>
    public Task DeleteTagAsync(string name, string key, string actor, CancellationToken cancel)
    {
        ModelRules.Name(name);
        RunRules.CheckTagKey(key);
        return db.WriteAsync(
            async tx =>
            {
                var model = await GetAsync(tx, name);
                if (await ModelsSql.DeleteTagAsync(tx, name, null, key)) await journal.AppendAsync(tx, new ModelTagDeleted(model.Project, name, null, key, model.IsPrompt), actor, null);
            },
            cancel);
    }

    private async Task AddAsync(Tx tx, RegisteredModel model, string actor, string? cause)
    {
        await ModelsSql.AddAsync(tx, model);
        await journal.AppendAsync(tx, new ModelRegistered(model.Project, model.Name, model.Description, model.Tags), actor, cause);
    }

    private static void Free(RegisteredModel model, string done)
    {
        if (model.Project is { } project) throw Refusal.Conflict("in-use", $"The model {model.Name} is trained by the project {project} and cannot be {done}; change the project file instead.");
    }

    private static Refusal Taken(RegisteredModel known, RegisteredModel wanted)
    {
        var (now, before) = (wanted.IsPrompt ? "prompt" : "registered model", known.IsPrompt ? "prompt" : "registered model");
        return Refusal.Conflict("model-exists", known.IsPrompt != wanted.IsPrompt
            ? $"Tried to create a {now} with name '{known.Name}', but the name is already taken by a {before}. MLflow does not allow creating a model and a prompt with the same name."
            : $"{(known.IsPrompt ? "Prompt" : "Registered Model")} (name={known.Name}) already exists.");
    }
}
