using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>The versions of registered models, and the aliases that say which version is for what.</summary>
public sealed class Models(Db db, Journal journal, RegisteredModels registered, Approvals approvals, Ids ids, TimeProvider time)
{
    /// <summary>Adds the next version of a model that a project trains, which is registered where it is new.</summary>
    public async Task<ModelVersion> RegisterAsync(Tx tx, string model, string project, NewVersion made, string actor, string? cause)
    {
        await registered.EnsureAsync(tx, model, project, actor, cause);
        return await RegisterAsync(tx, model, made, actor, cause);
    }

    /// <summary>Adds the next version of a registered model; numbers are dense in the order of registration, and none is used twice.</summary>
    public async Task<ModelVersion> RegisterAsync(Tx tx, string model, NewVersion made, string actor, string? cause)
    {
        var owner = await RegisteredModels.GetAsync(tx, model);
        var (number, now) = (owner.Newest + 1, time.GetUtcNow());
        var entry = await journal.AppendAsync(
            tx,
            new VersionRegistered(
                owner.Project, model, number, made.Digest, made.Run, made.Status, made.Content.Metrics, made.Content.ChampionMetrics, made.Content.Gates, made.Source, made.Description, made.Tags, made.Tags.ContainsKey(RegisteredModel.PromptTag)),
            actor, cause);
        var version = new ModelVersion(
            ids.New(), model, number, made.Source, made.Storage, made.Run, made.RunLink, made.LoggedModel, made.DatasetVersion, made.Digest, made.Status, ModelStage.None, made.Description, actor, made.Content, now, now, entry, made.Tags);
        await ModelsSql.InsertAsync(tx, version);
        await ModelsSql.UpdateAsync(tx, owner with { Newest = number, Updated = now });
        foreach (var link in version.Links()) await Links.AddAsync(tx, link.Source, link.Relation, link.Target);
        return version;
    }

    /// <summary>Adds a version with the number that it had elsewhere.</summary>
    public async Task ImportAsync(Tx tx, string model, int number, NewVersion made, ModelStage stage, string author, DateTimeOffset created, DateTimeOffset updated)
    {
        var owner = await RegisteredModels.GetAsync(tx, model);
        var entry = await journal.AppendAsync(
            tx,
            new VersionRegistered(owner.Project, model, number, made.Digest, made.Run, made.Status, made.Content.Metrics, made.Content.ChampionMetrics, made.Content.Gates, made.Source, made.Description, made.Tags, made.Tags.ContainsKey(RegisteredModel.PromptTag)),
            author, null);
        var version = new ModelVersion(
            ids.New(), model, number, made.Source, made.Storage, made.Run, made.RunLink, made.LoggedModel, null, made.Digest, made.Status, stage, made.Description, author, made.Content, created, updated, entry, made.Tags);
        await ModelsSql.InsertAsync(tx, version);
        await ModelsSql.UpdateAsync(tx, version);
        await ModelsSql.UpdateAsync(tx, owner with { Newest = Math.Max(owner.Newest, number) });
        foreach (var link in version.Links()) await Links.AddAsync(tx, link.Source, link.Relation, link.Target);
    }

    /// <summary>Notes which logged model an imported version was made from, where that was not known when it came.</summary>
    public static async Task MadeFromAsync(Tx tx, ModelVersion version, string loggedModel)
    {
        version = version with { LoggedModel = loggedModel };
        await ModelsSql.MadeFromAsync(tx, version);
        foreach (var link in version.Links()) await Links.AddAsync(tx, link.Source, link.Relation, link.Target);
    }

