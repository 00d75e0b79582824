using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

internal sealed class RunsApi(Runs runs, LoggedModels models, RunIndex index, Db db, TimeProvider time)
{
    private const int MostFound = 50_000;
    private const int LongestBatch = 1_000_000;

    public void Map(RouteGroupBuilder group)
    {
        group.Answers("POST", "/create", Permission.Write, CreateAsync);
        group.Answers("GET", "/get", Permission.Read, async call => new { run = await runs.DetailsAsync(call.Fields.RunId(), call.Cancel) });
        group.Answers("POST", "/update", Permission.Write, UpdateAsync);
        group.Does("POST", "/delete", call => runs.DeleteAsync(call.Fields.Text("run_id"), call.Cancel));
        group.Does("POST", "/restore", call => runs.RestoreAsync(call.Fields.Text("run_id"), call.Cancel));
        group.Does("POST", "/log-metric", LogMetricAsync);
        group.Does("POST", "/log-parameter", call =>
        {
            var (id, key, value) = (call.Fields.RunId(), call.Fields.Text("key"), call.Fields.TextOrNull("value") ?? "");
            return db.WriteAsync(tx => runs.LogParamAsync(tx, id, key, value), call.Cancel);
        });
        group.Does("POST", "/set-tag", call =>
        {
            var (id, key, value) = (call.Fields.RunId(), call.Fields.Text("key"), call.Fields.TextOrNull("value") ?? "");
            return db.WriteAsync(tx => runs.SetTagAsync(tx, id, key, value), call.Cancel);
        });
        group.Does("POST", "/delete-tag", call =>
        {
            var (id, key) = (call.Fields.Text("run_id"), call.Fields.Text("key"));
            return db.WriteAsync(tx => runs.DeleteTagAsync(tx, id, key), call.Cancel);
        });
        group.Does("POST", "/log-batch", LogBatchAsync);
        group.Does("POST", "/log-model", call =>
        {
            var (id, model) = (call.Fields.RunId(), call.Fields.Text("model_json"));
            return db.WriteAsync(tx => runs.LogModelAsync(tx, id, model), call.Cancel);
        });
        group.Does("POST", "/log-inputs", call =>
        {
            var (id, datasets) = (call.Fields.Text("run_id"), call.Fields.List("datasets").Select(Input).ToList());
            RunRules.CheckRunId(id);
            var models = call.Fields.List("models").Select(model => model.Text("model_id")).ToList();
            return db.WriteAsync(tx => runs.LogInputsAsync(tx, id, datasets, models), call.Cancel);
        });
        group.Does("POST", "/outputs", call =>
        {
            if (!call.Fields.Has("models")) throw call.Fields.Missing("models");
            var (id, models) = (call.Fields.Text("run_id"), call.Fields.List("models").Select(model => (model.Text("model_id"), model.LongOrNull("step") ?? 0)).ToList());
            return db.WriteAsync(tx => Runs.LogOutputsAsync(tx, id, models), call.Cancel);
        });
        group.Calls("POST", "/search", Permission.Read, SearchAsync);
    }

    public static ViewType View(MLflowFields fields, string name) => fields.NamedOrNull<ViewType>(name, view => view switch { ViewType.ActiveOnly => "ACTIVE_ONLY", ViewType.DeletedOnly => "DELETED_ONLY", _ => "ALL" }) ?? ViewType.ActiveOnly;

    private async Task<object> CreateAsync(MLflowCall call)
    {
        var fields = call.Fields;
        var started = fields.TimeOrNull("start_time") ?? time.GetUtcNow();
        var user = fields.TextOrNull("user_id") is { Length: > 0 } named ? named : call.User;
        var (experiment, name, tags) = (fields.TextOrNull("experiment_id") is { Length: > 0 } id ? id : Experiment.DefaultId, fields.TextOrNull("run_name") ?? "", fields.Pairs("tags"));
        var details = await db.WriteAsync(
            async tx => await RunsSql.DetailsAsync(tx, await runs.StartAsync(tx, await Experiments.GetAsync(tx, experiment), name, user, started, tags, null, null)), call.Cancel);
        return new { run = details };
    }

