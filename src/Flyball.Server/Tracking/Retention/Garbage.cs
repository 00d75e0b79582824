using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Deleted things that would be removed for good.</summary>
/// <param name="Kept">Deleted runs and logged models that stay, since versions of models were made from them.</param>
internal sealed record GarbageFound(IReadOnlyList<GarbageRun> Runs, IReadOnlyList<Experiment> Experiments, IReadOnlyList<GarbageModel> LoggedModels, IReadOnlyList<GarbageKept> Kept);

internal sealed record GarbageRun(long Number, string Id, string Experiment)
{
    public Ref Ref => new("run", Id);
}

internal sealed record GarbageModel(string Id, string Experiment)
{
    public Ref Ref => new("logged-model", Id);
}

/// <param name="Version">The version of a model that needs it.</param>
internal sealed record GarbageKept(Ref Thing, Ref Version);

/// <summary>How many files deleted things have, and the bytes that nothing else needs.</summary>
internal readonly record struct GarbageSize(long Files, long Bytes);

/// <summary>Removes for good what was deleted: rows, points and files. What a version of a model was made from stays until the version is deleted.</summary>
internal sealed class Garbage(Db db, DiskObjectStore objects, FlyballServerOptions options, Journal journal, RunIndex index, LoggedModelIndex loggedModels, NewestPoints newest)
{
    private const int Together = 200;

    /// <summary>What was deleted before a time, in these experiments or in all.</summary>
    public static async Task<GarbageFound> FindAsync(Tx tx, DateTimeOffset before, IReadOnlyCollection<string>? experiments)
    {
        var needed = await GarbageSql.NeededAsync(tx);
        var kept = new List<GarbageKept>();
        bool IsAsked(string experiment) => experiments is null || experiments.Contains(experiment);
        bool IsFree(Ref thing)
        {
            if (!needed.TryGetValue(thing, out var version)) return true;
            kept.Add(new GarbageKept(thing, version));
            return false;
        }

        var deleted = (await GarbageSql.RunsAsync(tx, before)).FindAll(run => IsAsked(run.Experiment));
        var runs = deleted.FindAll(run => IsFree(run.Ref));
        var models = (await GarbageSql.LoggedModelsAsync(tx, before)).FindAll(model => IsAsked(model.Experiment));
        var gone = new List<Experiment>();
        var free = runs.CountBy(run => run.Experiment).ToDictionary();
        foreach (var experiment in (await ExperimentsSql.AllAsync(tx)).Where(known => known.Deleted && known.Updated <= before && known.Id != Experiment.DefaultId && IsAsked(known.Id)))
        {
            var own = await GarbageSql.LoggedModelsOfAsync(tx, experiment.Id);
            if (await GarbageSql.CountRunsAsync(tx, experiment.Id) != free.GetValueOrDefault(experiment.Id) || own.Exists(model => !IsFree(model.Ref))) continue;
            gone.Add(experiment);
            models.AddRange(own);
        }

        return new GarbageFound(runs, gone, [.. models.Distinct().Where(model => IsFree(model.Ref))], [.. kept.Distinct()]);
    }

    /// <summary>How much there is to remove.</summary>
    public static async Task<GarbageSize> SizeAsync(Tx tx, GarbageFound found)
    {
        var roots = found.Runs.Select(run => run.Id).Concat(found.LoggedModels.Select(model => model.Id)).ToHashSet(StringComparer.Ordinal);
        var owners = found.Runs.Select(run => run.Ref).Concat(found.LoggedModels.Select(model => model.Ref)).ToHashSet();
        var (files, sizes) = (0L, new Dictionary<string, long>(StringComparer.Ordinal));
        foreach (var root in roots)
        {
            foreach (var file in await ArtifactsSql.BelowAsync(tx, root, ""))
            {
                files++;
                sizes[file.Digest] = file.Size;
            }
        }

        var bytes = 0L;
        foreach (var (digest, size) in sizes)
        {
            if ((await Links.ToAsync(tx, new Ref("object", digest))).TrueForAll(link => owners.Contains(link.Source))) bytes += size;
        }

        return new GarbageSize(files, bytes);
    }

