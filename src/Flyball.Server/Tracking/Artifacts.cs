using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>What a file belongs to, and its path there.</summary>
/// <param name="Root">The id of a run or of a logged model, or <c>pinned/</c> and the id of what pins the files; empty for files that belong to nothing.</param>
internal readonly record struct ArtifactPlace(string Root, string Path)
{
    /// <summary>The first folder of the addresses of pinned files.</summary>
    public const string Pinned = "pinned";

    /// <summary>The folder of an experiment's logged models.</summary>
    public const string Models = "models";

    /// <summary>The folder of a run's or logged model's files.</summary>
    public const string Files = "artifacts";

    /// <summary>Whether this is a place of <see cref="IPinnedFiles"/>, where nothing is written.</summary>
    public bool IsPinned => Root.StartsWith(Pinned, StringComparison.Ordinal);

    public Ref Owner => Root.Length == 0 ? new Ref("artifacts", "proxy") : Root.StartsWith("m-", StringComparison.Ordinal) ? new Ref("logged-model", Root) : new Ref("run", Root);

    /// <summary>
    /// Reads the path of MLflow's artifact proxy: <c>…/run/artifacts/path</c>, <c>…/models/model/artifacts/path</c>, <c>pinned/id/path</c>, or any other. What stands before is the place of an experiment, its id unless whoever made it named another.
    /// </summary>
    public static ArtifactPlace OfProxied(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is [Pinned, ..]) return new ArtifactPlace(string.Join('/', parts.Take(2)), string.Join('/', parts.Skip(2)));
        for (var i = 0; i + 1 < parts.Length; i++)
        {
            if (parts[i + 1] != Files) continue;
            // MLflow's traces have ids and files like runs
            if ((parts[i].Length == 32 && (i == 0 || parts[i - 1] != "traces")) || (parts[i].StartsWith("m-", StringComparison.Ordinal) && i > 0 && parts[i - 1] == Models)) return new ArtifactPlace(parts[i], string.Join('/', parts[(i + 2)..]));
        }

        return new ArtifactPlace("", string.Join('/', parts));
    }
}

/// <summary>Files that another room has pinned: clients fetch them as all others, by <c>mlflow-artifacts:/pinned/ID</c>, and nobody writes them.</summary>
internal interface IPinnedFiles
{
    /// <summary>The files by their paths, or none where nothing with this id pins any.</summary>
    Task<IReadOnlyList<Artifact>> FilesAsync(Tx tx, string id);
}

/// <summary>Files of runs and logged models: a path names an object by its digest.</summary>
internal sealed class Artifacts(Db db, ObjectStore objects, IPinnedFiles pinned)
{
    /// <summary>Stores a file from a stream, in place of one that is there.</summary>
    public async Task PutAsync(ArtifactPlace place, Stream content, CancellationToken cancel)
    {
        RunRules.Path(place.Path);
        await db.ReadAsync(tx => CheckAsync(tx, place), cancel);
        var stored = await objects.PutAsync(content, cancel);
        await db.WriteAsync(
            async tx =>
            {
                await CheckAsync(tx, place);
                await LinkAsync(tx, place, new Artifact(place.Path, stored.Digest, stored.Size));
            },
            cancel);
    }

    /// <summary>Names a stored object as a file.</summary>
    public static async Task LinkAsync(Tx tx, ArtifactPlace place, Artifact artifact)
    {
        var before = await ArtifactsSql.FindAsync(tx, place.Root, place.Path);
        await ArtifactsSql.PutAsync(tx, place.Root, artifact with { Path = RunRules.Path(place.Path) });
        await Links.AddAsync(tx, place.Owner, "holds", new Ref("object", artifact.Digest));
        if (before is not null) await LetGoAsync(tx, place, before.Digest);
    }

    /// <summary>Names a stored object as a file of a run.</summary>
    public static Task LinkAsync(Tx tx, string run, Artifact artifact) => LinkAsync(tx, new ArtifactPlace(run, artifact.Path), artifact);

