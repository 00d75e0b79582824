using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

internal static class RunsApi
{
    private const int MostFound = 50_000;
    private const int LongestBatch = 1_000_000;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/create", CreateAsync).Needs(Permission.Write);
        group.MapGet("/get", async (HttpRequest request, Runs runs, CancellationToken cancel) =>
            MLflowJson.Answer(new { run = MlRun.Of(await runs.DetailsAsync((await MLflowFields.ReadAsync(request, cancel)).RunId(), cancel)) })).Needs(Permission.Read);
        group.MapPost("/update", async (HttpRequest request, Runs runs, Db db, HttpContext http, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            var status = fields.TextOrNull("status") is { Length: > 0 } text ? Status(text) : (RunStatus?)null;
            var ended = fields.TimeOrNull("end_time");
            var run = await db.WriteAsync(tx => runs.UpdateAsync(tx, fields.RunId(), status, ended, fields.TextOrNull("run_name"), http.Actor().Name, null, null), cancel);
            return MLflowJson.Answer(new { run_info = MlRunInfo.Of(run) });
        }).Needs(Permission.Write);
        group.MapPost("/delete", async (HttpRequest request, Runs runs, CancellationToken cancel) =>
        {
            await runs.DeleteAsync((await MLflowFields.ReadAsync(request, cancel)).Text("run_id"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/restore", async (HttpRequest request, Runs runs, CancellationToken cancel) =>
        {
            await runs.RestoreAsync((await MLflowFields.ReadAsync(request, cancel)).Text("run_id"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/log-metric", async (HttpRequest request, Runs runs, Db db, TimeProvider time, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            var (id, metric) = (fields.RunId(), Metric(fields, time));
            await db.WriteAsync(
                async tx =>
                {
                    await runs.LogMetricAsync(tx, id, metric);
                    await OnModelAsync(tx, fields, id, metric);
                },
                cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/log-parameter", async (HttpRequest request, Runs runs, Db db, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            var (id, key, value) = (fields.RunId(), fields.Text("key"), fields.TextGiven("value"));
            await db.WriteAsync(tx => runs.LogParamAsync(tx, id, key, value), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/set-tag", async (HttpRequest request, Runs runs, Db db, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            var (id, key, value) = (fields.RunId(), fields.Text("key"), fields.TextGiven("value"));
            await db.WriteAsync(tx => runs.SetTagAsync(tx, id, key, value), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/delete-tag", async (HttpRequest request, Runs runs, Db db, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            var (id, key) = (fields.Text("run_id"), fields.Text("key"));
            await db.WriteAsync(tx => runs.DeleteTagAsync(tx, id, key), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/log-batch", LogBatchAsync).Needs(Permission.Write);
        group.MapPost("/log-model", async (HttpRequest request, Runs runs, Db db, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            await db.WriteAsync(tx => runs.LogModelAsync(tx, fields.RunId(), fields.Text("model_json")), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/log-inputs", async (HttpRequest request, Runs runs, Db db, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            var (id, datasets) = (fields.Text("run_id"), fields.List("datasets").Select(Input).ToList());
            await db.WriteAsync(tx => runs.LogInputsAsync(tx, id, datasets, [.. fields.List("models").Select(model => model.Text("model_id"))]), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/outputs", async (HttpRequest request, Db db, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            var (id, models) = (fields.Text("run_id"), fields.List("models").Select(model => (model.Text("model_id"), model.LongOrNull("step") ?? 0)).ToList());
            await db.WriteAsync(tx => Runs.LogOutputsAsync(tx, id, models), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/search", SearchAsync).Needs(Permission.Read);
    }

    public static ViewType View(MLflowFields fields, string name) => fields.NamedOrNull<ViewType>(name, view => view switch { ViewType.ActiveOnly => "ACTIVE_ONLY", ViewType.DeletedOnly => "DELETED_ONLY", _ => "ALL" }) ?? ViewType.ActiveOnly;

    private static async Task<IResult> CreateAsync(HttpRequest request, Runs runs, Db db, TimeProvider time, HttpContext http, CancellationToken cancel)
    {
        var fields = await MLflowFields.ReadAsync(request, cancel);
        var started = fields.TimeOrNull("start_time") ?? time.GetUtcNow();
        var user = fields.TextOrNull("user_id") is { Length: > 0 } named ? named : http.Actor().Name;
        var (experiment, name, tags) = (fields.TextOrNull("experiment_id") is { Length: > 0 } id ? id : "0", fields.TextOrNull("run_name") ?? "", fields.Pairs("tags"));
        var details = await db.WriteAsync(
            async tx => await RunsSql.DetailsAsync(tx, await runs.StartAsync(tx, await Experiments.GetAsync(tx, experiment), name, user, started, tags, null, null)), cancel);
        return MLflowJson.Answer(new { run = MlRun.Of(details) });
    }

    private static async Task<IResult> LogBatchAsync(HttpRequest request, Runs runs, Db db, TimeProvider time, CancellationToken cancel)
    {
        if (request.ContentLength > LongestBatch) throw Refusal.Invalid("batch-too-large", $"Batched logging API requests must be at most {LongestBatch} bytes, got a request of size {request.ContentLength}.");
        var fields = await MLflowFields.ReadAsync(request, cancel);
        var (id, metrics) = (fields.RunId(), fields.List("metrics"));
        var batch = new RunBatch([.. metrics.Select(metric => Metric(metric, time))], fields.Pairs("params"), fields.Pairs("tags"));
        await db.WriteAsync(
            async tx =>
            {
                await runs.LogAsync(tx, id, batch, project: null);
                for (var i = 0; i < metrics.Count; i++) await OnModelAsync(tx, metrics[i], id, batch.Metrics[i]);
            },
            cancel);
        return MLflowJson.Done();
    }

    private static async Task<IResult> SearchAsync(HttpRequest request, RunIndex index, Db db, CancellationToken cancel)
    {
        var fields = await MLflowFields.ReadAsync(request, cancel);
        var limit = fields.LongOrNull("max_results") ?? 1000;
        if (limit is < 1 or > MostFound) throw Refusal.Invalid("max-results", $"Invalid value {limit} for parameter 'max_results' supplied: it must be at least 1 and at most {MostFound}.");
        var order = FilterParser.Order(fields.Texts("order_by"), RunFields.Instance);
        var started = new Field(FieldKind.Attribute, "start_time");
        if (!order.Exists(key => key.Field == started)) order.Add(new OrderKey(started, Descending: true));
        var query = new RunQuery(
            fields.Texts("experiment_ids"), FilterParser.Filter(fields.TextOrNull("filter"), RunFields.Instance), order, View(fields, "run_view_type"), (int)limit,
            fields.TextOrNull("page_token") is { Length: > 0 } token ? PageToken.Read(token, order.Count) : null);
        var page = await index.LookAsync(columns => RunSearch.Find(columns, query), cancel);
        var runs = await db.ReadAsync(tx => RunsSql.DetailsAsync(tx, page.Runs), cancel);
        return MLflowJson.Answer(new { runs = runs.Count == 0 ? null : runs.Select(MlRun.Of), next_page_token = page.Next is { } next ? PageToken.Write(next) : null });
    }

    /// <summary>A metric that was measured on a logged model is the model's too.</summary>
    private static Task OnModelAsync(Tx tx, MLflowFields fields, string run, MetricPoint metric) => fields.TextOrNull("model_id") is not { Length: > 0 } model
        ? Task.CompletedTask
        : LoggedModels.LogMetricAsync(tx, model, new LoggedModelMetric(metric.Key, metric.Value, metric.Step, metric.At, run, fields.TextOrNull("dataset_name"), fields.TextOrNull("dataset_digest")));

    private static MetricPoint Metric(MLflowFields fields, TimeProvider time) =>
        new(fields.Text("key"), fields.Double("value"), fields.LongOrNull("step") ?? 0, fields.TimeOrNull("timestamp") ?? time.GetUtcNow());

    private static DatasetInput Input(MLflowFields fields)
    {
        var dataset = fields.ObjectOrNull("dataset") ?? throw MLflowFields.Missing("dataset");
        return new DatasetInput(
            new InputDataset(dataset.Text("name"), dataset.Text("digest"), dataset.Text("source_type"), dataset.TextGiven("source"), dataset.TextOrNull("schema"), dataset.TextOrNull("profile")),
            fields.Pairs("tags").Reverse().DistinctBy(tag => tag.Key).Reverse().ToDictionary());
    }

    private static RunStatus Status(string text) => Enum.GetValues<RunStatus>().Cast<RunStatus?>().FirstOrDefault(known => known.ToString()!.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw Refusal.Invalid("run-status", $"'{Refusal.Shown(text)}' is not a run status.");
}
