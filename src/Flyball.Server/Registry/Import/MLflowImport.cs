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
    private static readonly Dictionary<string, string> Nothing = [];
    private readonly ImportReport report = new();
    private readonly Dictionary<string, string> experiments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> places = new(StringComparer.Ordinal);

    /// <summary>The places here of the logged models that were taken, by id.</summary>
    private readonly Dictionary<string, string> loggedModels = new(StringComparer.Ordinal);

    /// <summary>Runs that read or made logged models which had not been taken when they were.</summary>
    private readonly List<ImportRun> late = [];
    private readonly HashSet<string> farPlaces = new(StringComparer.Ordinal);
    private readonly List<string> own = [.. store.Places.Concat(artifacts is null ? [] : [artifacts]).Concat(alsoFrom).Where(Directory.Exists).Select(Real)];
    private readonly List<string> homes = [.. store.Places.Concat(artifacts is null ? [] : [artifacts]).Where(Directory.Exists).Select(Real)];
    private readonly Stopwatch watch = Stopwatch.StartNew();

    public async Task<ImportReport> RunAsync(CancellationToken cancel)
    {
        var all = store.Experiments().ToList();
        for (var i = 0; i < all.Count; i++)
        {
            await TakeAsync($"experiment {all[i].Name}", ExperimentAsync(all[i], cancel));
            var left = watch.Elapsed / (i + 1) * (all.Count - i - 1);
            say($"{all[i].Name}: {report.Runs + report.RunsBefore:N0} runs so far, experiment {i + 1} of {all.Count}{(left > TimeSpan.FromSeconds(2) ? $", about {left.TotalSeconds:N0} s to go" : "")}");
        }

        foreach (var run in late) await TakeAsync($"run {run.Id}", NoteModelsAsync(run, cancel));
        foreach (var model in store.Models()) await TakeAsync($"model {model.Info.Name}", ModelAsync(model, cancel));
        foreach (var (what, count) in store.NotTaken()) report.NotTaken.Add($"{count:N0} {what}: Flyball has no place for them");
        return report;
    }

    private async Task ExperimentAsync(ImportExperiment from, CancellationToken cancel)
    {
        var here = await client.ImportExperimentAsync(from, cancel);
        report.Experiments++;
        Note($"experiment {from.Name}", here.NotTaken);
        experiments[from.Id] = here.Id;
        foreach (var model in store.LoggedModels(from.Id)) await TakeAsync($"logged model {model.Info.Id}", LoggedModelAsync(model, here.Id, cancel));
        foreach (var run in store.Runs(from.Id))
        {
            await TakeAsync($"run {run.Info.Id}", RunAsync(run, here.Id, cancel));
            if ((report.Runs + report.RunsBefore) % TellEvery == 0) say($"{from.Name}: {report.Runs + report.RunsBefore:N0} runs so far, {report.Runs / watch.Elapsed.TotalSeconds:N0} a second");
        }

        if (from.Deleted) await client.DeleteImportedExperimentAsync(here.Id, cancel);
    }

    private async Task RunAsync(StoredRun run, string experiment, CancellationToken cancel)
    {
        var what = $"run {run.Info.Id}";
        var place = $"{experiment}/{run.Info.Id}/artifacts";
        if (run.ArtifactUri.Length > 0) places[run.ArtifactUri.TrimEnd('/')] = place;
        var info = run.Info with { Experiment = experiment };
        var here = info with { Models = [.. info.Models.Where(loggedModels.ContainsKey)], Outputs = [.. info.Outputs.Where(made => loggedModels.ContainsKey(made.Model))] };
        var begun = await client.ImportRunAsync(here, cancel);
        if (here.Models.Count + here.Outputs.Count < info.Models.Count + info.Outputs.Count) late.Add(info with { Params = Nothing, Tags = Nothing, Datasets = [] });
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
        report.Points += await PointsAsync(what, untimed => store.Metrics(run, untimed), points => client.ImportMetricsAsync(run.Info.Id, new ImportMetrics(points), cancel));
        await FilesAsync(what, run.Info.Id, run.ArtifactUri, place, cancel);
        await client.FinishImportAsync(run.Info.Id, new FinishImport(run.Deleted), cancel);
        report.Runs++;
    }

    private async Task LoggedModelAsync(StoredLoggedModel model, string experiment, CancellationToken cancel)
    {
        var what = $"logged model {model.Info.Id}";
        var place = $"{experiment}/models/{model.Info.Id}/artifacts";
        if (model.ArtifactUri.Length > 0) places[model.ArtifactUri.TrimEnd('/')] = place;
        var taken = await client.ImportLoggedModelAsync(model.Info with { Experiment = experiment }, cancel);
        Note(what, taken.NotTaken);
        loggedModels[model.Info.Id] = place;
        var points = await PointsAsync(what, untimed => store.MetricsOf(model.Info, untimed), part => client.ImportLoggedModelMetricsAsync(model.Info.Id, new ImportModelMetrics(part), cancel));
        if (!taken.Done) report.Points += points;
        await FilesAsync(what, model.Info.Id, model.ArtifactUri, place, cancel);
        if (!taken.Done) report.LoggedModels++;
    }

    /// <summary>Sends points in parts, tells of those that have no time, and returns how many were sent.</summary>
    private async Task<long> PointsAsync<T>(string what, Func<Action<string, string>, IEnumerable<T>> read, Func<T[], Task<Imported>> send)
    {
        var (sent, untimed) = (0L, new SortedDictionary<string, (string Such, long Count)>(StringComparer.Ordinal));
        foreach (var part in read((key, at) => untimed[key] = untimed.TryGetValue(key, out var known) ? known with { Count = known.Count + 1 } : (at, 1)).Chunk(PointsAtOnce))
        {
            Note(what, (await send(part)).NotTaken);
            sent += part.Length;
        }

        foreach (var (key, (such, count)) in untimed) report.NotTaken.Add($"{what}, metric {key}: {count:N0} {(count == 1 ? "point" : "points")} at {such}, which is no time in milliseconds between 1970 and 9999");
        return sent;
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
        var (what, files) = ($"model {model} version {version.Version}", PlaceOf(version.Files ?? version.SourceUri));
        if (files is null) report.NotTaken.Add($"{what}: its files at {version.Files ?? version.SourceUri} are not among those imported; the version is, without them");
        var imported = await client.ImportModelVersionAsync(model, version with { Files = files }, cancel);
        Note(what, imported.NotTaken);
        if (!imported.Done) report.Versions++;
    }

    private async Task NoteModelsAsync(ImportRun run, CancellationToken cancel) => Note($"run {run.Id}", (await client.ImportRunAsync(run, cancel)).NotTaken);

    /// <summary>What is refused is told of and left out; the rest goes on.</summary>
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
    }

    /// <summary>Where files that were imported are here, as the source of a version is written; null where they were not.</summary>
    private string? PlaceOf(string uri)
    {
        if (uri.StartsWith("runs:/", StringComparison.Ordinal)) return uri;
        uri = uri.TrimEnd('/');
        // by its place: what was deleted is found by no other address
        if (uri.StartsWith("models:/m-", StringComparison.Ordinal)) return loggedModels.TryGetValue(uri["models:/".Length..], out var at) ? $"mlflow-artifacts:/{at}" : null;
        foreach (var (there, here) in places)
        {
            if (uri == there) return $"mlflow-artifacts:/{here}";
            if (uri.StartsWith($"{there}/", StringComparison.Ordinal)) return $"mlflow-artifacts:/{here}/{uri[(there.Length + 1)..]}";
        }

        return null;
    }

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

        foreach (var path in Directory.EnumerateFiles(local, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Order(StringComparer.Ordinal))
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

    private bool IsFull(string uri) => uri.Length > 0 && LocalFolder(uri) is { } local && Directory.Exists(local) && IsOwn(Real(local)) && Directory.EnumerateFileSystemEntries(local).Any();

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
}
