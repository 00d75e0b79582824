using System.Diagnostics;
using Flyball.Client;

namespace Flyball.Server.Registry;

/// <summary>What came of an import.</summary>
internal sealed record ImportReport
{
    public long Experiments { get; set; }

    public long Runs { get; set; }

    public long RunsBefore { get; set; }

    public long Points { get; set; }

    public long Files { get; set; }

    public long Bytes { get; set; }

    public long LoggedModels { get; set; }

    public long Models { get; set; }

    public long Versions { get; set; }

    /// <summary>What was not taken, and why.</summary>
    public List<string> NotTaken { get; } = [];
}

/// <summary>
/// Sends a store of MLflow's to a server, over HTTP: experiments, runs with every point and file, logged models, registered models with versions, stages and aliases. Begun again, it goes on where it ended.
/// </summary>
/// <param name="artifacts">The folder that <c>mlflow-artifacts:</c> addresses of the store mean; null: they are not imported.</param>
/// <param name="alsoFrom">Folders beside the store's own whose files may be taken where the store names them.</param>
internal sealed class MLflowImport(MLflowStore store, string? artifacts, IReadOnlyList<string> alsoFrom, FlyballClient client, Action<string> say)
{
    private const int PointsAtOnce = 10_000;
    private const int TellEvery = 1000;
    private const string NotImporting = "run-not-importing";
    private readonly ImportReport report = new();
    private readonly Dictionary<string, string> experiments = new(StringComparer.Ordinal);

    /// <summary>Where the files of runs and logged models are here, and of which logged model, by where they were.</summary>
    private readonly Dictionary<string, Place> places = new(StringComparer.Ordinal);

    /// <summary>The places here of the logged models that were taken, by id.</summary>
    private readonly Dictionary<string, string> loggedModels = new(StringComparer.Ordinal);

    /// <summary>Runs that read or made logged models which had not been taken when they were.</summary>
    private readonly List<(string Run, ImportRunModels Models)> late = [];
    private readonly HashSet<string> farPlaces = new(StringComparer.Ordinal);
    private readonly List<string> own = [.. store.Places.Concat(artifacts is null ? [] : [artifacts]).Concat(alsoFrom).Where(Directory.Exists).Select(Real)];
    private readonly List<string> homes = [.. store.Places.Concat(artifacts is null ? [] : [artifacts]).Where(Directory.Exists).Select(Real)];
    private readonly Stopwatch watch = Stopwatch.StartNew();

    public async Task<ImportReport> RunAsync(CancellationToken cancel)
    {
        store.Tell = report.NotTaken.Add;
        var all = Experiments();
        for (var i = 0; i < all.Count; i++)
        {
            await TakeAsync($"experiment {(all[i].Name.Length > 0 ? all[i].Name : all[i].Id)}", ExperimentAsync(all[i], cancel));
            var left = watch.Elapsed / (i + 1) * (all.Count - i - 1);
            say($"{all[i].Name}: {report.Runs + report.RunsBefore:N0} runs so far, experiment {i + 1} of {all.Count}{(left > TimeSpan.FromSeconds(2) ? $", about {left.TotalSeconds:N0} s to go" : "")}");
        }

        foreach (var (run, models) in late) await TakeAsync($"run {run}", NoteModelsAsync(run, models, cancel));
        await EachAsync("registered models", store.Models, model => TakeAsync($"model {model.Info.Name}", ModelAsync(model, cancel)));
        await EachAsync("what Flyball has no place for", store.NotTaken, left =>
        {
            report.NotTaken.Add($"{left.Count:N0} {left.What}: Flyball has no place for them");
            return Task.CompletedTask;
        });
        return report;
    }

    private List<ImportExperiment> Experiments()
    {
        try
        {
            return [.. MLflowStore.Read(store.Experiments)];
        }
        catch (UnreadableException wrong)
        {
            throw new Hosting.VerbException($"The experiments of {store.Source} cannot be taken: {wrong.Message}");
        }
    }

