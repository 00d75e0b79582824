using System.Text.Json;

namespace Flyball.Client;

/// <summary>One value of a metric; <paramref name="Step"/> orders the values of one run.</summary>
public sealed record MetricValue(string Key, double Value, DateTimeOffset At, long Step);

/// <summary>A metric's points in the order of steps, thinned where there are many: the lowest and highest of each stretch are kept, so that no peak is lost.</summary>
/// <param name="Time">Milliseconds since 1970.</param>
/// <param name="Value">Null where the value is no finite number.</param>
public sealed record MetricCurve(IReadOnlyList<long> Step, IReadOnlyList<long> Time, IReadOnlyList<double?> Value);

/// <summary>Asks for runs as a table.</summary>
/// <param name="Experiments">Ids of experiments.</param>
/// <param name="Filter">MLflow's grammar and more: OR, NOT, parentheses, IN, LIKE, IS NULL.</param>
/// <param name="OrderBy">Such as <c>metrics.rmse ASC</c>; the newest first where nothing else decides.</param>
/// <param name="Columns">What is told of each run beside its name, status and times: <c>metrics.rmse</c>, <c>params.depth</c>, <c>tags.team</c>.</param>
/// <param name="View"><c>active</c> (unless told otherwise), <c>deleted</c> or <c>all</c>.</param>
/// <param name="Limit">Runs of a page, 1 to 10,000.</param>
/// <param name="PageToken">Of the page before; the page behind it neither skips nor repeats a run, whatever was logged meanwhile.</param>
public sealed record SearchRuns(IReadOnlyList<string> Experiments, string? Filter = null, IReadOnlyList<string>? OrderBy = null, IReadOnlyList<string>? Columns = null, string? View = null, int Limit = 100, string? PageToken = null);

/// <param name="Total">Runs that the filter finds in all.</param>
/// <param name="NextPageToken">Null where there is no next page.</param>
public sealed record RunTableInfo(IReadOnlyList<RunRowInfo> Runs, long Total, string? NextPageToken);

/// <param name="Values">In the order of the columns asked for: a number, a text, or null.</param>
public sealed record RunRowInfo(string Id, string Experiment, string Name, string User, string Status, DateTimeOffset Started, DateTimeOffset? Ended, IReadOnlyList<JsonElement> Values);

/// <summary>A dataset that a run read: a name, a digest, where it is, and what it was used for (<c>training</c>, <c>validation</c>).</summary>
/// <param name="SourceType">Such as <c>local</c>, <c>s3</c> or <c>http</c>.</param>
/// <param name="Context">MLflow's tag <c>mlflow.data.context</c>.</param>
public sealed record RunDataset(string Name, string Digest, string SourceType, string Source, string? Schema = null, string? Profile = null, string? Context = null);

/// <summary>A logged model that came out of a run at a step.</summary>
public sealed record RunOutput(string Model, long Step);

