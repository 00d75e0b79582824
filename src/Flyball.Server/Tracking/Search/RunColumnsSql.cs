using System.Data.Common;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Reads everything that runs are searched by.</summary>
internal static class RunColumnsSql
{
    /// <summary>
    /// Runs first, then what hangs on them, side by side. Each is read as of a moment of its own, so whoever asks notes what is changed from before the first moment on, and applies that afterwards.
    /// </summary>
    public static async Task<RunColumns> ReadAsync(Db db, CancellationToken cancel)
    {
        var columns = new RunColumns();
        var slots = new Dictionary<long, int>();
        await BesideAsync(tx => RunsSql.AllAsync(tx, run => slots[run.Number] = columns.Set(run)));
        await Task.WhenAll(
            BesideAsync(tx => MetricsAsync(tx, columns, slots)),
            BesideAsync(tx => EachAsync(tx, "select run, key, value from params", slots, (slot, row) => columns.SetParam(slot, row.GetString(1), row.GetString(2)))),
            BesideAsync(tx => TagsAsync(tx, columns, slots)));
        return columns;

        Task<bool> BesideAsync(Func<Tx, Task> read) => Task.Run(
            () => db.ReadAsync(
                async tx =>
                {
                    await read(tx);
                    return true;
                },
                cancel),
            cancel);
    }

    private static Task MetricsAsync(Tx tx, RunColumns columns, Dictionary<long, int> slots) => MetricsSql.NewestAsync(tx, (run, key, value) =>
    {
        if (slots.TryGetValue(run, out var slot)) columns.SetMetric(slot, key, value);
    });

    private static async Task TagsAsync(Tx tx, RunColumns columns, Dictionary<long, int> slots)
    {
        await EachAsync(tx, "select run, key, value from tags", slots, (slot, row) => columns.SetTag(slot, row.GetString(1), row.GetString(2)));
        await EachAsync(tx, "select run, name, digest, tags from run_datasets join input_datasets on input_datasets.number = run_datasets.dataset", slots, (slot, row) =>
            columns.AddDataset(slot, row.GetString(1), row.GetString(2), Json.Read<Dictionary<string, string>>(row.GetString(3)).GetValueOrDefault("mlflow.data.context")));
    }

    private static Task EachAsync(Tx tx, string sql, Dictionary<long, int> slots, Action<int, DbDataReader> add) => tx.Prepared(sql).ReadAsync(row =>
    {
        if (slots.TryGetValue(row.GetInt64(0), out var slot)) add(slot, row);
    });
}
