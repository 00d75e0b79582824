using Flyball.Client;
using Microsoft.Data.Sqlite;

namespace Flyball.Server.Registry;

/// <summary>MLflow's SQL store in SQLite. Tables and columns that a version of MLflow does not have are read as empty.</summary>
internal sealed class MLflowDatabase : MLflowStore
{
    private readonly SqliteConnection connection;
    private readonly string path;
    private readonly Dictionary<string, HashSet<string>> tables = new(StringComparer.Ordinal);

    public MLflowDatabase(string path)
    {
        this.path = path;
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            foreach (var table in Query("select name from sqlite_master where type = 'table'", row => row.GetString(0)).ToList())
                tables[table] = [.. Query($"select name from pragma_table_info('{table.Replace("'", "''", StringComparison.Ordinal)}')", row => row.GetString(0))];
        }
        catch (SqliteException wrong)
        {
            connection.Dispose();
            throw new Hosting.VerbException($"{path} cannot be read as a SQLite database: {wrong.Message}");
        }

        if (tables.ContainsKey("experiments") && tables.ContainsKey("runs")) return;
        connection.Dispose();
        throw new Hosting.VerbException($"{path} is no database of MLflow: it has no tables experiments and runs.");
    }

    public override string Source => $"sqlite:{Path.GetFileName(path)}";

    public override string Folder => Path.GetDirectoryName(path) ?? "/";

    public override IReadOnlyList<string> Places => Folder == "/" ? ["/mlruns", "/mlartifacts"] : [Folder];

    public override void Dispose() => connection.Dispose();

    public override IEnumerable<ImportExperiment> Experiments() => Query(
        $"select experiment_id, name, lifecycle_stage, {Column("experiments", "creation_time")}, {Column("experiments", "last_update_time")} from experiments order by experiment_id",
        row => new ImportExperiment(
            row.GetString(0), row.GetString(1), row.GetString(2) == "deleted", Time(row, 3) ?? DateTimeOffset.UnixEpoch, Time(row, 4) ?? Time(row, 3) ?? DateTimeOffset.UnixEpoch,
            Pairs("experiment_tags", "key", "value", ("experiment_id", row.GetValue(0))))).ToList();

    public override IEnumerable<StoredRun> Runs(string experiment) => Query(
        $"select run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, {Column("runs", "deleted_time")} from runs where experiment_id = $1 order by start_time, run_uuid",
        row =>
        {
            var (id, started, ended) = (row.GetString(0), Time(row, 4), Time(row, 5));
            return new StoredRun(
                new ImportRun(
                    id, experiment, Text(row, 1), Text(row, 2), Status(Text(row, 3)), started ?? DateTimeOffset.UnixEpoch, ended, Pairs("params", "key", "value", ("run_uuid", id)), Pairs("tags", "key", "value", ("run_uuid", id)), Datasets(id),
                    [.. Models(id, "RUN_INPUT").Select(model => model.Model)], Models(id, "RUN_OUTPUT"), Source),
                Text(row, 7), Text(row, 6) == "deleted" ? Time(row, 8) ?? ended ?? started ?? DateTimeOffset.UnixEpoch : null,
                Untimed(row.IsDBNull(4) ? null : row.GetString(4), started, row.IsDBNull(5) ? null : row.GetString(5), ended));
        },
        Number(experiment));

    public override IEnumerable<MetricValue> Metrics(StoredRun run, Action<string, string> untimed) => tables.ContainsKey("metrics")
        ? Query(
            $"select key, value, timestamp, {Column("metrics", "step", "0")}, {Column("metrics", "is_nan", "0")} from metrics where run_uuid = $1 order by key, timestamp",
            row =>
            {
                if (Time(row, 2) is { } at) return new MetricValue(row.GetString(0), row.GetBoolean(4) ? double.NaN : Value(row.GetDouble(1)), at, row.IsDBNull(3) ? 0 : row.GetInt64(3));
                untimed(row.GetString(0), row.IsDBNull(2) ? "null" : row.GetString(2));
                return null;
            },
            run.Info.Id).OfType<MetricValue>()
        : [];

    public override IEnumerable<StoredLoggedModel> LoggedModels(string experiment) => tables.ContainsKey("logged_models")
        ? Query(
            "select model_id, name, model_type, source_run_id, status, creation_timestamp_ms, last_updated_timestamp_ms, artifact_location, lifecycle_stage from logged_models where experiment_id = $1 order by creation_timestamp_ms, model_id",
            row => new StoredLoggedModel(
                new ImportLoggedModel(
                    row.GetString(0), experiment, Text(row, 1), row.IsDBNull(2) ? null : row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetInt64(4) switch { 2 => "READY", 3 => "UPLOAD_FAILED", _ => "PENDING" },
                    Time(row, 5) ?? DateTimeOffset.UnixEpoch, Time(row, 6) ?? DateTimeOffset.UnixEpoch, Text(row, 8) == "deleted" ? Time(row, 6) ?? Time(row, 5) ?? DateTimeOffset.UnixEpoch : null,
                    Pairs("logged_model_params", "param_key", "param_value", ("model_id", row.GetString(0))), Pairs("logged_model_tags", "tag_key", "tag_value", ("model_id", row.GetString(0)))),
                Text(row, 7)),
            Number(experiment)).ToList()
        : [];

