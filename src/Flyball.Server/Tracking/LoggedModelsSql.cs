using System.Data.Common;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal static class LoggedModelsSql
{
    private const string Columns = "logged_models.id, experiment, artifact_location, logged_models.name, type, run, status, message, logged_models.created, logged_models.updated";
    private const string From = "from logged_models join experiments on experiments.id = logged_models.experiment";

    public static async Task<LoggedModel> GetAsync(Tx tx, string id) =>
        (await ReadAsync(tx, "where logged_models.id = $1 and deleted is null", id)).FirstOrDefault() ?? throw new Refusal(RefusalKind.NotFound, "logged-model-not-found", $"Logged model with ID '{Refusal.Shown(id)}' not found.");

    public static async Task<bool> ExistsAsync(Tx tx, string id) => await tx.Prepared("select 1 from logged_models where id = $1").ScalarAsync(id) is not null;

    public static async Task<List<LoggedModel>> OfAsync(Tx tx, IEnumerable<string> experiments)
    {
        var found = new List<LoggedModel>();
        foreach (var experiment in experiments.Distinct(StringComparer.Ordinal)) found.AddRange(await ReadAsync(tx, "where experiment = $1 and deleted is null order by logged_models.created desc, logged_models.id", experiment));
        return found;
    }

    public static async Task AddAsync(Tx tx, LoggedModel model)
    {
        await tx.Prepared("insert into logged_models (id, experiment, name, type, run, status, message, created, updated) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .ExecuteAsync(model.Id, model.ExperimentId, model.Name, model.Type, model.Run, (long)model.Status, model.Message, Micros.Of(model.Created), Micros.Of(model.Updated));
        foreach (var (key, value) in model.Params) await AddParamAsync(tx, model.Id, key, value);
        foreach (var (key, value) in model.Tags) await SetTagAsync(tx, model.Id, key, value);
    }

    public static Task UpdateAsync(Tx tx, string id, LoggedModelStatus status, DateTimeOffset at) => tx.Prepared("update logged_models set status = $2, updated = $3 where id = $1").ExecuteAsync(id, (long)status, Micros.Of(at));

    public static Task TouchAsync(Tx tx, string id, DateTimeOffset at) => tx.Prepared("update logged_models set updated = $2 where id = $1").ExecuteAsync(id, Micros.Of(at));

    public static Task DeleteAsync(Tx tx, string id, DateTimeOffset at) => tx.Prepared("update logged_models set deleted = $2, updated = $2 where id = $1 and deleted is null").ExecuteAsync(id, Micros.Of(at));

    /// <summary>True where the param is new.</summary>
    public static async Task<bool> AddParamAsync(Tx tx, string id, string key, string value) =>
        await tx.Prepared("insert into logged_model_params (model, key, value) values ($1, $2, $3) on conflict do nothing").ExecuteAsync(id, key, value) == 1;

    public static async Task<string?> ParamAsync(Tx tx, string id, string key) => await tx.Prepared("select value from logged_model_params where model = $1 and key = $2").ScalarAsync(id, key) as string;

    public static Task SetTagAsync(Tx tx, string id, string key, string value) =>
        tx.Prepared("insert into logged_model_tags (model, key, value) values ($1, $2, $3) on conflict (model, key) do update set value = excluded.value").ExecuteAsync(id, key, value);

    public static async Task<bool> DeleteTagAsync(Tx tx, string id, string key) => await tx.Prepared("delete from logged_model_tags where model = $1 and key = $2").ExecuteAsync(id, key) == 1;

    public static Task AddMetricAsync(Tx tx, string id, LoggedModelMetric metric) => tx.Prepared(
        "insert into logged_model_metrics (model, run, key, step, at, value, kind, dataset_name, dataset_digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing")
        .ExecuteAsync(id, metric.Run, metric.Key, metric.Step, Micros.Of(metric.At), MetricsSql.Number(metric.Value), MetricsSql.Kind(metric.Value), metric.DatasetName, metric.DatasetDigest);

    private static async Task<List<LoggedModel>> ReadAsync(Tx tx, string where, string value)
    {
        var found = new List<LoggedModel>();
        await tx.Prepared($"select {Columns} {From} {where}").ReadAsync(row => found.Add(Read(row)), value);
        for (var i = 0; i < found.Count; i++)
        {
            var metrics = new List<LoggedModelMetric>();
            await tx.Prepared("select key, value, kind, step, at, run, dataset_name, dataset_digest from logged_model_metrics where model = $1 order by key, step, at").ReadAsync(
                row => metrics.Add(new LoggedModelMetric(row.GetString(0), MetricsSql.Value(row.GetDouble(1), row.GetInt64(2)), row.GetInt64(3), Micros.Time(row.GetInt64(4)), row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6), row.IsDBNull(7) ? null : row.GetString(7))),
                found[i].Id);
            found[i] = found[i] with { Params = await PairsAsync(tx, "logged_model_params", found[i].Id), Tags = await PairsAsync(tx, "logged_model_tags", found[i].Id), Metrics = metrics };
        }

        return found;
    }

    private static async Task<IReadOnlyDictionary<string, string>> PairsAsync(Tx tx, string table, string id)
    {
        var pairs = new Dictionary<string, string>();
        await tx.Prepared($"select key, value from {table} where model = $1 order by key").ReadAsync(row => pairs[row.GetString(0)] = row.GetString(1), id);
        return pairs;
    }

    private static LoggedModel Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), (LoggedModelStatus)row.GetInt64(6),
        row.IsDBNull(7) ? null : row.GetString(7), Micros.Time(row.GetInt64(8)), Micros.Time(row.GetInt64(9)), new Dictionary<string, string>(), new Dictionary<string, string>(), []);
}
