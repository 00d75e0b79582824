using System.Text.Json;

namespace Flyball.Client;

public sealed record ExperimentInfo(string Id, string Name, bool Deleted)
{
    public string ArtifactLocation { get; init; } = "";

    public DateTimeOffset Created { get; init; }

    /// <summary>When it was made, renamed, deleted or restored last.</summary>
    public DateTimeOffset Updated { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}

/// <summary>A dataset that runs of an experiment read.</summary>
/// <param name="Context">What it was used for, where that was said.</param>
public sealed record ExperimentDataset(string Experiment, string Name, string Digest, string? Context);

/// <summary>Experiments over MLflow's API. What is not there is refused with 404 and <c>RESOURCE_DOES_NOT_EXIST</c>, a name that is taken with 400 and <c>RESOURCE_ALREADY_EXISTS</c>.</summary>
public sealed partial class FlyballClient
{
    private const string Mlflow = "/api/2.0/mlflow";

    /// <summary>The experiments that a filter of MLflow's grammar finds, page by page as they are read.</summary>
    /// <param name="orderBy">Such as <c>name ASC</c>; those made last come first where nothing else decides.</param>
    /// <param name="view"><c>ACTIVE_ONLY</c>, <c>DELETED_ONLY</c> or <c>ALL</c>.</param>
    public IAsyncEnumerable<ExperimentInfo> SearchExperimentsAsync(string? filter, IReadOnlyList<string>? orderBy, string view, CancellationToken cancel) => FindAsync(
        token => PostAsync<JsonElement>($"{Mlflow}/experiments/search", new { max_results = 1000, view_type = view, filter, order_by = orderBy, page_token = token }, cancel), "experiments", Experiment);

    /// <summary>The datasets that runs of experiments read, each once per name, digest and use; at most 1,000.</summary>
    public async Task<IReadOnlyList<ExperimentDataset>> SearchDatasetsAsync(IReadOnlyList<string> experiments, CancellationToken cancel) =>
        [.. List(await PostAsync<JsonElement>($"{Mlflow}/experiments/search-datasets", new { experiment_ids = experiments }, cancel), "dataset_summaries").Select(one => new ExperimentDataset(Text(one, "experiment_id"), Text(one, "name"), Text(one, "digest"), one.TryGetProperty("context", out var context) ? context.GetString() : null))];

    public async Task<ExperimentInfo> GetExperimentAsync(string id, CancellationToken cancel) => Experiment((await GetAsync<JsonElement>($"{Mlflow}/experiments/get?experiment_id={Escape(id)}", cancel)).GetProperty("experiment"));

    /// <summary>Makes an experiment and returns its id.</summary>
    public Task<string> CreateExperimentAsync(string name, IReadOnlyDictionary<string, string>? tags, CancellationToken cancel) => CreateExperimentAsync(name, null, tags, cancel);

    /// <summary>Makes an experiment and returns its id.</summary>
    /// <param name="artifactLocation">Where clients keep the files of its runs, such as <c>s3://bucket/folder</c>; null: in the server.</param>
    public async Task<string> CreateExperimentAsync(string name, string? artifactLocation, IReadOnlyDictionary<string, string>? tags, CancellationToken cancel) =>
        Text(await PostAsync<JsonElement>($"{Mlflow}/experiments/create", new { name, artifact_location = artifactLocation, tags = Pairs(tags) }, cancel), "experiment_id");

    /// <summary>The id of an experiment, which is made where it is new.</summary>
    public async Task<string> EnsureExperimentAsync(string name, CancellationToken cancel)
    {
        try
        {
            return await IdOfExperimentAsync(name, cancel);
        }
        catch (FlyballException absent) when (absent.Status == 404)
        {
            try
            {
                return await CreateExperimentAsync(name, null, cancel);
            }
            catch (FlyballException taken) when (taken.Code == "RESOURCE_ALREADY_EXISTS")
            {
                // another client was faster
                return await IdOfExperimentAsync(name, cancel);
            }
        }
    }

    public Task RenameExperimentAsync(string id, string name, CancellationToken cancel) => PostAsync($"{Mlflow}/experiments/update", new { experiment_id = id, new_name = name }, cancel);

    /// <summary>Deletes an experiment with its runs, which can be restored until it is removed for good.</summary>
    public Task DeleteExperimentAsync(string id, CancellationToken cancel) => PostAsync($"{Mlflow}/experiments/delete", new { experiment_id = id }, cancel);

    public Task RestoreExperimentAsync(string id, CancellationToken cancel) => PostAsync($"{Mlflow}/experiments/restore", new { experiment_id = id }, cancel);

    public Task SetExperimentTagAsync(string id, string key, string value, CancellationToken cancel) => PostAsync($"{Mlflow}/experiments/set-experiment-tag", new { experiment_id = id, key, value }, cancel);

    /// <summary>Takes a tag away; one that is not there is refused.</summary>
    public Task DeleteExperimentTagAsync(string id, string key, CancellationToken cancel) => PostAsync($"{Mlflow}/experiments/delete-experiment-tag", new { experiment_id = id, key }, cancel);

    private async Task<string> IdOfExperimentAsync(string name, CancellationToken cancel) =>
        Text((await GetAsync<JsonElement>($"{Mlflow}/experiments/get-by-name?experiment_name={Escape(name)}", cancel)).GetProperty("experiment"), "experiment_id");

    private static ExperimentInfo Experiment(JsonElement one) => new(Text(one, "experiment_id"), Text(one, "name"), Text(one, "lifecycle_stage") == "deleted")
    {
        ArtifactLocation = Text(one, "artifact_location"), Created = Time(one, "creation_time") ?? default, Updated = Time(one, "last_update_time") ?? default, Tags = Pairs(one, "tags"),
    };
}
