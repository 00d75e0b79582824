using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

internal sealed record MlAlias(string Alias, string Version);

internal sealed record MlModelVersion(
    string Name, string Version, long CreationTimestamp, long LastUpdatedTimestamp, string UserId, string CurrentStage, string? Description, string Source, string RunId, string Status, string RunLink, IReadOnlyList<MlPair>? Tags,
    IReadOnlyList<string>? Aliases)
{
    /// <param name="aliases">The aliases of its model; MLflow tells them with a single version and not in lists.</param>
    public static MlModelVersion Of(ModelVersion version, IEnumerable<ModelAlias> aliases)
    {
        var own = aliases.Where(alias => alias.Version == version.Version).Select(alias => alias.Alias).ToList();
        return new(
            version.Model, $"{version.Version}", version.Created.ToUnixTimeMilliseconds(), version.Updated.ToUnixTimeMilliseconds(), version.Author, version.Stage.ToString(), version.Description, version.Source, version.Run ?? "", "READY",
            version.RunLink, version.Tags.Count == 0 ? null : MlPair.Of(version.Tags), own.Count == 0 ? null : own);
    }

    public static MlModelVersion Of(ModelVersion version) => Of(version, []);
}

internal sealed record MlRegisteredModel(
    string Name, long CreationTimestamp, long LastUpdatedTimestamp, string? Description, IReadOnlyList<MlModelVersion>? LatestVersions, IReadOnlyList<MlPair>? Tags, IReadOnlyList<MlAlias>? Aliases)
{
    /// <param name="newest">The newest version of each stage.</param>
    public static MlRegisteredModel Of(RegisteredModel model, IEnumerable<ModelVersion> newest, IEnumerable<ModelAlias> aliases)
    {
        var latest = newest.Select(MlModelVersion.Of).ToList();
        var names = aliases.Select(alias => new MlAlias(alias.Alias, $"{alias.Version}")).ToList();
        return new(
            model.Name, model.Created.ToUnixTimeMilliseconds(), model.Updated.ToUnixTimeMilliseconds(), model.Description.Length == 0 ? null : model.Description, latest.Count == 0 ? null : latest,
            model.Tags.Count == 0 ? null : MlPair.Of(model.Tags), names.Count == 0 ? null : names);
    }
}