    private async Task ExperimentAsync(ImportExperiment from, CancellationToken cancel)
    {
        var here = await client.ImportExperimentAsync(from, cancel);
        report.Experiments++;
        Note($"experiment {from.Name}", here.NotTaken);
        experiments[from.Id] = here.Id;
        await EachAsync($"logged models of experiment {from.Name}", () => store.LoggedModels(from.Id), model => TakeAsync($"logged model {model.Info.Id}", LoggedModelAsync(model, here.Id, cancel)));
        await EachAsync($"runs of experiment {from.Name}", () => store.Runs(from.Id), async run =>
        {
            await TakeAsync($"run {run.Info.Id}", RunAsync(run, here.Id, cancel));
            if ((report.Runs + report.RunsBefore) % TellEvery == 0) say($"{from.Name}: {report.Runs + report.RunsBefore:N0} runs so far, {report.Runs / watch.Elapsed.TotalSeconds:N0} a second");
        });

        if (from.Deleted) await client.DeleteImportedExperimentAsync(here.Id, cancel);
    }

    private async Task RunAsync(StoredRun run, string experiment, CancellationToken cancel)
    {
        var what = $"run {run.Info.Id}";
        var place = $"{experiment}/{run.Info.Id}/artifacts";
        if (run.ArtifactUri.Length > 0) places[run.ArtifactUri.TrimEnd('/')] = new Place(place, null);
        var info = run.Info with { Experiment = experiment };
        var here = info with { Models = [.. info.Models.Where(loggedModels.ContainsKey)], Outputs = [.. info.Outputs.Where(made => loggedModels.ContainsKey(made.Model))] };
        var begun = await client.ImportRunAsync(here, cancel);
        if (here.Models.Count + here.Outputs.Count < info.Models.Count + info.Outputs.Count) late.Add((info.Id, new ImportRunModels(info.Models, info.Outputs)));
        if (begun.Done)
        {
            report.RunsBefore++;
            Note(what, begun.NotTaken);
            // its files may have been out of reach then
            if (IsFull(run.ArtifactUri) && (await client.ListArtifactsAsync(run.Info.Id, null, cancel)).Count == 0) await FilesAsync(what, run.Info.Id, run.ArtifactUri, place, cancel);
            return;
        }

        Note(what, begun.NotTaken);
        foreach (var (of, such) in run.Untimed) report.NotTaken.Add($"{what}: its {of} at {such}, which is no time in milliseconds between 1970 and 9999; {(of == "start" ? "it starts with 1970 here" : "it has no end here")}");
        try
        {
            var points = await PointsAsync(what, leave => store.Metrics(run, leave), part => client.ImportMetricsAsync(run.Info.Id, new ImportMetrics(part), cancel));
            await FilesAsync(what, run.Info.Id, run.ArtifactUri, place, cancel);
            await client.FinishImportAsync(run.Info.Id, new FinishImport(run.Deleted), cancel);
            report.Points += points;
            report.Runs++;
        }
        catch (FlyballException refused) when (refused.Code == NotImporting)
        {
            // another import was faster, and the run is here whole
            if (!(await client.ImportRunModelsAsync(run.Info.Id, new ImportRunModels([], []), cancel)).Done) throw;
            report.RunsBefore++;
        }
    }

    private async Task LoggedModelAsync(StoredLoggedModel model, string experiment, CancellationToken cancel)
    {
        var what = $"logged model {model.Info.Id}";
        var place = $"{experiment}/models/{model.Info.Id}/artifacts";
        if (model.ArtifactUri.Length > 0) places[model.ArtifactUri.TrimEnd('/')] = new Place(place, model.Info.Id);
        var taken = await client.ImportLoggedModelAsync(model.Info with { Experiment = experiment }, cancel);
        Note(what, taken.NotTaken);
        loggedModels[model.Info.Id] = place;
        var points = await PointsAsync(what, leave => store.MetricsOf(model.Info, leave), part => client.ImportLoggedModelMetricsAsync(model.Info.Id, new ImportModelMetrics(part), cancel));
        if (!taken.Done) report.Points += points;
        await FilesAsync(what, model.Info.Id, model.ArtifactUri, place, cancel);
        if (!taken.Done) report.LoggedModels++;
    }

