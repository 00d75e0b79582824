using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>Registers versions and moves aliases.</summary>
public sealed class Models(Db db, Journal journal, Ids ids, TimeProvider time)
{
    /// <summary>Adds the next version of a model; returns it with the event that registered it.</summary>
    public async Task<ModelVersion> RegisterAsync(Tx tx, string model, string run, string? datasetVersion, string digest, VersionStatus status, ModelContent content, string actor, string? cause)
    {
        await ModelsSql.EnsureAsync(tx, model, content.Project, time.GetUtcNow());
        var number = await ModelsSql.NextAsync(tx, model);
        var entry = await journal.AppendAsync(tx, new VersionRegistered(content.Project, model, number, digest, run, status, content.Metrics, content.ChampionMetrics, content.Gates), actor, cause);
        var version = new ModelVersion(ids.New(), model, number, run, datasetVersion, digest, status, content, time.GetUtcNow(), entry);
        await ModelsSql.InsertAsync(tx, version);
        await Links.AddAsync(tx, version.Ref, "made-by", new Ref("run", run));
        if (datasetVersion is not null) await Links.AddAsync(tx, version.Ref, "trained-on", new Ref("dataset-version", datasetVersion));
        foreach (var file in content.Files) await Links.AddAsync(tx, version.Ref, "holds", new Ref("object", file.Digest));
        return version;
    }

    /// <summary>Lets a name stand for a version. The same again changes nothing. Returns the event, or null where nothing changed.</summary>
    public async Task<string?> MoveAsync(Tx tx, string model, string alias, int version, string actor, string reason, string? cause)
    {
        if (alias.Length is 0 or > 100 || alias.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))) throw Refusal.Invalid("alias-name", "An alias has 1 to 100 letters, digits and - _ . characters.");
        var target = await ModelsSql.FindAsync(tx, model, version) ?? throw Refusal.NotFound("model version", $"{model}/{version}");
        var before = await ModelsSql.AliasAsync(tx, model, alias);
        if (before?.Version == version) return null;
        var entry = await journal.AppendAsync(tx, new AliasMoved(target.Content.Project, model, alias, version, before?.Version, reason), actor, cause);
        await ModelsSql.PutAliasAsync(tx, new ModelAlias(model, alias, version, time.GetUtcNow(), actor, reason, entry));
        return entry;
    }

    public Task<ModelVersion?> ByAliasAsync(string model, string alias, CancellationToken cancel) => db.ReadAsync(tx => ByAliasAsync(tx, model, alias), cancel);

    public static async Task<ModelVersion?> ByAliasAsync(Tx tx, string model, string alias) =>
        await ModelsSql.AliasAsync(tx, model, alias) is { } known ? await ModelsSql.FindAsync(tx, model, known.Version) : null;

    public async Task<ModelVersion> GetAsync(string model, int version, CancellationToken cancel) =>
        await db.ReadAsync(tx => ModelsSql.FindAsync(tx, model, version), cancel) ?? throw Refusal.NotFound("model version", $"{model}/{version}");

    public Task<List<ModelVersion>> VersionsAsync(string model, CancellationToken cancel) => db.ReadAsync(tx => ModelsSql.VersionsAsync(tx, model), cancel);

    public Task<List<ModelAlias>> AliasesAsync(string model, CancellationToken cancel) => db.ReadAsync(tx => ModelsSql.AliasesAsync(tx, model), cancel);
}
