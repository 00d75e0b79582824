using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>Takes registered models of another store with the numbers of their versions. A model that was registered here is not mixed with one of another store.</summary>
internal sealed class ModelImport(Db db, ModelSources sources, Models models, RegisteredModels registered)
{
    /// <summary>Numbers of versions go on from the largest, so one may not be so large that nothing follows it.</summary>
    private const int MostVersions = 1_000_000_000;

    public Task<Imported> ModelAsync(ImportModel from, string actor, CancellationToken cancel)
    {
        ModelRules.Name(from.Name);
        return db.WriteAsync(
            async tx =>
            {
                if (await ModelsSql.ModelAsync(tx, from.Name) is { } known)
                {
                    return known.Tags.ContainsKey(RunImport.DoneTag) ? new Imported(true, []) : throw Refusal.Conflict("model-exists", $"A model {from.Name} is registered here already; it is not mixed with another store's.");
                }

                var left = new Leftovers();
                var tags = left.Fitting(from.Tags, "tag", Tag);
                tags[RunImport.DoneTag] = $"{from.Source}, by {actor}";
                await registered.ImportAsync(tx, new RegisteredModel(from.Name, null, from.Description, from.Created, from.Updated, 0, tags), actor);
                return new Imported(false, left.Told);
            },
            cancel);
    }

    public async Task<Imported> VersionAsync(string model, ImportModelVersion from, CancellationToken cancel)
    {
        if (from.Version is < 1 or > MostVersions) throw Refusal.Invalid("model-version", $"'{from.Version}' cannot be the number of a version.");
        var stage = ModelRules.Stage(from.Stage);
        var found = from.Files is { } files ? await sources.FindAsync(files, cancel) : new ModelFiles([], []);
        return await db.WriteAsync(
            async tx =>
            {
                var left = new Leftovers();
                // one that was deleted counts: it stays for the sake of its versions
                var made = from.LoggedModel is { } named && await left.TryAsync("logged model", () => LoggedModels.KnownAsync(tx, named)) ? named : null;
                if (await ModelsSql.FindAsync(tx, model, from.Version) is { } known)
                {
                    // an import of before took versions without what they were made from
                    if (made is not null && known.LoggedModel is null && known.Source == from.SourceUri) await Models.MadeFromAsync(tx, known, made);
                    return new Imported(true, left.Told);
                }

                if (await WasDeletedAsync(tx, model, from.Version)) return new Imported(true, [.. left.Told, "it was deleted here"]);
                var version = new NewVersion(
                    from.SourceUri, from.Files ?? from.SourceUri, from.Run, made, null, ModelPackages.DigestOf(found.Files), VersionStatus.Unjudged,
                    ModelContent.OfFiles(found.Files, ModelPackages.KindOf(found.Files), found.Flavors), from.RunLink, from.Description, left.Fitting(from.Tags, "tag", Tag));
                // a stage is protected as the alias of its name is, also for whoever imports
                if (stage is ModelStage.Staging or ModelStage.Production && await Approvals.IsDeclaredAsync(tx, model, stage.ToString().ToLowerInvariant()))
                {
                    left.Tell($"its stage {stage} is protected here, so it is in none until an approver moves it");
                    stage = ModelStage.None;
                }

                await models.ImportAsync(tx, model, from.Version, version, stage, from.User, from.Created, from.Updated);
                return new Imported(false, left.Told);
            },
            cancel);
    }

    /// <summary>Lets aliases stand for the versions that they stood for there. One that was ever set here stays as it is; one that is protected here needs an approval, as always.</summary>
    public Task<Imported> AliasesAsync(string model, ImportAliases from, Access.Actor actor, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var left = new Leftovers();
            var subject = new Ref("model", model).ToString();
            var since = await RegisteredAsync(tx, model);
            var moved = (await Journal.LatestAsync(tx, null, int.MaxValue, null, AliasMoved.Type, subject)).Where(entry => entry.Seq > since);
            var set = moved.Select(entry => entry.As<AliasMoved>().Alias).ToHashSet(StringComparer.Ordinal);
            foreach (var (alias, version) in from.Aliases.Where(pair => !set.Contains(pair.Key))) await left.TryAsync($"alias {Refusal.Shown(alias)}", () => models.MoveAsync(tx, model, alias, version, actor, $"imported from {from.Source}"));
            return new Imported(false, left.Told);
        },
        cancel);

    private static async Task<bool> WasDeletedAsync(Tx tx, string model, int version) =>
        (await Journal.LatestAsync(tx, null, 1, null, VersionDeleted.Type, new Ref("model-version", $"{model}/{version}").ToString())).FirstOrDefault() is { } deleted && deleted.Seq > await RegisteredAsync(tx, model);

    /// <summary>When a model came to be, by the journal's count: what was before is of another that had its name.</summary>
    private static async Task<long> RegisteredAsync(Tx tx, string model) => (await Journal.LatestAsync(tx, null, 1, null, ModelRegistered.Type, new Ref("model", model).ToString())).FirstOrDefault()?.Seq ?? 0;

    private static string Tag(string key, string value)
    {
        ModelRules.CheckTag(key, value);
        return value;
    }
}

/// <summary>The files of a model that a version is made of.</summary>
internal sealed record ModelFiles(IReadOnlyList<Artifact> Files, IReadOnlyList<string> Flavors);