    public Task<ModelVersion> DescribeAsync(string model, int version, string? description, string actor, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var (owner, found) = await BothAsync(tx, model, version);
            found = found with { Description = description, Updated = time.GetUtcNow() };
            await ModelsSql.UpdateAsync(tx, found);
            await journal.AppendAsync(tx, new ModelDescribed(owner.Project, model, version, description ?? ""), actor, null);
            return found;
        },
        cancel);

    /// <summary>Deletes a version with its aliases; its number is not used again. What serves predictions is not deleted.</summary>
    public Task DeleteAsync(string model, int version, Actor actor, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var (owner, found) = await BothAsync(tx, model, version);
            if ((await Links.ToAsync(tx, found.Ref)).FirstOrDefault(link => link.Relation == "serves") is { } serving) throw InUse(found, $"the deployment {serving.Source.Id} has served it");
            if (owner.Project is not null && await ModelsSql.AliasAsync(tx, model, Aliases.Champion) is { } champion && champion.Version == version) throw InUse(found, "it is the champion");
            await Approvals.CheckDeleteAsync(tx, [found], actor);
            foreach (var link in found.Links()) await Links.RemoveAsync(tx, link.Source, link.Relation, link.Target);
            await ModelsSql.DeleteVersionAsync(tx, model, version);
            await ModelsSql.UpdateAsync(tx, owner with { Updated = time.GetUtcNow() });
            await journal.AppendAsync(tx, new VersionDeleted(owner.Project, model, version), actor.Name, null);
        },
        cancel);

    /// <summary>Moves a version to a stage; on request, the others in that stage are archived.</summary>
    /// <exception cref="Refusal">The stage it comes from or goes to is protected, and the actor may not.</exception>
    public Task<ModelVersion> MoveToStageAsync(string model, int version, ModelStage stage, bool archive, Actor actor, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var ((owner, found), now) = (await BothAsync(tx, model, version), time.GetUtcNow());
            if (found.Stage != stage || archive) await approvals.CheckStageAsync(tx, found, stage, actor);
            if (archive)
            {
                foreach (var other in (await ModelsSql.VersionsAsync(tx, model)).Where(other => other.Stage == stage && other.Version != version))
                {
                    await ModelsSql.UpdateAsync(tx, other with { Stage = ModelStage.Archived, Updated = now });
                    await journal.AppendAsync(tx, new StageChanged(owner.Project, model, other.Version, stage, ModelStage.Archived), actor.Name, null);
                }
            }

            await journal.AppendAsync(tx, new StageChanged(owner.Project, model, version, found.Stage, stage), actor.Name, null);
            found = found with { Stage = stage, Updated = now };
            await ModelsSql.UpdateAsync(tx, found);
            await ModelsSql.UpdateAsync(tx, owner with { Updated = now });
            return found;
        },
        cancel);

    public Task SetTagAsync(string model, int version, string key, string value, string actor, CancellationToken cancel)
    {
        ModelRules.CheckTag(key, value);
        return db.WriteAsync(
            async tx =>
            {
                var (owner, found) = await BothAsync(tx, model, version);
                if (key == RegisteredModel.PromptText && found.Tags.TryGetValue(key, out var text) && text != value) throw Fixed(found);
                await ModelsSql.SetTagAsync(tx, model, version, key, value);
                await journal.AppendAsync(tx, new ModelTagSet(owner.Project, model, version, key, value, owner.IsPrompt), actor, null);
            },
            cancel);
    }

    /// <summary>Deletes a tag; one that is not there is as good as deleted.</summary>
    public Task DeleteTagAsync(string model, int version, string key, string actor, CancellationToken cancel)
    {
        RunRules.CheckTagKey(key);
        return db.WriteAsync(
            async tx =>
            {
                var (owner, found) = await BothAsync(tx, model, version);
                if (key == RegisteredModel.PromptText && found.Tags.ContainsKey(key)) throw Fixed(found);
                if (await ModelsSql.DeleteTagAsync(tx, model, version, key)) await journal.AppendAsync(tx, new ModelTagDeleted(owner.Project, model, version, key, owner.IsPrompt), actor, null);
            },
            cancel);
    }

    /// <summary>Lets a name stand for a version because a person says so. The same again changes nothing. Returns the event, or null where nothing changed.</summary>
    /// <exception cref="Refusal">The alias is protected, and this move of it was not approved.</exception>
    public async Task<string?> MoveAsync(Tx tx, string model, string alias, int version, Actor actor, string reason)
    {
        ModelRules.CheckNewAlias(alias);
        if ((await ModelsSql.AliasAsync(tx, model, alias))?.Version == version) return null;
        await approvals.CheckMoveAsync(tx, model, alias, version, actor);
        return await MoveAsync(tx, model, alias, version, actor.Name, reason, (await GetAsync(tx, model, version)).Event);
    }

    /// <summary>Lets a name stand for a version, by policy. The same again changes nothing. Returns the event, or null where nothing changed.</summary>
    public async Task<string?> MoveAsync(Tx tx, string model, string alias, int version, string actor, string reason, string? cause)
    {
        ModelRules.CheckNewAlias(alias);
        var (owner, target) = await BothAsync(tx, model, version);
        if (owner.Project is { } project && alias == Aliases.Champion && target.Content.Kind != PackageKind.Flyball)
        {
            throw Refusal.Conflict("in-use", $"The champion of {model} serves the predictions of the project {project}; version {version} was registered by {target.Author} and is no package that Flyball can verify and serve.");
        }

        var before = await ModelsSql.AliasAsync(tx, model, alias);
        if (before?.Version == version) return null;
        var entry = await journal.AppendAsync(tx, new AliasMoved(owner.Project, model, alias, version, before?.Version, reason, owner.IsPrompt), actor, cause);
        await ModelsSql.PutAliasAsync(tx, new ModelAlias(model, alias, version, time.GetUtcNow(), actor, reason, entry));
        return entry;
    }

    /// <summary>Deletes an alias; one that is not there is as good as deleted.</summary>
    /// <exception cref="Refusal">The alias is protected, and the actor may not.</exception>
    public Task DeleteAliasAsync(string model, string alias, Actor actor, CancellationToken cancel)
    {
        ModelRules.CheckAlias(alias);
        return db.WriteAsync(
            async tx =>
            {
                var owner = await RegisteredModels.GetAsync(tx, model);
                if (await ModelsSql.AliasAsync(tx, model, alias) is not { } known) return;
                await Approvals.CheckDeleteAsync(tx, model, alias, actor);
                await ModelsSql.DeleteAliasAsync(tx, model, alias);
                await journal.AppendAsync(tx, new AliasDeleted(owner.Project, model, alias, known.Version, owner.IsPrompt), actor.Name, null);
            },
            cancel);
    }

    public Task<ModelVersion?> ByAliasAsync(string model, string alias, CancellationToken cancel) => db.ReadAsync(tx => ByAliasAsync(tx, model, alias), cancel);

    public static async Task<ModelVersion?> ByAliasAsync(Tx tx, string model, string alias) =>
        await ModelsSql.AliasAsync(tx, model, alias) is { } known ? await ModelsSql.FindAsync(tx, model, known.Version) : null;

    public Task<ModelVersion> GetAsync(string model, int version, CancellationToken cancel) => db.ReadAsync(tx => GetAsync(tx, model, version), cancel);

    public static async Task<ModelVersion> GetAsync(Tx tx, string model, int version) => await ModelsSql.FindAsync(tx, model, version) ?? throw ModelRules.NoVersion(model, version);

    public Task<List<ModelVersion>> VersionsAsync(string model, CancellationToken cancel) => db.ReadAsync(tx => ModelsSql.VersionsAsync(tx, model), cancel);

    public Task<List<ModelAlias>> AliasesAsync(string model, CancellationToken cancel) => db.ReadAsync(tx => ModelsSql.AliasesAsync(tx, model), cancel);

    private static async Task<(RegisteredModel Model, ModelVersion Version)> BothAsync(Tx tx, string model, int version)
    {
        // without its model there is no version, and that is what is said
        var found = await GetAsync(tx, model, version);
        return (await RegisteredModels.GetAsync(tx, model), found);
    }

    private static Refusal Fixed(ModelVersion version) => Refusal.Conflict("in-use", $"The text of version {version.Version} of {version.Model} does not change; register a new version.");

    private static Refusal InUse(ModelVersion version, string why) => Refusal.Conflict("in-use", $"Version {version.Version} of {version.Model} cannot be deleted: {why}. Let another version take its place first.");
}
