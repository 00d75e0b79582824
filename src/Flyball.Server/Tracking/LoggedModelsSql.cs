using System.Data.Common;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal static class LoggedModelsSql
{
    private const string Columns = "logged_models.id, experiment, artifact_location, logged_models.name, type, run, status, message, logged_models.created, logged_models.updated";
    private const string Metrics = "key, value, kind, step, at, run, dataset_name, dataset_digest";
    private const string From = "from logged_models join experiments on experiments.id = logged_models.experiment";

    public static async Task<LoggedModel> GetAsync(Tx tx, string id) =>
        await FindAsync(tx, id) ?? throw Absent(id);

    /// <summary>A logged model that is not deleted.</summary>
    public static async Task<LoggedModel?> FindAsync(Tx tx, string id)
    {
        LoggedModel? found = null;
        await tx.Prepared($"select {Columns} {From} where logged_models.id = $1 and deleted is null").ReadAsync(row => found = Read(row), id);
        if (found is null) return null;
        var (parameters, tags, metrics) = (new Dictionary<string, string>(), new Dictionary<string, string>(), new List<LoggedModelMetric>());
        await tx.Prepared("select key, value from logged_model_params where model = $1 order by key").ReadAsync(row => parameters[row.GetString(0)] = row.GetString(1), id);
        await tx.Prepared("select key, value from logged_model_tags where model = $1 order by key").ReadAsync(row => tags[row.GetString(0)] = row.GetString(1), id);
        await tx.Prepared($"select {Metrics} from logged_model_metrics where model = $1 order by key, step, at, run").ReadAsync(row => metrics.Add(Metric(row, static text => text)), id);
        return found with { Params = parameters, Tags = tags, Metrics = metrics };
    }

    /// <summary>Refuses a model that is deleted or never was, without reading what it holds: each of a thousand metrics of a batch is about one.</summary>
    public static async Task CheckAsync(Tx tx, string id)
    {
        if (await tx.Prepared("select 1 from logged_models where id = $1 and deleted is null").ScalarAsync(id) is null) throw Absent(id);
    }

    public static async Task<bool> ExistsAsync(Tx tx, string id) => await tx.Prepared("select 1 from logged_models where id = $1").ScalarAsync(id) is not null;

    /// <summary>All that are not deleted, in a few statements; texts that are the same are one.</summary>
    public static async Task<List<LoggedModel>> AllAsync(Tx tx)
    {
        var (found, texts) = (new List<LoggedModel>(), new Dictionary<string, string>(StringComparer.Ordinal));
        var (parameters, tags, metrics) = (new Dictionary<string, Dictionary<string, string>>(), new Dictionary<string, Dictionary<string, string>>(), new Dictionary<string, List<LoggedModelMetric>>());
        await tx.Prepared($"select {Columns} {From} where deleted is null").ReadAsync(row =>
        {
            var model = Read(row);
            (parameters[model.Id], tags[model.Id], metrics[model.Id]) = ([], [], []);
            found.Add(model with { Params = parameters[model.Id], Tags = tags[model.Id], Metrics = metrics[model.Id] });
        });
        await tx.Prepared("select model, key, value from logged_model_params order by model, key").ReadAsync(row => Add(parameters, row));
        await tx.Prepared("select model, key, value from logged_model_tags order by model, key").ReadAsync(row => Add(tags, row));
        await tx.Prepared($"select {Metrics}, model from logged_model_metrics order by model, key, step, at, run").ReadAsync(row =>
        {
            if (metrics.TryGetValue(row.GetString(8), out var own)) own.Add(Metric(row, Same));
        });
        return found;

        string Same(string text) => texts.TryGetValue(text, out var known) ? known : texts[text] = text;

        void Add(Dictionary<string, Dictionary<string, string>> to, DbDataReader row)
        {
            if (to.TryGetValue(row.GetString(0), out var own)) own[Same(row.GetString(1))] = Same(row.GetString(2));
        }
    }

    public static async Task AddAsync(Tx tx, LoggedModelIndex index, LoggedModel model)
    {
        index.Note(tx, model.Id);
        await tx.Prepared("insert into logged_models (id, experiment, name, type, run, status, message, created, updated) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .ExecuteAsync(model.Id, model.ExperimentId, model.Name, model.Type, model.Run, (long)model.Status, model.Message, Micros.Of(model.Created), Micros.Of(model.Updated));
        foreach (var (key, value) in model.Params) await AddParamAsync(tx, index, model.Id, key, value);
        foreach (var (key, value) in model.Tags) await SetTagAsync(tx, index, model.Id, key, value);
    }

    public static Task UpdateAsync(Tx tx, LoggedModelIndex index, string id, LoggedModelStatus status, DateTimeOffset at) =>
        ChangeAsync(tx, index, id, "update logged_models set status = $2, updated = $3 where id = $1", (long)status, Micros.Of(at));

    public static Task TouchAsync(Tx tx, LoggedModelIndex index, string id, DateTimeOffset at) => ChangeAsync(tx, index, id, "update logged_models set updated = $2 where id = $1", Micros.Of(at));

    public static Task DeleteAsync(Tx tx, LoggedModelIndex index, string id, DateTimeOffset at) => ChangeAsync(tx, index, id, "update logged_models set deleted = $2, updated = $2 where id = $1 and deleted is null", Micros.Of(at));

    /// <summary>Removes one for good; what hangs on it goes with its row.</summary>
    public static Task RemoveAsync(Tx tx, LoggedModelIndex index, string id) => ChangeAsync(tx, index, id, "delete from logged_models where id = $1");

    /// <summary>True where the param is new.</summary>
    public static async Task<bool> AddParamAsync(Tx tx, LoggedModelIndex index, string id, string key, string value) =>
        await ChangeAsync(tx, index, id, "insert into logged_model_params (model, key, value) values ($1, $2, $3) on conflict do nothing", key, value) == 1;

    public static async Task<string?> ParamAsync(Tx tx, string id, string key) => await tx.Prepared("select value from logged_model_params where model = $1 and key = $2").ScalarAsync(id, key) as string;

    public static Task SetTagAsync(Tx tx, LoggedModelIndex index, string id, string key, string value) =>
        ChangeAsync(tx, index, id, "insert into logged_model_tags (model, key, value) values ($1, $2, $3) on conflict (model, key) do update set value = excluded.value", key, value);

    public static async Task<bool> DeleteTagAsync(Tx tx, LoggedModelIndex index, string id, string key) => await ChangeAsync(tx, index, id, "delete from logged_model_tags where model = $1 and key = $2", key) == 1;

    public static Task AddMetricAsync(Tx tx, LoggedModelIndex index, string id, LoggedModelMetric metric) => ChangeAsync(
        tx, index, id, "insert into logged_model_metrics (model, run, key, step, at, value, kind, dataset_name, dataset_digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        metric.Run, metric.Key, metric.Step, Micros.Of(metric.At), MetricsSql.Number(metric.Value), MetricsSql.Kind(metric.Value), metric.DatasetName, metric.DatasetDigest);

    /// <summary>Everything that changes a logged model goes this way, so that its searches hear of it.</summary>
    private static Task<int> ChangeAsync(Tx tx, LoggedModelIndex index, string id, string sql, params ReadOnlySpan<object?> values)
    {
        index.Note(tx, id);
        return tx.Prepared(sql).ExecuteAsync([id, .. values]);
    }

    private static LoggedModelMetric Metric(DbDataReader row, Func<string, string> same) => new(
        same(row.GetString(0)), MetricsSql.Value(row.GetDouble(1), row.GetInt64(2)), row.GetInt64(3), Micros.Time(row.GetInt64(4)), same(row.GetString(5)), row.IsDBNull(6) ? null : same(row.GetString(6)), row.IsDBNull(7) ? null : same(row.GetString(7)));

    private static LoggedModel Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), (LoggedModelStatus)row.GetInt64(6),
        row.IsDBNull(7) ? null : row.GetString(7), Micros.Time(row.GetInt64(8)), Micros.Time(row.GetInt64(9)), new Dictionary<string, string>(), new Dictionary<string, string>(), []);

    private static Refusal Absent(string id) => new(RefusalKind.NotFound, "logged-model-not-found", $"Logged model with ID '{Refusal.Shown(id)}' not found.");
}
