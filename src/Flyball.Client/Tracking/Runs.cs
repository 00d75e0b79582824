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

public sealed record ExperimentInfo(string Id, string Name, bool Deleted);

public sealed partial class FlyballClient
{
    private const string Mlflow = "/api/2.0/mlflow";

    /// <summary>Every experiment, those that are deleted too.</summary>
    public async Task<IReadOnlyList<ExperimentInfo>> ListExperimentsAsync(CancellationToken cancel)
    {
        var found = new List<ExperimentInfo>();
        for (string? token = null; token != "";)
        {
            var page = await PostAsync<JsonElement>($"{Mlflow}/experiments/search", new { max_results = 1000, view_type = "ALL", page_token = token }, cancel);
            if (page.TryGetProperty("experiments", out var list)) found.AddRange(list.EnumerateArray().Select(one => new ExperimentInfo(one.GetProperty("experiment_id").GetString()!, one.GetProperty("name").GetString()!, one.GetProperty("lifecycle_stage").GetString() == "deleted")));
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() ?? "" : "";
        }

        return found;
    }

    /// <summary>The id of an experiment, which is made where it is new.</summary>
    public async Task<string> EnsureExperimentAsync(string name, CancellationToken cancel)
    {
        try
        {
            var known = await GetAsync<JsonElement>($"{Mlflow}/experiments/get-by-name?experiment_name={Escape(name)}", cancel);
            return known.GetProperty("experiment").GetProperty("experiment_id").GetString()!;
        }
        catch (FlyballException absent) when (absent.Status == 404)
        {
            return (await PostAsync<JsonElement>($"{Mlflow}/experiments/create", new { name }, cancel)).GetProperty("experiment_id").GetString()!;
        }
    }

    /// <summary>Starts a run and returns its id.</summary>
    public async Task<string> StartRunAsync(string experiment, string name, CancellationToken cancel)
    {
        var created = await PostAsync<JsonElement>($"{Mlflow}/runs/create", new { experiment_id = experiment, run_name = name, start_time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() }, cancel);
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

    /// <summary>Runs as a table of the columns asked for, with their number.</summary>
    public Task<RunTableInfo> SearchRunsAsync(SearchRuns search, CancellationToken cancel) => PostAsync<RunTableInfo>("/api/runs/search", search, cancel);

    /// <summary>A metric as a curve of at most about <paramref name="points"/> points, 2 to 100,000.</summary>
    public Task<MetricCurve> GetCurveAsync(string run, string metric, int points, CancellationToken cancel) => GetAsync<MetricCurve>($"/api/runs/{Escape(run)}/curve?metric={Escape(metric)}&points={points}", cancel);

    /// <summary>Stores a file with a run.</summary>
    public async Task LogArtifactAsync(string experiment, string run, string path, Stream content, CancellationToken cancel)
    {
        using var body = new StreamContent(content);
        var segments = string.Join('/', path.Split('/').Select(Escape));
        (await SendAsync(HttpMethod.Put, $"/api/2.0/mlflow-artifacts/artifacts/{Escape(experiment)}/{Escape(run)}/artifacts/{segments}", body, cancel)).Dispose();
    }

    /// <summary>Ends a run: well, or failed.</summary>
    public Task EndRunAsync(string run, bool well, CancellationToken cancel) =>
        PostAsync($"{Mlflow}/runs/update", new { run_id = run, status = well ? "FINISHED" : "FAILED", end_time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() }, cancel);
}
