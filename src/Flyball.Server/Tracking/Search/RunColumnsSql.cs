using System.Data.Common;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Reads everything that runs are searched by.</summary>
internal static class RunColumnsSql
{
    public static async Task<RunColumns> ReadAsync(Tx tx)
    {
        var columns = new RunColumns();
        var slots = new Dictionary<long, int>();
        await RunsSql.AllAsync(tx, run => slots[run.Number] = columns.Set(run));
        await MetricsSql.NewestAsync(tx, (run, key, value) =>
        {
            if (slots.TryGetValue(run, out var slot)) columns.SetMetric(slot, key, value);
        });

        await EachAsync(tx, "select run, key, value from params", slots, (slot, row) => columns.SetParam(slot, row.GetString(1), row.GetString(2)));
        await EachAsync(tx, "select run, key, value from tags", slots, (slot, row) => columns.SetTag(slot, row.GetString(1), row.GetString(2)));
        await EachAsync(tx, "select run, name, digest, tags from run_datasets join input_datasets on input_datasets.number = run_datasets.dataset", slots, (slot, row) =>
            columns.AddDataset(slot, row.GetString(1), row.GetString(2), Json.Read<Dictionary<string, string>>(row.GetString(3)).GetValueOrDefault("mlflow.data.context")));
        return columns;
    }

    private static Task EachAsync(Tx tx, string sql, Dictionary<long, int> slots, Action<int, DbDataReader> add) => tx.Prepared(sql).ReadAsync(row =>
    {
        if (slots.TryGetValue(row.GetInt64(0), out var slot)) add(slot, row);
    });
}
