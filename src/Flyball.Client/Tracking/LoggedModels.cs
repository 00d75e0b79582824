using System.Text.Json;

namespace Flyball.Client;

/// <summary>A model to log: its files follow, then <see cref="FlyballClient.FinishLoggedModelAsync"/>.</summary>
/// <param name="Run">The run that it comes from.</param>
public sealed record CreateLoggedModel(string Experiment, string? Name = null, string? Type = null, string? Run = null, IReadOnlyDictionary<string, string>? Params = null, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>A model that a run logged: files with params, tags and metrics, before anybody registers it.</summary>
/// <param name="Status"><c>LOGGED_MODEL_PENDING</c>, <c>LOGGED_MODEL_READY</c> or <c>LOGGED_MODEL_UPLOAD_FAILED</c>.</param>
public sealed record LoggedModelInfo(
    string Id, string Experiment, string Name, string Type, string Run, string Status, string ArtifactUri, DateTimeOffset Created, DateTimeOffset Updated,
    IReadOnlyDictionary<string, string> Params, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<MetricValue> Metrics);

/// <summary>An order of logged models.</summary>
/// <param name="Field">Such as <c>creation_time</c> or <c>metrics.rmse</c>.</param>
/// <param name="DatasetName">Of a metric: as it was on that dataset; null: on any.</param>
public sealed record LoggedModelOrder(string Field, bool Ascending, string? DatasetName = null, string? DatasetDigest = null);

/// <summary>Logged models over MLflow's API.</summary>
public sealed partial class FlyballClient
{
    private const string OfLoggedModels = $"{Mlflow}/logged-models";

    public async Task<LoggedModelInfo> CreateLoggedModelAsync(CreateLoggedModel model, CancellationToken cancel) => LoggedModel((await PostAsync<JsonElement>(
        OfLoggedModels, new { experiment_id = model.Experiment, name = model.Name, model_type = model.Type, source_run_id = model.Run, @params = Pairs(model.Params), tags = Pairs(model.Tags) }, cancel)).GetProperty("model"));

    public async Task<LoggedModelInfo> GetLoggedModelAsync(string id, CancellationToken cancel) => LoggedModel((await GetAsync<JsonElement>($"{OfLoggedModels}/{Escape(id)}", cancel)).GetProperty("model"));

    /// <summary>The logged models of experiments that a filter of MLflow's grammar finds, page by page as they are read.</summary>
    /// <param name="orderBy">The newest first where nothing else decides.</param>
    public IAsyncEnumerable<LoggedModelInfo> SearchLoggedModelsAsync(IReadOnlyList<string> experiments, string? filter, IReadOnlyList<LoggedModelOrder>? orderBy, CancellationToken cancel)
    {
        var order = orderBy?.Select(by => new { field_name = by.Field, ascending = by.Ascending, dataset_name = by.DatasetName, dataset_digest = by.DatasetDigest });
        return FindAsync(token => PostAsync<JsonElement>($"{OfLoggedModels}/search", new { experiment_ids = experiments, filter, order_by = order, page_token = token }, cancel), "models", LoggedModel);
    }

    /// <summary>Stores a file with a logged model.</summary>
    public async Task LogModelFileAsync(LoggedModelInfo model, string path, Stream content, CancellationToken cancel)
    {
        using var body = new StreamContent(content);
        (await SendAsync(HttpMethod.Put, $"{Proxy}/{Escape(model.Experiment)}/models/{Escape(model.Id)}/artifacts/{Segments(path)}", body, cancel)).Dispose();
    }

    /// <summary>What is directly in a folder of a logged model's files; the root where none is named.</summary>
    public async Task<IReadOnlyList<ArtifactInfo>> ListLoggedModelFilesAsync(string id, string? folder, CancellationToken cancel) =>
        Artifacts(await GetAsync<JsonElement>($"{OfLoggedModels}/{Escape(id)}/artifacts/directories{(folder is null ? "" : $"?artifact_directory_path={Escape(folder)}")}", cancel));

    /// <summary>A file of a logged model, as a stream that the caller disposes of.</summary>
    public Task<Stream> OpenLoggedModelFileAsync(string id, string path, CancellationToken cancel) => OpenAsync($"{OfLoggedModels}/{Escape(id)}/artifacts/files?artifact_file_path={Escape(path)}", cancel);

    /// <summary>Says that the files are all there, or that they will not come.</summary>
    public async Task FinishLoggedModelAsync(string id, bool well, CancellationToken cancel) =>
        (await SendAsync(HttpMethod.Patch, $"{OfLoggedModels}/{Escape(id)}", Content(new { model_id = id, status = well ? "LOGGED_MODEL_READY" : "LOGGED_MODEL_UPLOAD_FAILED" }), cancel)).Dispose();

    /// <summary>Adds params; one that is there may be said again, but not otherwise.</summary>
    public Task LogModelParamsAsync(string id, IReadOnlyDictionary<string, string> parameters, CancellationToken cancel) => PostAsync($"{OfLoggedModels}/{Escape(id)}/params", new { @params = Pairs(parameters) }, cancel);

    public async Task SetLoggedModelTagsAsync(string id, IReadOnlyDictionary<string, string> tags, CancellationToken cancel) => (await SendAsync(HttpMethod.Patch, $"{OfLoggedModels}/{Escape(id)}/tags", Content(new { tags = Pairs(tags) }), cancel)).Dispose();

    public Task DeleteLoggedModelTagAsync(string id, string key, CancellationToken cancel) => DeleteAsync($"{OfLoggedModels}/{Escape(id)}/tags/{Escape(key)}", cancel);

    public Task DeleteLoggedModelAsync(string id, CancellationToken cancel) => DeleteAsync($"{OfLoggedModels}/{Escape(id)}", cancel);

    private static LoggedModelInfo LoggedModel(JsonElement model)
    {
        var (info, data) = (model.GetProperty("info"), model.TryGetProperty("data", out var given) ? given : default);
        return new LoggedModelInfo(
            Text(info, "model_id"), Text(info, "experiment_id"), Text(info, "name"), Text(info, "model_type"), Text(info, "source_run_id"), Text(info, "status"), Text(info, "artifact_uri"),
            Time(info, "creation_timestamp_ms")!.Value, Time(info, "last_updated_timestamp_ms")!.Value, Pairs(data, "params"), Pairs(info, "tags"), [.. List(data, "metrics").Select(Metric)]);
    }
}