    private async Task<object> UpdateAsync(MLflowCall call)
    {
        var fields = call.Fields;
        var status = fields.NamedOrNull<RunStatus>("status", known => known.ToString().ToUpperInvariant());
        var (id, ended, name) = (fields.RunId(), fields.TimeOrNull("end_time"), fields.TextOrNull("run_name"));
        var run = await db.WriteAsync(tx => runs.UpdateAsync(tx, id, status, ended, name, call.User, null, null), call.Cancel);
        return new { run_info = run };
    }

    private Task LogMetricAsync(MLflowCall call)
    {
        var (id, metric) = (call.Fields.RunId(), Metric(call.Fields));
        return db.WriteAsync(
            async tx =>
            {
                await runs.LogMetricAsync(tx, id, metric);
                await OnModelAsync(tx, call.Fields, id, metric);
            },
            call.Cancel);
    }

    private Task LogBatchAsync(MLflowCall call)
    {
        if (call.Fields.Bytes is > LongestBatch and var size) throw Refusal.Invalid("batch-too-large", $"Batched logging API requests must be at most {LongestBatch} bytes, got a request of size {size}.");
        var (id, metrics) = (call.Fields.RunId(), call.Fields.List("metrics"));
        RunRules.CheckRunId(id);
        var batch = new RunBatch([.. metrics.Select(Metric)], call.Fields.Pairs("params"), call.Fields.Pairs("tags"));
        return db.WriteAsync(
            async tx =>
            {
                await runs.LogAsync(tx, id, batch, project: null);
                for (var i = 0; i < metrics.Count; i++) await OnModelAsync(tx, metrics[i], id, batch.Metrics[i]);
            },
            call.Cancel);
    }

    private async Task SearchAsync(MLflowCall call)
    {
        var fields = call.Fields;
        var limit = (int)fields.MaxResults(1000, MostFound);
        var order = RunFields.Order(fields.Texts("order_by"));
        var query = new RunQuery(
            fields.Texts("experiment_ids"), FilterParser.Filter(fields.TextOrNull("filter"), RunFields.Instance), order, View(fields, "run_view_type"), limit,
            fields.TextOrNull("page_token") is { Length: > 0 } token ? PageToken.Read(token, order.Count) : null, call.Cancel);
        var page = await index.LookAsync(columns => RunSearch.Find(columns, query), call.Cancel);
        await new FoundRunsAnswer(db).WriteAsync(call.Http.Response, page.Runs, page.Next is { } next ? PageToken.Write(next) : null, call.Cancel);
    }

    /// <summary>A metric that was measured on a logged model is the model's too.</summary>
    private Task OnModelAsync(Tx tx, MLflowFields fields, string run, MetricPoint metric) => fields.TextOrNull("model_id") is not { Length: > 0 } model
        ? Task.CompletedTask
        : models.LogMetricAsync(tx, model, new LoggedModelMetric(metric.Key, metric.Value, metric.Step, metric.At, run, fields.TextOrNull("dataset_name"), fields.TextOrNull("dataset_digest")));

    private static MetricPoint Metric(MLflowFields fields)
    {
        var (key, value, step, at) = (fields.Text("key"), fields.Double("value"), fields.LongOrNull("step") ?? 0, fields.LongOrNull("timestamp") ?? throw fields.Missing("timestamp"));
        if (at < 0) throw fields.Wrong("timestamp", at, $"metric '{Refusal.Shown(key)}' (value={PythonJson.Write(value)}). Timestamp must be a nonnegative long (64-bit integer) ");
        return new MetricPoint(key, value, step, MLflowFields.Time(at));
    }

    private static DatasetInput Input(MLflowFields fields)
    {
        var dataset = fields.ObjectOrNull("dataset") ?? throw fields.Missing("dataset");
        return new DatasetInput(
            new InputDataset(dataset.Text("name"), dataset.Text("digest"), dataset.Text("source_type"), dataset.TextGiven("source"), dataset.TextOrNull("schema"), dataset.TextOrNull("profile")),
            fields.Pairs("tags").Reverse().DistinctBy(tag => tag.Key).Reverse().ToDictionary());
    }
}
