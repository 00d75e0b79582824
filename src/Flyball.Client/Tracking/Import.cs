namespace Flyball.Client;

/// <summary>An experiment of another store.</summary>
/// <param name="Id">Its id there, which it keeps where that is free.</param>
public sealed record ImportExperiment(string Id, string Name, bool Deleted, DateTimeOffset Created, DateTimeOffset Updated, IReadOnlyDictionary<string, string> Tags);

/// <param name="Id">The experiment here: the one of that name where there is one.</param>
public sealed record ImportedExperiment(string Id, bool IsNew, IReadOnlyList<string> NotTaken);

/// <summary>A dataset that a run of another store read.</summary>
public sealed record ImportDataset(string Name, string Digest, string SourceType, string Source, string? Schema, string? Profile, IReadOnlyDictionary<string, string> Tags);

/// <summary>A run of another store, without its metrics and files. It keeps its id.</summary>
/// <param name="Experiment">The experiment here.</param>
/// <param name="Status">MLflow's word: RUNNING, SCHEDULED, FINISHED, FAILED or KILLED.</param>
/// <param name="Models">Ids of logged models that it read.</param>
/// <param name="Outputs">Logged models that it made.</param>
/// <param name="Source">What is imported, which is noted with the run.</param>
public sealed record ImportRun(
    string Id, string Experiment, string Name, string User, string Status, DateTimeOffset Started, DateTimeOffset? Ended, IReadOnlyDictionary<string, string> Params, IReadOnlyDictionary<string, string> Tags,
    IReadOnlyList<ImportDataset> Datasets, IReadOnlyList<string> Models, IReadOnlyList<RunOutput> Outputs, string Source);

/// <param name="Done">It was imported whole before; nothing is to be sent.</param>
/// <param name="NotTaken">What of it cannot be taken, and why.</param>
public sealed record ImportedRun(bool Done, IReadOnlyList<string> NotTaken);

/// <summary>Logged models that a run read and made, which came after the run.</summary>
/// <param name="Models">Ids of logged models that it read.</param>
/// <param name="Outputs">Logged models that it made.</param>
public sealed record ImportRunModels(IReadOnlyList<string> Models, IReadOnlyList<RunOutput> Outputs);

/// <summary>Points of metrics, at most 10,000; the same point counts once however often it is sent.</summary>
public sealed record ImportMetrics(IReadOnlyList<MetricValue> Metrics);

/// <param name="Points">How many points were taken; what was sent twice at once is one.</param>
/// <param name="NotTaken">What of them cannot be taken, and why.</param>
public sealed record ImportedPoints(long Points, IReadOnlyList<string> NotTaken);

/// <summary>Everything of a run was sent.</summary>
/// <param name="Deleted">When it was deleted there; null: it is active.</param>
public sealed record FinishImport(DateTimeOffset? Deleted);

/// <summary>A logged model of another store, without its files. It keeps its id.</summary>
/// <param name="Status">PENDING, READY or UPLOAD_FAILED.</param>
/// <param name="Deleted">When it was deleted there; null: it is active.</param>
public sealed record ImportLoggedModel(
    string Id, string Experiment, string Name, string? Type, string? Run, string Status, DateTimeOffset Created, DateTimeOffset Updated, DateTimeOffset? Deleted, IReadOnlyDictionary<string, string> Params,
    IReadOnlyDictionary<string, string> Tags);

/// <summary>A metric of a logged model of another store.</summary>
/// <param name="Run">The run that measured it.</param>
/// <param name="DatasetName">The dataset that it was measured on; null: none was named.</param>
public sealed record ImportModelMetric(string Key, double Value, DateTimeOffset At, long Step, string Run, string? DatasetName, string? DatasetDigest);

/// <summary>Metrics of a logged model, at most 10,000; the same one counts once however often it is sent.</summary>
public sealed record ImportModelMetrics(IReadOnlyList<ImportModelMetric> Metrics);

/// <summary>A registered model of another store.</summary>
public sealed record ImportModel(string Name, string Description, DateTimeOffset Created, DateTimeOffset Updated, IReadOnlyDictionary<string, string> Tags, string Source);