    /// <summary>Removes what was deleted before a time, at most <paramref name="most"/> things; the bytes of the files go once nothing is left.</summary>
    /// <returns>What was removed, the bytes given back, and how many things are left.</returns>
    public async Task<(GarbageFound Removed, long Bytes, long Left)> CollectAsync(DateTimeOffset before, IReadOnlyCollection<string>? experiments, int most, string actor, CancellationToken cancel)
    {
        var all = await db.ReadAsync(tx => FindAsync(tx, before, experiments), cancel);
        // what an experiment still holds goes with it or not at all
        var whole = all.Experiments.Select(experiment => experiment.Id).ToHashSet(StringComparer.Ordinal);
        var models = all.LoggedModels.ToLookup(model => whole.Contains(model.Experiment));
        var removed = new GarbageFound([.. all.Runs.Take(most)], [], [.. models[false].Take(Math.Max(0, most - all.Runs.Count))], all.Kept);
        var left = all.Runs.Count + models[false].LongCount() - removed.Runs.Count - removed.LoggedModels.Count;
        foreach (var part in removed.Runs.Chunk(Together)) await RemoveAsync(part, [], before, actor, cancel);
        foreach (var part in removed.LoggedModels.Chunk(Together)) await RemoveAsync([], part, before, actor, cancel);
        if (left == 0)
        {
            removed = removed with { Experiments = all.Experiments, LoggedModels = [.. removed.LoggedModels, .. models[true]] };
            foreach (var experiment in all.Experiments) await RemoveAsync(experiment.Id, before, actor, cancel);
        }

        var bytes = left == 0 && removed.Runs.Count + removed.LoggedModels.Count > 0 ? (await UsedObjects.SweepAsync(db, objects, options.OrphanGrace, cancel)).Bytes : 0;
        return (removed, bytes, left);
    }

    /// <summary>Removes things in one transaction, those of them that are still deleted and needed by nothing. Of no others is asked, since everybody who writes waits for this.</summary>
    private Task RemoveAsync(IReadOnlyList<GarbageRun> runs, IReadOnlyList<GarbageModel> models, DateTimeOffset before, string actor, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var (goneRuns, goneModels) = (new List<string>(), new List<string>());
            foreach (var run in runs)
            {
                if (!await GarbageSql.IsDeletedAsync(tx, run, before) || await GarbageSql.IsNeededAsync(tx, run.Ref)) continue;
                await GarbageSql.RemoveRunAsync(tx, run);
                index.Note(tx, RunChange.Gone(run.Number));
                tx.OnCommitted(() => newest.Forget(run.Number));
                goneRuns.Add(run.Id);
            }

            foreach (var model in models)
            {
                if (!await GarbageSql.IsDeletedAsync(tx, model, before) || await GarbageSql.IsNeededAsync(tx, model.Ref)) continue;
                await GarbageSql.RemoveLoggedModelAsync(tx, loggedModels, model);
                goneModels.Add(model.Id);
            }

            if (goneRuns.Count + goneModels.Count > 0) await journal.AppendAsync(tx, new GarbageRemoved([], goneRuns, goneModels), actor, null);
        },
        cancel);

    /// <summary>Removes an experiment with the logged models that it still has, unless it was restored, has runs again, or something needs one of them.</summary>
    private Task RemoveAsync(string experiment, DateTimeOffset before, string actor, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            if (await ExperimentsSql.FindAsync(tx, experiment) is not { Deleted: true } still || still.Updated > before || await GarbageSql.CountRunsAsync(tx, experiment) > 0) return;
            var models = await GarbageSql.LoggedModelsOfAsync(tx, experiment);
            foreach (var model in models)
            {
                if (await GarbageSql.IsNeededAsync(tx, model.Ref)) return;
            }

            foreach (var model in models) await GarbageSql.RemoveLoggedModelAsync(tx, loggedModels, model);
            await GarbageSql.RemoveExperimentAsync(tx, experiment);
            await journal.AppendAsync(tx, new GarbageRemoved([experiment], [], [.. models.Select(model => model.Id)]), actor, null);
        },
        cancel);
}