    public override IEnumerable<ImportModelMetric> MetricsOf(ImportLoggedModel model, Action<string, string> untimed) => tables.ContainsKey("logged_model_metrics")
        ? Query(
            "select metric_name, metric_value, metric_timestamp_ms, metric_step, run_id, dataset_name, dataset_digest from logged_model_metrics where model_id = $1 order by metric_name, metric_timestamp_ms",
            row =>
            {
                // SQLite keeps what is not a number as null
                if (Time(row, 2) is { } at) return new ImportModelMetric(row.GetString(0), row.IsDBNull(1) ? double.NaN : Value(row.GetDouble(1)), at, row.IsDBNull(3) ? 0 : row.GetInt64(3), Text(row, 4), TextOrNull(row, 5), TextOrNull(row, 6));
                untimed(row.GetString(0), row.IsDBNull(2) ? "null" : row.GetString(2));
                return null;
            },
            model.Id).OfType<ImportModelMetric>()
        : [];

    public override IEnumerable<StoredModel> Models() => tables.ContainsKey("registered_models")
        ? Query(
            "select name, description, creation_time, last_updated_time from registered_models order by name",
            row => new StoredModel(
                new ImportModel(row.GetString(0), Text(row, 1), Time(row, 2) ?? DateTimeOffset.UnixEpoch, Time(row, 3) ?? DateTimeOffset.UnixEpoch, Pairs("registered_model_tags", "key", "value", ("name", row.GetString(0))), Source),
                Versions(row.GetString(0)),
                tables.ContainsKey("registered_model_aliases") ? Query("select alias, version from registered_model_aliases where name = $1", alias => (alias.GetString(0), alias.GetInt32(1)), row.GetString(0)).ToDictionary() : [])).ToList()
        : [];

    public override IEnumerable<(string What, long Count)> NotTaken()
    {
        foreach (var (table, what) in ((string, string)[])[("trace_info", "traces"), ("assessments", "assessments of traces"), ("evaluation_datasets", "evaluation datasets"), ("scorers", "scorers"), ("webhooks", "webhooks")])
        {
            if (Count(table, "1 = 1") is var count and > 0) yield return (what, count);
        }

        if (Count("inputs", "source_type not in ('DATASET', 'RUN_INPUT', 'RUN_OUTPUT')") is var links and > 0) yield return ("notes of other things that runs read or made", links);
    }

    private long Count(string table, string where) => tables.ContainsKey(table) ? Query($"select count(*) from {table} where {where}", row => row.GetInt64(0)).First() : 0;

    private List<ImportModelVersion> Versions(string model) => Query(
        $"select version, source, run_id, {Column("model_versions", "run_link")}, description, user_id, current_stage, creation_time, last_updated_time, {Column("model_versions", "storage_location")} from model_versions where name = $1 and current_stage != 'Deleted_Internal' order by version",
        row => new ImportModelVersion(
            row.GetInt32(0), Text(row, 1), Text(row, 9) is { Length: > 0 } storage ? storage : Text(row, 1), row.IsDBNull(2) || row.GetString(2).Length == 0 ? null : row.GetString(2), Text(row, 3), null, row.IsDBNull(4) ? null : row.GetString(4), Text(row, 5),
            Text(row, 6) is { Length: > 0 } stage ? stage : "None", Time(row, 7) ?? DateTimeOffset.UnixEpoch, Time(row, 8) ?? DateTimeOffset.UnixEpoch,
            Pairs("model_version_tags", "key", "value", ("name", model), ("version", row.GetInt32(0)))),
        model).ToList();

    private List<ImportDataset> Datasets(string run) => tables.ContainsKey("inputs") && tables.ContainsKey("datasets")
        ? [.. Query(
            "select name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile, input_uuid from inputs join datasets on datasets.dataset_uuid = inputs.source_id where inputs.destination_id = $1 and inputs.source_type = 'DATASET' order by name, digest",
            row => new ImportDataset(Text(row, 0), Text(row, 1), Text(row, 2), Text(row, 3), row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), Pairs("input_tags", "name", "value", ("input_uuid", row.GetString(6)))), run)]
        : [];

    /// <summary>MLflow 3 keeps among the inputs which logged models a run read and made.</summary>
    private List<RunOutput> Models(string run, string kind) => tables.ContainsKey("inputs")
        ? [.. Query($"select destination_id, {Column("inputs", "step", "0")} from inputs where source_type = $1 and source_id = $2 order by 2, 1", row => new RunOutput(row.GetString(0), row.IsDBNull(1) ? 0 : row.GetInt64(1)), kind, run)]
        : [];

    private Dictionary<string, string> Pairs(string table, string key, string value, params (string Column, object Value)[] of)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!tables.ContainsKey(table)) return found;
        foreach (var (name, text) in Query($"select {key}, {value} from {table} where {string.Join(" and ", of.Select((part, i) => $"{part.Column} = ${i + 1}"))}", row => (row.GetString(0), Text(row, 1)), [.. of.Select(part => part.Value)])) found[name] = text;
        return found;
    }

    /// <summary>A column, or what stands for it where this version of MLflow has none.</summary>
    private string Column(string table, string column, string otherwise = "null") => tables[table].Contains(column) ? column : otherwise;

    private IEnumerable<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params object[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${i + 1}", values[i]);
        using var reader = command.ExecuteReader();
        while (reader.Read()) yield return read(reader);
    }

    private static object Number(string id) => long.TryParse(id, out var number) ? number : id;

    private static string? TextOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static string Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? "" : row.GetString(column);

    private static DateTimeOffset? Time(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Milliseconds(row.GetInt64(column));

    /// <summary>MLflow's SQL store writes infinities as the largest numbers.</summary>
    private static double Value(double stored) => stored >= 1.7976931348623157e308 ? double.PositiveInfinity : stored <= -1.7976931348623157e308 ? double.NegativeInfinity : stored;

}