    /// <summary>Sends points in parts, tells of those that are not whole, and returns how many were taken.</summary>
    private async Task<long> PointsAsync<T>(string what, Func<LeaveOut, IEnumerable<T>> read, Func<T[], Task<ImportedPoints>> send)
    {
        var (taken, left, refused) = (0L, new Dictionary<(string Metric, string Why), (string Such, long Count)>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var part in MLflowStore.Read(() => read((metric, such, why) => left[(metric, why)] = left.TryGetValue((metric, why), out var known) ? known with { Count = known.Count + 1 } : (such, 1))).Chunk(PointsAtOnce))
        {
            var sent = await send(part);
            // each part tells of its own
            Note(what, [.. sent.NotTaken.Where(refused.Add)]);
            taken += sent.Points;
        }

        foreach (var ((metric, why), (such, count)) in left.OrderBy(points => points.Key.Metric, StringComparer.Ordinal)) report.NotTaken.Add($"{what}, {(metric.Length == 0 ? "metrics" : $"metric {metric}")}: {count:N0} {(count == 1 ? "point" : "points")}{such}{why}");
        return taken;
    }

    private async Task ModelAsync(StoredModel model, CancellationToken cancel)
    {
        var taken = await client.ImportModelAsync(model.Info, cancel);
        Note($"model {model.Info.Name}", taken.NotTaken);
        if (!taken.Done) report.Models++;
        foreach (var version in model.Versions) await TakeAsync($"model {model.Info.Name} version {version.Version}", VersionAsync(model.Info.Name, version, cancel));
        if (model.Aliases.Count > 0) Note($"model {model.Info.Name}", (await client.ImportAliasesAsync(model.Info.Name, new ImportAliases(model.Aliases, model.Info.Source), cancel)).NotTaken);
    }

    private async Task VersionAsync(string model, ImportModelVersion version, CancellationToken cancel)
    {
        var (what, place) = ($"model {model} version {version.Version}", PlaceOf(version.Files ?? version.SourceUri));
        if (place is null) report.NotTaken.Add($"{what}: its files at {version.Files ?? version.SourceUri} are not among those imported; the version is, without them");
        var imported = await client.ImportModelVersionAsync(model, version with { Files = place?.Files, LoggedModel = version.LoggedModel ?? LoggedModelOf(version.SourceUri) ?? place?.LoggedModel }, cancel);
        Note(what, imported.NotTaken);
        if (!imported.Done) report.Versions++;
    }

    /// <summary>Notes the logged models that came after a run. A run that was removed for good meanwhile stays away, which is told.</summary>
    private async Task NoteModelsAsync(string run, ImportRunModels models, CancellationToken cancel) => Note($"run {run}", (await client.ImportRunModelsAsync(run, models, cancel)).NotTaken);

    /// <summary>Takes what a part of the store holds, as far as it can be read.</summary>
    private async Task EachAsync<T>(string what, Func<IEnumerable<T>> stored, Func<T, Task> take)
    {
        try
        {
            foreach (var one in MLflowStore.Read(stored)) await take(one);
        }
        catch (UnreadableException wrong)
        {
            report.NotTaken.Add($"{what}: {wrong.Message}");
        }
    }

    /// <summary>What is refused, or cannot be read there, is told of and left out; the rest goes on.</summary>
    private async Task TakeAsync(string what, Task taking)
    {
        try
        {
            await taking;
        }
        catch (FlyballException refused) when (refused.Status is >= 400 and < 500)
        {
            report.NotTaken.Add($"{what}: {refused.Message}");
        }
        catch (UnreadableException wrong)
        {
            report.NotTaken.Add($"{what}: {wrong.Message}");
        }
    }

    /// <summary>Where files that were imported are here, as the source of a version is written; null where they were not.</summary>
    private Place? PlaceOf(string uri)
    {
        if (uri.StartsWith("runs:/", StringComparison.Ordinal)) return new Place(uri, null);
        uri = uri.TrimEnd('/');
        // by its place: what was deleted is found by no other address
        if (LoggedModelOf(uri) is { } id) return loggedModels.TryGetValue(id, out var at) ? new Place($"mlflow-artifacts:/{at}", id) : null;
        foreach (var (there, here) in places)
        {
            if (uri == there) return here with { Files = $"mlflow-artifacts:/{here.Files}" };
            if (uri.StartsWith($"{there}/", StringComparison.Ordinal)) return here with { Files = $"mlflow-artifacts:/{here.Files}/{uri[(there.Length + 1)..]}" };
        }

        return null;
    }

