using System.Text.Json;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Tracking.Pages;
using Flyball.Server.Ui;
using Flyball.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>MLflow's REST API for experiments, runs and artifacts.</summary>
internal static class MLflowApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapMLflow()
        {
            routes.MapPage<RunPage>("/runs/{Id}");
            foreach (var prefix in (string[])["/api/2.0", "/ajax-api/2.0"])
            {
                MapExperiments(Group(routes, $"{prefix}/mlflow/experiments"));
                MapRuns(Group(routes, $"{prefix}/mlflow/runs"));
                Group(routes, $"{prefix}/mlflow").MapGet("/metrics/get-history", async (string run_id, string metric_key, Runs runs, CancellationToken cancel) =>
                    Answer(new { metrics = (await runs.HistoryAsync(run_id, metric_key, cancel)).Select(Wire) })).Needs(Permission.Read);
                Group(routes, $"{prefix}/mlflow").MapGet("/artifacts/list", ListAsync).Needs(Permission.Read);
                MapFiles(Group(routes, $"{prefix}/mlflow-artifacts/artifacts"));
            }
        }
    }

    private static RouteGroupBuilder Group(IEndpointRouteBuilder routes, string prefix) => routes.MapGroup(prefix).WithMetadata(new ErrorShapeOf(ErrorShape.MLflow));

    private static void MapExperiments(RouteGroupBuilder group)
    {
        group.MapPost("/create", async (HttpRequest request, Runs runs, CancellationToken cancel) =>
        {
            var body = await ReadAsync<CreateExperimentBody>(request, cancel);
            return Answer(new { experiment_id = (await runs.CreateExperimentAsync(body.Name ?? "", cancel)).Id });
        }).Needs(Permission.Write);
        group.MapGet("/get", async (string experiment_id, Runs runs, CancellationToken cancel) => Answer(new { experiment = Wire(await runs.ExperimentAsync(experiment_id, cancel)) })).Needs(Permission.Read);
        group.MapGet("/get-by-name", async (string experiment_name, Runs runs, CancellationToken cancel) => Answer(new { experiment = Wire(await runs.ExperimentNamedAsync(experiment_name, cancel)) })).Needs(Permission.Read);
        group.MapPost("/search", async (Runs runs, CancellationToken cancel) => Answer(new { experiments = (await runs.ListExperimentsAsync(cancel)).Select(Wire) })).Needs(Permission.Read);
        group.MapGet("/search", async (Runs runs, CancellationToken cancel) => Answer(new { experiments = (await runs.ListExperimentsAsync(cancel)).Select(Wire) })).Needs(Permission.Read);
    }

    private static void MapRuns(RouteGroupBuilder group)
    {
        group.MapPost("/create", async (HttpRequest request, Runs runs, Db db, TimeProvider time, HttpContext http, CancellationToken cancel) =>
        {
            var body = await ReadAsync<CreateRunBody>(request, cancel);
            var experiment = await runs.ExperimentAsync(body.ExperimentId ?? "0", cancel);
            var started = body.StartTime is { } millis ? Time(millis) : time.GetUtcNow();
            var run = await db.WriteAsync(
                async tx =>
                {
                    var run = await runs.StartAsync(tx, experiment, body.RunName ?? "", body.UserId is { Length: > 0 } user ? user : http.Actor().Name, started, null, null);
                    await Runs.LogAsync(tx, run.Id, [], [], Pairs(body.Tags));
                    return run;
                },
                cancel);
            return Answer(new { run = Wire(await runs.DetailsAsync(run.Id, cancel)) });
        }).Needs(Permission.Write);
        group.MapGet("/get", async (string run_id, Runs runs, CancellationToken cancel) => Answer(new { run = Wire(await runs.DetailsAsync(run_id, cancel)) })).Needs(Permission.Read);
        group.MapPost("/update", async (HttpRequest request, Runs runs, Db db, HttpContext http, CancellationToken cancel) =>
        {
            var body = await ReadAsync<UpdateRunBody>(request, cancel);
            var status = body.Status is null ? (RunStatus?)null : Status(body.Status) ?? throw Refusal.Invalid("run-status", $"'{Refusal.Shown(body.Status)}' is not a run status.");
            var ended = body.EndTime is { } millis ? Time(millis) : (DateTimeOffset?)null;
            var run = await db.WriteAsync(tx => runs.UpdateAsync(tx, Id(body.RunId, body.RunUuid), status, ended, body.RunName, http.Actor().Name, null, null), cancel);
            return Answer(new { run_info = Info(run) });
        }).Needs(Permission.Write);
        group.MapPost("/log-metric", async (HttpRequest request, Db db, TimeProvider time, CancellationToken cancel) =>
        {
            var body = await ReadAsync<LogMetricBody>(request, cancel);
            await db.WriteAsync(tx => Runs.LogAsync(tx, Id(body.RunId, body.RunUuid), [Point(body, time)], [], []), cancel);
            return Answer(new { });
        }).Needs(Permission.Write);
        group.MapPost("/log-parameter", async (HttpRequest request, Db db, CancellationToken cancel) =>
        {
            var body = await ReadAsync<LogPairBody>(request, cancel);
            await db.WriteAsync(tx => Runs.LogAsync(tx, Id(body.RunId, body.RunUuid), [], [new(body.Key ?? "", body.Value ?? "")], []), cancel);
            return Answer(new { });
        }).Needs(Permission.Write);
        group.MapPost("/set-tag", async (HttpRequest request, Db db, CancellationToken cancel) =>
        {
            var body = await ReadAsync<LogPairBody>(request, cancel);
            await db.WriteAsync(tx => Runs.LogAsync(tx, Id(body.RunId, body.RunUuid), [], [], [new(body.Key ?? "", body.Value ?? "")]), cancel);
            return Answer(new { });
        }).Needs(Permission.Write);
        group.MapPost("/log-batch", async (HttpRequest request, Db db, TimeProvider time, CancellationToken cancel) =>
        {
            var body = await ReadAsync<LogBatchBody>(request, cancel);
            await db.WriteAsync(tx => Runs.LogAsync(tx, Id(body.RunId, null), [.. (body.Metrics ?? []).Select(metric => Point(metric ?? throw Refusal.Invalid("entry-missing", "A metric is an object with key and value, not null."), time))], Pairs(body.Params), Pairs(body.Tags)), cancel);
            return Answer(new { });
        }).Needs(Permission.Write);
        group.MapPost("/search", async (HttpRequest request, Runs runs, CancellationToken cancel) =>
        {
            var body = await ReadAsync<SearchRunsBody>(request, cancel);
            if (body.Filter is { Length: > 0 }) throw Refusal.Invalid("filter-unsupported", "This version searches runs by experiment only; leave the filter out.");
            var limit = Math.Clamp(body.MaxResults ?? 1000, 1, 5000);
            var found = await runs.SearchAsync([.. (body.ExperimentIds ?? []).Select(id => id ?? throw Refusal.Invalid("entry-missing", "An experiment id is a text, not null."))], body.PageToken, limit, cancel);
            return Answer(new { runs = found.Select(Wire), next_page_token = found.Count == limit ? found[^1].Run.Id : null });
        }).Needs(Permission.Read);
    }

    private static void MapFiles(RouteGroupBuilder group)
    {
        group.MapPut("/{experiment}/{run}/artifacts/{**path}", async (string run, string path, HttpContext http, Runs runs, CancellationToken cancel) =>
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
            await runs.PutArtifactAsync(run, path, http.Request.Body, cancel);
            return Answer(new { });
        }).Needs(Permission.Write);
        group.MapGet("/{experiment}/{run}/artifacts/{**path}", async (string run, string path, Runs runs, CancellationToken cancel) =>
            Results.Stream(await runs.OpenArtifactAsync(run, path, cancel), "application/octet-stream", enableRangeProcessing: true)).Needs(Permission.Read);
        group.MapGet("/", async (string? path, Runs runs, CancellationToken cancel) =>
        {
            // an MLflow client lists by the path below the artifact root: experiment/run/artifacts/…
            var parts = (path ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 3) return Answer(new { files = Array.Empty<MlFile>() });
            var prefix = string.Join('/', parts[3..]);
            var files = Level(await runs.ArtifactsAsync(parts[1], prefix, cancel), prefix).Select(file => file with { Path = file.Path[(file.Path.LastIndexOf('/') + 1)..] });
            return Answer(new { files });
        }).Needs(Permission.Read);
    }

    private static async Task<IResult> ListAsync(string run_id, string? path, Runs runs, CancellationToken cancel)
    {
        var details = await runs.DetailsAsync(run_id, cancel);
        return Answer(new { root_uri = Uri(details.Run), files = Level(await runs.ArtifactsAsync(run_id, path ?? "", cancel), path ?? "") });
    }

    /// <summary>The files and folders directly below a prefix.</summary>
    private static List<MlFile> Level(List<Artifact> below, string prefix)
    {
        var start = prefix.Length == 0 ? 0 : prefix.Length + 1;
        return
        [
            .. below.Where(artifact => artifact.Path.Length > start).GroupBy(artifact => artifact.Path[start..].Split('/')[0]).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => group.First() is var first && first.Path.Length == start + group.Key.Length
                    ? new MlFile(first.Path, false, first.Size)
                    : new MlFile(first.Path[..(start + group.Key.Length)], true, null)),
        ];
    }

    private static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancel) =>
        await JsonSerializer.DeserializeAsync<T>(request.Body, MLflowJson.Options, cancel) ?? throw Refusal.Invalid("body-missing", "This call needs a JSON body.");

    private static IResult Answer<T>(T value) => Results.Json(value, MLflowJson.Options);

    private static string Id(string? id, string? uuid) => id ?? uuid ?? throw Refusal.Invalid("run-id-missing", "Missing value for required parameter 'run_id'.");

    private static MetricPoint Point(LogMetricBody body, TimeProvider time) => new(
        body.Key ?? "", body.Value ?? throw Refusal.Invalid("metric-value-missing", "Missing value for required parameter 'value'."), body.Step ?? 0,
        body.Timestamp is { } millis ? Time(millis) : time.GetUtcNow());

    private static KeyValuePair<string, string>[] Pairs(IReadOnlyList<MlPair?>? pairs) => [.. (pairs ?? []).Select(pair => pair is null ? throw Refusal.Invalid("entry-missing", "A param or tag is an object with key and value, not null.") : KeyValuePair.Create(pair.Key ?? "", pair.Value ?? ""))];

    private static RunStatus? Status(string text) => Enum.GetValues<RunStatus>().Cast<RunStatus?>().FirstOrDefault(known => known.ToString()!.Equals(text, StringComparison.OrdinalIgnoreCase));

    /// <summary>Milliseconds since 1970; clocks that count otherwise give numbers that are no time at all.</summary>
    private static DateTimeOffset Time(long millis) => millis is >= 0 and <= 253_402_300_799_999
        ? DateTimeOffset.FromUnixTimeMilliseconds(millis)
        : throw Refusal.Invalid("timestamp", $"{millis} is not a time in milliseconds since 1970.");

    private static MlExperiment Wire(Experiment experiment) => new(
        experiment.Id, experiment.Name, $"mlflow-artifacts:/{experiment.Id}", experiment.Deleted ? "deleted" : "active", experiment.Updated.ToUnixTimeMilliseconds(), experiment.Created.ToUnixTimeMilliseconds());

    private static MlRun Wire(RunDetails details) => new(
        Info(details.Run),
        new MlRunData([.. details.Metrics.Select(Wire)], [.. details.Params.Select(pair => new MlPair(pair.Key, pair.Value))], [.. details.Tags.Select(pair => new MlPair(pair.Key, pair.Value))]));

    /// <summary>MLflow's server tells infinities as the largest numbers there are, and its clients know them so; Flyball keeps what was logged.</summary>
    private static MlMetric Wire(MetricPoint point) => new(point.Key, Math.Clamp(point.Value, double.MinValue, double.MaxValue), point.At.ToUnixTimeMilliseconds(), point.Step);

    private static MlRunInfo Info(Run run) => new(
        run.Id, run.Id, run.Name, run.ExperimentId, run.User, run.Status.ToString().ToUpperInvariant(), run.Started.ToUnixTimeMilliseconds(), run.Ended?.ToUnixTimeMilliseconds(), Uri(run), run.Deleted ? "deleted" : "active");

    private static string Uri(Run run) => $"mlflow-artifacts:/{run.ExperimentId}/{run.Id}/artifacts";
}