/// <summary>A version of a registered model of another store. It keeps its number; its files are pinned as they were imported.</summary>
/// <param name="Stage">None, Staging, Production or Archived.</param>
/// <param name="Files">Where its files are here, as a source of a version is written; null: they were not imported.</param>
/// <param name="LoggedModel">The logged model that it was made from, which may be deleted. A version that is here without one gets it.</param>
public sealed record ImportModelVersion(
    int Version, string SourceUri, string? Files, string? Run, string RunLink, string? LoggedModel, string? Description, string User, string Stage, DateTimeOffset Created, DateTimeOffset Updated, IReadOnlyDictionary<string, string> Tags);

/// <summary>Aliases of an imported model.</summary>
public sealed record ImportAliases(IReadOnlyDictionary<string, int> Aliases, string Source);

/// <param name="Done">It was there already, from an import before.</param>
public sealed record Imported(bool Done, IReadOnlyList<string> NotTaken);

public sealed partial class FlyballClient
{
    private const string Import = "/api/import";

    /// <summary>Imports an experiment, or finds the one of its name. All imports need the role admin.</summary>
    public Task<ImportedExperiment> ImportExperimentAsync(ImportExperiment experiment, CancellationToken cancel) => PostAsync<ImportedExperiment>($"{Import}/experiments", experiment, cancel);

    /// <summary>Deletes an imported experiment, as it was there, once its runs are here.</summary>
    public Task DeleteImportedExperimentAsync(string id, CancellationToken cancel) => PostAsync($"{Import}/experiments/{Escape(id)}/delete", new { }, cancel);

    public Task<ImportedRun> ImportRunAsync(ImportRun run, CancellationToken cancel) => PostAsync<ImportedRun>($"{Import}/runs", run, cancel);

    /// <summary>Notes logged models of a run that is here. One that was removed for good does not come back: it is refused with 404.</summary>
    public Task<ImportedRun> ImportRunModelsAsync(string run, ImportRunModels models, CancellationToken cancel) => PostAsync<ImportedRun>($"{Import}/runs/{Escape(run)}/models", models, cancel);

    public Task<ImportedPoints> ImportMetricsAsync(string run, ImportMetrics metrics, CancellationToken cancel) => PostAsync<ImportedPoints>($"{Import}/runs/{Escape(run)}/metrics", metrics, cancel);

    public Task FinishImportAsync(string run, FinishImport finish, CancellationToken cancel) => PostAsync($"{Import}/runs/{Escape(run)}/finish", finish, cancel);

    public Task<Imported> ImportLoggedModelAsync(ImportLoggedModel model, CancellationToken cancel) => PostAsync<Imported>($"{Import}/logged-models", model, cancel);

    public Task<ImportedPoints> ImportLoggedModelMetricsAsync(string model, ImportModelMetrics metrics, CancellationToken cancel) => PostAsync<ImportedPoints>($"{Import}/logged-models/{Escape(model)}/metrics", metrics, cancel);

    public Task<Imported> ImportModelAsync(ImportModel model, CancellationToken cancel) => PostAsync<Imported>($"{Import}/models", model, cancel);

    public Task<Imported> ImportModelVersionAsync(string model, ImportModelVersion version, CancellationToken cancel) => PostAsync<Imported>($"{Import}/models/{Escape(model)}/versions", version, cancel);

    public Task<Imported> ImportAliasesAsync(string model, ImportAliases aliases, CancellationToken cancel) => PostAsync<Imported>($"{Import}/models/{Escape(model)}/aliases", aliases, cancel);

    /// <summary>Stores a file by its path in the artifact proxy, such as <c>0/RUN/artifacts/model/MLmodel</c>.</summary>
    public async Task PutArtifactAsync(string path, Stream content, CancellationToken cancel)
    {
        using var body = new StreamContent(content);
        (await SendAsync(HttpMethod.Put, $"/api/2.0/mlflow-artifacts/artifacts/{string.Join('/', path.Split('/').Select(Escape))}", body, cancel)).Dispose();
    }
}
