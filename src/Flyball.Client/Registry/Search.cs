using System.Globalization;
using System.Text.Json;

namespace Flyball.Client;

/// <summary>A name for versions, as MLflow's API tells it.</summary>
/// <param name="Aliases">Names for versions, with the versions' numbers.</param>
public sealed record RegisteredModelInfo(string Name, string Description, DateTimeOffset Created, DateTimeOffset Updated, IReadOnlyDictionary<string, string> Tags, IReadOnlyDictionary<string, int> Aliases);

/// <summary>A version as MLflow's API tells it.</summary>
/// <param name="Stage"><c>None</c>, <c>Staging</c>, <c>Production</c> or <c>Archived</c>.</param>
/// <param name="Source">What it was registered from.</param>
public sealed record RegisteredVersionInfo(
    string Model, int Version, string Description, string Stage, string Source, string Run, string User, DateTimeOffset Created, DateTimeOffset Updated, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> Aliases);

/// <summary>What clients look for in the registry, over MLflow's API.</summary>
public sealed partial class FlyballClient
{
    public async Task<RegisteredModelInfo> GetRegisteredModelAsync(string model, CancellationToken cancel) => RegisteredModel((await GetAsync<JsonElement>($"{OfModels}/get?name={Escape(model)}", cancel)).GetProperty("registered_model"));

    /// <summary>The models that a filter of MLflow's grammar finds, page by page as they are read.</summary>
    /// <param name="orderBy">Such as <c>last_updated_timestamp DESC</c>; by name where nothing else decides.</param>
    public IAsyncEnumerable<RegisteredModelInfo> SearchModelsAsync(string? filter, IReadOnlyList<string>? orderBy, CancellationToken cancel) =>
        FindAsync(token => GetAsync<JsonElement>($"{OfModels}/search?max_results=1000{Asked(filter, orderBy, token)}", cancel), "registered_models", RegisteredModel);

    /// <summary>The versions that a filter of MLflow's grammar finds, of all models, page by page as they are read.</summary>
    /// <param name="orderBy">Such as <c>version_number DESC</c>; those changed last come first where nothing else decides.</param>
    public IAsyncEnumerable<RegisteredVersionInfo> SearchModelVersionsAsync(string? filter, IReadOnlyList<string>? orderBy, CancellationToken cancel) =>
        FindAsync(token => GetAsync<JsonElement>($"{OfVersions}/search?max_results=1000{Asked(filter, orderBy, token)}", cancel), "model_versions", RegisteredVersion);

    /// <summary>The newest version of a model in each of MLflow's stages.</summary>
    /// <param name="stages">Those asked for; null: all.</param>
    public async Task<IReadOnlyList<RegisteredVersionInfo>> ReadLatestVersionsAsync(string model, IReadOnlyList<string>? stages, CancellationToken cancel) =>
        [.. List(await PostAsync<JsonElement>($"{OfModels}/get-latest-versions", new { name = model, stages }, cancel), "model_versions").Select(RegisteredVersion)];

    /// <summary>Where the files of a version are, as MLflow's clients ask for them.</summary>
    public async Task<string> ReadDownloadUriAsync(string model, int version, CancellationToken cancel) => Text(await GetAsync<JsonElement>($"{OfVersions}/get-download-uri?name={Escape(model)}&version={Text(version)}", cancel), "artifact_uri");

    /// <summary>The version that an alias stands for.</summary>
    public async Task<RegisteredVersionInfo> GetModelVersionByAliasAsync(string model, string alias, CancellationToken cancel) =>
        RegisteredVersion((await GetAsync<JsonElement>($"{OfModels}/alias?name={Escape(model)}&alias={Escape(alias)}", cancel)).GetProperty("model_version"));

    /// <summary>Gives a model another name; its versions, aliases and tags go along.</summary>
    public Task RenameModelAsync(string model, string name, CancellationToken cancel) => PostAsync($"{OfModels}/rename", new { name = model, new_name = name }, cancel);

    /// <summary>Moves a version to one of MLflow's stages.</summary>
    /// <param name="archiveOthers">Whether versions that are in that stage go to <c>Archived</c>.</param>
    public Task MoveToStageAsync(string model, int version, string stage, bool archiveOthers, CancellationToken cancel) =>
        PostAsync($"{OfVersions}/transition-stage", new { name = model, version = Text(version), stage, archive_existing_versions = archiveOthers }, cancel);

    private static string Asked(string? filter, IReadOnlyList<string>? orderBy, string? token) =>
        string.Concat([filter is null ? "" : $"&filter={Escape(filter)}", .. (orderBy ?? []).Select(order => $"&order_by={Escape(order)}"), token is null ? "" : $"&page_token={Escape(token)}"]);

    private static int Number(JsonElement of, string name) => int.Parse(Text(of, name), CultureInfo.InvariantCulture);

    private static RegisteredModelInfo RegisteredModel(JsonElement model) => new(
        Text(model, "name"), Text(model, "description"), Time(model, "creation_timestamp")!.Value, Time(model, "last_updated_timestamp")!.Value, Pairs(model, "tags"),
        List(model, "aliases").ToDictionary(alias => Text(alias, "alias"), alias => Number(alias, "version"), StringComparer.Ordinal));

    private static RegisteredVersionInfo RegisteredVersion(JsonElement version) => new(
        Text(version, "name"), Number(version, "version"), Text(version, "description"), Text(version, "current_stage"), Text(version, "source"), Text(version, "run_id"), Text(version, "user_id"),
        Time(version, "creation_timestamp")!.Value, Time(version, "last_updated_timestamp")!.Value, Pairs(version, "tags"), [.. List(version, "aliases").Select(alias => alias.GetString()!)]);
}