/// <summary>A run to start.</summary>
/// <param name="Name">Made up where there is none.</param>
/// <param name="User">Whose run it is; whoever asks, where nobody is named.</param>
/// <param name="Started">Now, where no time is named.</param>
public sealed record StartRun(string Experiment, string? Name = null, string? User = null, DateTimeOffset? Started = null, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>A metric that is about a logged model, a dataset or both.</summary>
/// <param name="Model">The logged model's id.</param>
/// <param name="DatasetDigest">Named together with <paramref name="DatasetName"/>, of a dataset that the run read.</param>
public sealed record ModelMetric(MetricValue Metric, string? Model = null, string? DatasetName = null, string? DatasetDigest = null);

/// <summary>A run with what was logged.</summary>
/// <param name="Status"><c>RUNNING</c>, <c>SCHEDULED</c>, <c>FINISHED</c>, <c>FAILED</c> or <c>KILLED</c>.</param>
/// <param name="Metrics">The newest point of each metric.</param>
/// <param name="Models">Ids of logged models that it read.</param>
public sealed record RunInfo(
    string Id, string Experiment, string Name, string User, string Status, DateTimeOffset Started, DateTimeOffset? Ended, string ArtifactUri, bool Deleted,
    IReadOnlyList<MetricValue> Metrics, IReadOnlyDictionary<string, string> Params, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<RunDataset> Datasets, IReadOnlyList<string> Models, IReadOnlyList<RunOutput> Outputs);

/// <summary>Runs over MLflow's API. What is not there is refused with 404 and <c>RESOURCE_DOES_NOT_EXIST</c>.</summary>
public sealed partial class FlyballClient
{
    /// <summary>Starts a run and returns its id.</summary>
    public Task<string> StartRunAsync(string experiment, string name, CancellationToken cancel) => StartRunAsync(new StartRun(experiment, name), cancel);

    /// <summary>Starts a run and returns its id.</summary>
    public async Task<string> StartRunAsync(StartRun run, CancellationToken cancel)
    {
        var start = (run.Started ?? TimeProvider.System.GetUtcNow()).ToUnixTimeMilliseconds();
        var created = await PostAsync<JsonElement>($"{Mlflow}/runs/create", new { experiment_id = run.Experiment, run_name = run.Name, user_id = run.User, start_time = start, tags = Pairs(run.Tags) }, cancel);
        return created.GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
    }

    /// <summary>Logs metrics, params and tags: at most 1,000, 100 and 100.</summary>
    public Task LogAsync(string run, IReadOnlyList<MetricValue> metrics, IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, string> tags, CancellationToken cancel) => PostAsync(
        $"{Mlflow}/runs/log-batch",
        new
        {
            run_id = run,
            metrics = metrics.Select(metric => new { key = metric.Key, value = metric.Value, timestamp = metric.At.ToUnixTimeMilliseconds(), step = metric.Step }),
            @params = parameters.Select(pair => new { key = pair.Key, value = pair.Value }),
            tags = tags.Select(pair => new { key = pair.Key, value = pair.Value }),
        },
        cancel);

    /// <summary>Logs metrics that are about logged models or datasets, at most 1,000.</summary>
    public Task LogModelMetricsAsync(string run, IReadOnlyList<ModelMetric> metrics, CancellationToken cancel) => PostAsync(
        $"{Mlflow}/runs/log-batch",
        new
        {
            run_id = run,
            metrics = metrics.Select(about => new
            {
                key = about.Metric.Key, value = about.Metric.Value, timestamp = about.Metric.At.ToUnixTimeMilliseconds(), step = about.Metric.Step,
                model_id = about.Model, dataset_name = about.DatasetName, dataset_digest = about.DatasetDigest,
            }),
        },
        cancel);

    /// <summary>The runs that a filter of MLflow's grammar, or more, finds, with all that was logged to them, page by page as they are read.</summary>
    /// <param name="orderBy">Such as <c>metrics.rmse ASC</c>; the newest first where nothing else decides.</param>
    /// <param name="view"><c>ACTIVE_ONLY</c>, <c>DELETED_ONLY</c> or <c>ALL</c>.</param>
    public IAsyncEnumerable<RunInfo> SearchRunsAsync(IReadOnlyList<string> experiments, string? filter, IReadOnlyList<string>? orderBy, string view, CancellationToken cancel) => FindAsync(
        token => PostAsync<JsonElement>($"{Mlflow}/runs/search", new { experiment_ids = experiments, filter, order_by = orderBy, run_view_type = view, max_results = 1000, page_token = token }, cancel), "runs", Run);

    /// <summary>Runs as a table of the columns asked for, with their number.</summary>
    public Task<RunTableInfo> SearchRunsAsync(SearchRuns search, CancellationToken cancel) => PostAsync<RunTableInfo>("/api/runs/search", search, cancel);

    /// <summary>A metric as a curve of at most about <paramref name="points"/> points, 2 to 100,000.</summary>
    public Task<MetricCurve> GetCurveAsync(string run, string metric, int points, CancellationToken cancel) => GetAsync<MetricCurve>($"/api/runs/{Escape(run)}/curve?metric={Escape(metric)}&points={points}", cancel);

    /// <summary>Ends a run: well, or failed.</summary>
    public Task EndRunAsync(string run, bool well, CancellationToken cancel) => SetRunStatusAsync(run, well ? "FINISHED" : "FAILED", TimeProvider.System.GetUtcNow(), cancel);

    /// <summary>Sets the status of a run, one of those that <see cref="RunInfo"/> tells of, and when it ended, if it did.</summary>
    public Task SetRunStatusAsync(string run, string status, DateTimeOffset? ended, CancellationToken cancel) => PostAsync($"{Mlflow}/runs/update", new { run_id = run, status, end_time = ended?.ToUnixTimeMilliseconds() }, cancel);

    public async Task<RunInfo> GetRunAsync(string run, CancellationToken cancel) => Run((await GetAsync<JsonElement>($"{Mlflow}/runs/get?run_id={Escape(run)}", cancel)).GetProperty("run"));

    public Task RenameRunAsync(string run, string name, CancellationToken cancel) => PostAsync($"{Mlflow}/runs/update", new { run_id = run, run_name = name }, cancel);

    /// <summary>Deletes a run, which can be restored until it is removed for good.</summary>
    public Task DeleteRunAsync(string run, CancellationToken cancel) => PostAsync($"{Mlflow}/runs/delete", new { run_id = run }, cancel);

    public Task RestoreRunAsync(string run, CancellationToken cancel) => PostAsync($"{Mlflow}/runs/restore", new { run_id = run }, cancel);

    /// <summary>Takes a tag away; one that is not there is refused.</summary>
    public Task DeleteRunTagAsync(string run, string key, CancellationToken cancel) => PostAsync($"{Mlflow}/runs/delete-tag", new { run_id = run, key }, cancel);

    /// <summary>Says which datasets and logged models a run read.</summary>
    public Task LogInputsAsync(string run, IReadOnlyList<RunDataset> datasets, IReadOnlyList<string> models, CancellationToken cancel) => PostAsync(
        $"{Mlflow}/runs/log-inputs",
        new
        {
            run_id = run,
            datasets = datasets.Select(input => new
            {
                dataset = new { name = input.Name, digest = input.Digest, source_type = input.SourceType, source = input.Source, schema = input.Schema, profile = input.Profile },
                tags = input.Context is null ? [] : new[] { new { key = ContextTag, value = input.Context } },
            }),
            models = models.Select(model => new { model_id = model }),
        },
        cancel);

    /// <summary>Says which logged models came out of a run.</summary>
    public Task LogOutputsAsync(string run, IReadOnlyList<RunOutput> models, CancellationToken cancel) =>
        PostAsync($"{Mlflow}/runs/outputs", new { run_id = run, models = models.Select(output => new { model_id = output.Model, step = output.Step }) }, cancel);

    /// <summary>All points of a metric, in the order of their times, page by page as they are read.</summary>
    public IAsyncEnumerable<MetricValue> ReadMetricAsync(string run, string metric, CancellationToken cancel) => FindAsync(
        token => GetAsync<JsonElement>($"{Mlflow}/metrics/get-history?run_id={Escape(run)}&metric_key={Escape(metric)}&max_results=25000&page_token={Escape(token ?? "")}", cancel), "metrics", Metric);

    /// <summary>A metric of up to 100 runs, sampled at the same steps: of each run those steps at which it has points.</summary>
    /// <param name="points">About how many steps, 1 to 2,500; the first and the last of all the runs are among them.</param>
    public async Task<ILookup<string, MetricValue>> ReadMetricsAsync(IReadOnlyList<string> runs, string metric, int points, CancellationToken cancel)
    {
        var asked = string.Concat(runs.Select(run => $"&run_ids={Escape(run)}"));
        return List(await GetAsync<JsonElement>($"{Mlflow}/metrics/get-history-bulk-interval?metric_key={Escape(metric)}&max_results={points}{asked}", cancel), "metrics").ToLookup(point => Text(point, "run_id"), Metric, StringComparer.Ordinal);
    }

    /// <summary>Notes a model in a run's tag <c>mlflow.log-model.history</c>, as MLflow's clients before 3 do for each model that they log.</summary>
    /// <param name="model">What MLflow's file <c>MLmodel</c> says, as JSON, with <c>artifact_path</c>, <c>flavors</c>, <c>utc_time_created</c> and <c>run_id</c>.</param>
    public Task RecordModelAsync(string run, string model, CancellationToken cancel) => PostAsync($"{Mlflow}/runs/log-model", new { run_id = run, model_json = model }, cancel);

    private const string ContextTag = "mlflow.data.context";

    private static RunInfo Run(JsonElement run)
    {
        var (info, data, inputs) = (run.GetProperty("info"), run.GetProperty("data"), run.TryGetProperty("inputs", out var given) ? given : default);
        return new RunInfo(
            Text(info, "run_id"), Text(info, "experiment_id"), Text(info, "run_name"), Text(info, "user_id"), Text(info, "status"), Time(info, "start_time")!.Value, Time(info, "end_time"), Text(info, "artifact_uri"), Text(info, "lifecycle_stage") == "deleted",
            [.. List(data, "metrics").Select(Metric)], Pairs(data, "params"), Pairs(data, "tags"), [.. List(inputs, "dataset_inputs").Select(Dataset)], [.. List(inputs, "model_inputs").Select(model => Text(model, "model_id"))],
            [.. List(run.TryGetProperty("outputs", out var outputs) ? outputs : default, "model_outputs").Select(output => new RunOutput(Text(output, "model_id"), output.TryGetProperty("step", out var step) ? step.GetInt64() : 0))]);
    }

    private static RunDataset Dataset(JsonElement input)
    {
        var dataset = input.GetProperty("dataset");
        return new RunDataset(
            Text(dataset, "name"), Text(dataset, "digest"), Text(dataset, "source_type"), Text(dataset, "source"), dataset.TryGetProperty("schema", out var schema) ? schema.GetString() : null,
            dataset.TryGetProperty("profile", out var profile) ? profile.GetString() : null, Pairs(input, "tags").GetValueOrDefault(ContextTag));
    }

    private static MetricValue Metric(JsonElement metric) => new(
        Text(metric, "key"), metric.GetProperty("value").Deserialize<double>(Json), Time(metric, "timestamp")!.Value, metric.TryGetProperty("step", out var step) ? step.GetInt64() : 0);
}