    /// <summary>The logged model that an address names by its id.</summary>
    private static string? LoggedModelOf(string uri) => uri.StartsWith("models:/m-", StringComparison.Ordinal) && uri["models:/".Length..].TrimEnd('/') is var id && !id.Contains('/', StringComparison.Ordinal) ? id : null;

    private async Task FilesAsync(string what, string id, string uri, string place, CancellationToken cancel)
    {
        if (uri.Length == 0) return;
        if (LocalFolder(uri) is not { } local)
        {
            var scheme = uri[..uri.IndexOf(':', StringComparison.Ordinal)];
            if (farPlaces.Add(scheme)) report.NotTaken.Add($"files at {scheme}: addresses, such as {uri}: {(scheme == "mlflow-artifacts" ? "name the folder that the old server kept them in with --artifacts" : "copy them into a folder first")}");
            return;
        }

        if (!Directory.Exists(local)) return;
        local = Real(local);
        if (!IsOwn(local))
        {
            // once for all runs of a folder
            var home = local.IndexOf($"/{id}/", StringComparison.Ordinal) is var at and > 0 ? local[..at] : local;
            if (farPlaces.Add(home)) report.NotTaken.Add($"files in {home}, such as those of {what} at {uri}: they lie outside of {string.Join(" and ", own)}; if they belong to the store, begin again with --also-from {home}");
            return;
        }

        // a store's own folder has the files of all of it, and its database
        if (homes.Contains(local))
        {
            report.NotTaken.Add($"{what}: its files at {uri}, which is the folder of all of them");
            return;
        }

        foreach (var path in MLflowStore.Read(() => Directory.EnumerateFiles(local, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Order(StringComparer.Ordinal)))
        {
            var name = Path.GetRelativePath(local, path).Replace(Path.DirectorySeparatorChar, '/');
            try
            {
                await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
                var size = content.Length;
                await client.PutArtifactAsync($"{place}/{name}", content, cancel);
                report.Files++;
                report.Bytes += size;
            }
            catch (Exception refused) when (refused is FlyballException { Status: >= 400 and < 500 } or UnauthorizedAccessException or IOException)
            {
                report.NotTaken.Add($"{what}, file {name}: {refused.Message}");
            }
        }
    }

    /// <summary>The folder of an address on this machine; null where it is elsewhere.</summary>
    private string? LocalFolder(string uri)
    {
        const string Proxied = "mlflow-artifacts:";
        if (uri.StartsWith("file://", StringComparison.Ordinal)) return Uri.UnescapeDataString(uri["file://".Length..] is ['/', ..] path ? path : uri[(uri.IndexOf('/', 7) is var slash and > 0 ? slash : 7)..]);
        if (uri.StartsWith(Proxied, StringComparison.Ordinal))
        {
            var rest = uri[Proxied.Length..];
            if (rest.StartsWith("//", StringComparison.Ordinal)) rest = rest.IndexOf('/', 2) is var host and > 0 ? rest[host..] : "";
            return artifacts is null ? null : Path.Combine(artifacts, rest.TrimStart('/'));
        }

        return uri.IndexOf(':', StringComparison.Ordinal) > 1 ? null : Path.Combine(store.Folder, uri);
    }

    private bool IsOwn(string real) => own.Exists(root => real == root || real.StartsWith($"{root.TrimEnd('/')}/", StringComparison.Ordinal));

    private bool IsFull(string uri) => uri.Length > 0 && LocalFolder(uri) is { } local && Directory.Exists(local) && IsOwn(Real(local)) && MLflowStore.Read(() => Directory.EnumerateFileSystemEntries(local)).Any();

    /// <summary>A folder that is there, without dots and links on the way to it.</summary>
    private static string Real(string folder)
    {
        var real = "/";
        foreach (var part in Path.GetFullPath(folder).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = Directory.ResolveLinkTarget(next, returnFinalTarget: true) is { } target ? Real(target.FullName) : next;
        }

        return real;
    }

    private void Note(string what, IReadOnlyList<string> notTaken) => report.NotTaken.AddRange(notTaken.Select(reason => $"{what}, {reason}"));

    /// <param name="Files">Where they are here.</param>
    /// <param name="LoggedModel">The logged model whose files they are.</param>
    private sealed record Place(string Files, string? LoggedModel);
}
