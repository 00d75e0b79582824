using System.Globalization;
using System.Text.Json;

namespace Flyball.Client;

/// <summary>A version to register: the files below <paramref name="Folder"/> of a run, pinned as they are now.</summary>
/// <param name="Folder">A folder of the run's artifacts, such as <c>model</c>.</param>
public sealed record RegisterVersion(string Model, string Experiment, string Run, string Folder, string? Description = null, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>A version of files that lie elsewhere, such as <c>s3://bucket/model</c>, or that a logged model holds (<c>models:/m-…</c>).</summary>
/// <param name="Run">The run that it came from, if one is known.</param>
public sealed record RegisterSource(string Model, string Source, string? Run = null, string? Description = null, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>What clients change in the registry, over MLflow's API.</summary>
public sealed partial class FlyballClient
{
    private const string OfModels = $"{Mlflow}/registered-models";
    private const string OfVersions = $"{Mlflow}/model-versions";

    /// <summary>Makes a name for versions; refused (400, <c>RESOURCE_ALREADY_EXISTS</c>) where it is taken.</summary>
    public Task RegisterModelAsync(string model, string? description, IReadOnlyDictionary<string, string>? tags, CancellationToken cancel) =>
        PostAsync($"{OfModels}/create", new { name = model, description, tags = Pairs(tags) }, cancel);

    /// <summary>Registers the next version of a model; its number.</summary>
    public Task<int> RegisterModelVersionAsync(RegisterVersion version, CancellationToken cancel) =>
        RegisterModelVersionAsync(new RegisterSource(version.Model, $"mlflow-artifacts:/{version.Experiment}/{version.Run}/artifacts/{version.Folder}", version.Run, version.Description, version.Tags), cancel);

    /// <summary>Registers the next version of a model; its number.</summary>
    public async Task<int> RegisterModelVersionAsync(RegisterSource version, CancellationToken cancel)
    {
        var made = await PostAsync<JsonElement>($"{OfVersions}/create", new { name = version.Model, source = version.Source, run_id = version.Run, description = version.Description, tags = Pairs(version.Tags) }, cancel);
        return int.Parse(made.GetProperty("model_version").GetProperty("version").GetString()!, CultureInfo.InvariantCulture);
    }

    /// <summary>Says what a model is; with a version, what that one is.</summary>
    public async Task DescribeModelAsync(string model, int? version, string description, CancellationToken cancel)
    {
        object body = version is { } number ? new { name = model, version = Text(number), description } : new { name = model, description };
        (await SendAsync(HttpMethod.Patch, $"{(version is null ? OfModels : OfVersions)}/update", Content(body), cancel)).Dispose();
    }

    /// <summary>Sets a tag of a model; with a version, of that one.</summary>
    public Task SetModelTagAsync(string model, int? version, string key, string value, CancellationToken cancel) => version is { } number
        ? PostAsync($"{OfVersions}/set-tag", new { name = model, version = Text(number), key, value }, cancel)
        : PostAsync($"{OfModels}/set-tag", new { name = model, key, value }, cancel);

    /// <summary>Takes a tag away; one that is not there changes nothing.</summary>
    public async Task DeleteModelTagAsync(string model, int? version, string key, CancellationToken cancel)
    {
        object body = version is { } number ? new { name = model, version = Text(number), key } : new { name = model, key };
        (await SendAsync(HttpMethod.Delete, $"{(version is null ? OfModels : OfVersions)}/delete-tag", Content(body), cancel)).Dispose();
    }

    /// <summary>Takes an alias away from whatever version it stands for.</summary>
    public async Task DeleteAliasAsync(string model, string alias, CancellationToken cancel) => (await SendAsync(HttpMethod.Delete, $"{OfModels}/alias", Content(new { name = model, alias }), cancel)).Dispose();

    /// <summary>Deletes a version; its number is not given again.</summary>
    public async Task DeleteModelVersionAsync(string model, int version, CancellationToken cancel) => (await SendAsync(HttpMethod.Delete, $"{OfVersions}/delete", Content(new { name = model, version = Text(version) }), cancel)).Dispose();

    /// <summary>Deletes a model with its versions, aliases and tags.</summary>
    public async Task DeleteModelAsync(string model, CancellationToken cancel) => (await SendAsync(HttpMethod.Delete, $"{OfModels}/delete", Content(new { name = model }), cancel)).Dispose();

    /// <summary>A pinned file of a version, as a stream that the caller disposes of.</summary>
    public Task<Stream> OpenModelFileAsync(string model, int version, string path, CancellationToken cancel) =>
        OpenAsync($"/model-versions/get-artifact?name={Escape(model)}&version={Text(version)}&path={Escape(path)}", cancel);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