    /// <summary>Removes a file, or all files below a folder; true where there was any.</summary>
    public Task<bool> DeleteAsync(ArtifactPlace place, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            CheckWritable(place);
            var gone = await ArtifactsSql.BelowAsync(tx, place.Root, place.Path);
            foreach (var artifact in gone)
            {
                await ArtifactsSql.DeleteAsync(tx, place.Root, artifact.Path);
                await LetGoAsync(tx, place, artifact.Digest);
            }

            return gone.Count > 0;
        },
        cancel);

    /// <summary>The files below a folder, or the file of that path.</summary>
    public Task<List<Artifact>> BelowAsync(ArtifactPlace place, CancellationToken cancel) => db.ReadAsync(tx => BelowAsync(tx, place), cancel);

    /// <summary>The files below a folder, or the file of that path.</summary>
    public async Task<List<Artifact>> BelowAsync(Tx tx, ArtifactPlace place)
    {
        if (!place.IsPinned) return await ArtifactsSql.BelowAsync(tx, place.Root, place.Path);
        var files = await pinned.FilesAsync(tx, place.Root[(place.Root.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        return [.. files.Where(file => place.Path.Length == 0 || file.Path == place.Path || file.Path.StartsWith($"{place.Path}/", StringComparison.Ordinal)).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>The files and folders directly below a folder, in the order of their names.</summary>
    public async Task<List<MlFile>> LevelAsync(ArtifactPlace place, CancellationToken cancel)
    {
        var start = place.Path.Length == 0 ? 0 : place.Path.Length + 1;
        var level = place.IsPinned
            ? [.. (await BelowAsync(place, cancel)).Where(file => file.Path.Length > start).Select(file => (Path: file.Path.IndexOf('/', start) is var slash and > 0 ? file.Path[..slash] : file.Path, file)).Select(one => (one.Path, Size: one.Path == one.file.Path ? one.file.Size : (long?)null)).Distinct()]
            : await db.ReadAsync(tx => ArtifactsSql.LevelAsync(tx, place.Root, place.Path), cancel);
        return [.. level.OrderBy(entry => entry.Path, StringComparer.Ordinal).Select(entry => new MlFile(entry.Path, entry.Size is null, entry.Size))];
    }

    public async Task<Artifact> GetAsync(ArtifactPlace place, CancellationToken cancel) => await FindAsync(place, cancel) ?? throw new Refusal(RefusalKind.NotFound, "artifact-not-found", $"No such artifact: '{Refusal.Shown(place.Path)}'");

    /// <summary>The file of that path, or null.</summary>
    public Task<Artifact?> FindAsync(ArtifactPlace place, CancellationToken cancel) =>
        db.ReadAsync(async tx => place.IsPinned ? (await BelowAsync(tx, place)).Find(file => file.Path == place.Path) : await ArtifactsSql.FindAsync(tx, place.Root, place.Path), cancel);

    public Task<Stream> OpenAsync(Artifact file, CancellationToken cancel) => objects.OpenAsync(file.Digest, cancel);

    /// <summary>Refuses a place where no file can be.</summary>
    public static async Task<bool> CheckAsync(Tx tx, ArtifactPlace place)
    {
        CheckWritable(place);
        if (place.Owner.Kind == "run") await Runs.GetAsync(tx, place.Root);
        if (place.Owner.Kind == "logged-model") await LoggedModels.KnownAsync(tx, place.Root);
        for (var slash = place.Path.LastIndexOf('/'); slash > 0; slash = place.Path.LastIndexOf('/', slash - 1))
        {
            if (await ArtifactsSql.FindAsync(tx, place.Root, place.Path[..slash]) is { } file) throw Refusal.Invalid("artifact-path", $"'{Refusal.Shown(file.Path)}' is a file; there can be nothing below it.");
        }

        return await ArtifactsSql.IsFolderAsync(tx, place.Root, place.Path) ? throw Refusal.Invalid("artifact-path", $"'{Refusal.Shown(place.Path)}' is a folder.") : true;
    }

    private static void CheckWritable(ArtifactPlace place)
    {
        if (place.IsPinned) throw Refusal.Invalid("artifact-path", $"Files below {ArtifactPlace.Pinned}/ are those of model versions and never change; log to a run and register another version.");
    }

    private static async Task LetGoAsync(Tx tx, ArtifactPlace place, string digest)
    {
        if (!await ArtifactsSql.HoldsAsync(tx, place.Root, digest)) await Links.RemoveAsync(tx, place.Owner, "holds", new Ref("object", digest));
    }
}
