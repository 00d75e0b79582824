using System.Globalization;
using Flyball.Client;
using Microsoft.Data.Sqlite;

namespace Flyball.Server.Registry;

/// <summary>MLflow's SQL store in SQLite. Tables and columns that a version of MLflow does not have are read as empty.</summary>
internal sealed class MLflowDatabase : MLflowStore
{
    private readonly SqliteConnection connection;
    private readonly string path;
    private readonly Dictionary<string, HashSet<string>> tables = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Tables of which was told that they lack a column.</summary>
    private readonly HashSet<string> told = new(StringComparer.OrdinalIgnoreCase);

    public MLflowDatabase(string path)
    {
        this.path = path;
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            foreach (var table in Query("select name from sqlite_master where type = 'table'", row => row.GetString(0)).ToList())
                tables[table] = Query($"select name from pragma_table_info('{table.Replace("'", "''", StringComparison.Ordinal)}')", row => row.GetString(0)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        }
        catch (SqliteException wrong)
        {
            connection.Dispose();
            throw new Hosting.VerbException($"{path} cannot be read as a SQLite database: {wrong.Message}");
        }

        if (tables.GetValueOrDefault("experiments")?.IsSupersetOf(["experiment_id", "name"]) == true && tables.GetValueOrDefault("runs")?.IsSupersetOf(["run_uuid", "experiment_id"]) == true) return;
        connection.Dispose();
        throw new Hosting.VerbException($"{path} is no database of MLflow: it has no tables experiments and runs with their ids.");
    }

    public override string Source => $"sqlite:{Path.GetFileName(path)}";

    public override string Folder => Path.GetDirectoryName(path) ?? "/";

    public override IReadOnlyList<string> Places => Folder == "/" ? ["/mlruns", "/mlartifacts"] : [Folder];

    public override void Dispose() => connection.Dispose();

    public override IEnumerable<ImportExperiment> Experiments() => Rows(
        "experiment",
        $"select experiment_id, name, {Columns("experiments", "lifecycle_stage", "creation_time", "last_update_time")} from experiments order by experiment_id",
        row => new ImportExperiment(
            Text(row, 0), Text(row, 1), Text(row, 2) == "deleted", Time(row, 3) ?? DateTimeOffset.UnixEpoch, Time(row, 4) ?? Time(row, 3) ?? DateTimeOffset.UnixEpoch,
            Pairs($"experiment {Text(row, 1)}", "experiment_tags", "key", "value", ("experiment_id", row.GetValue(0)))));

    public override IEnumerable<StoredRun> Runs(string experiment) => Rows(
        "run",
        $"select run_uuid, {Columns("runs", "name", "user_id", "status", "start_time", "end_time", "lifecycle_stage", "artifact_uri", "deleted_time")} from runs where experiment_id = $1 order by 5, 1",
        row =>
        {
            var (id, started, ended) = (Text(row, 0), Time(row, 4), Time(row, 5));
            var what = $"run {id}";
            return new StoredRun(
                new ImportRun(
                    id, experiment, Text(row, 1), Text(row, 2), Status(Text(row, 3)), started ?? DateTimeOffset.UnixEpoch, ended, Pairs(what, "params", "key", "value", ("run_uuid", id)), Pairs(what, "tags", "key", "value", ("run_uuid", id)), Datasets(id),
                    [.. Models(id, "RUN_INPUT").Select(model => model.Model)], Models(id, "RUN_OUTPUT"), Source),
                Text(row, 7), Text(row, 6) == "deleted" ? Time(row, 8) ?? ended ?? started ?? DateTimeOffset.UnixEpoch : null,
                Untimed(TextOrNull(row, 4), started, TextOrNull(row, 5), ended));
        },
        Number(experiment));

    public override IEnumerable<MetricValue> Metrics(StoredRun run, LeaveOut leave) => Has("metrics", "run_uuid")
        ? Query($"select {Columns("metrics", "key", "value", "timestamp", "step", "is_nan")} from metrics where run_uuid = $1 order by 1, 3", row => Point(row, leave), run.Info.Id).OfType<MetricValue>()
        : [];

    public override IEnumerable<StoredLoggedModel> LoggedModels(string experiment) => Has("logged_models", "model_id", "experiment_id")
        ? Rows(
            "logged model",
            $"select model_id, {Columns("logged_models", "name", "model_type", "source_run_id", "status", "creation_timestamp_ms", "last_updated_timestamp_ms", "artifact_location", "lifecycle_stage")} from logged_models where experiment_id = $1 order by 6, 1",
            row =>
            {
                var (id, created, updated) = (Text(row, 0), Time(row, 5), Time(row, 6));
                return new StoredLoggedModel(
                    new ImportLoggedModel(
                        id, experiment, Text(row, 1), TextOrNull(row, 2), TextOrNull(row, 3), ModelStatus(Text(row, 4)), created ?? DateTimeOffset.UnixEpoch, updated ?? DateTimeOffset.UnixEpoch,
                        Text(row, 8) == "deleted" ? updated ?? created ?? DateTimeOffset.UnixEpoch : null,
                        Pairs($"logged model {id}", "logged_model_params", "param_key", "param_value", ("model_id", id)), Pairs($"logged model {id}", "logged_model_tags", "tag_key", "tag_value", ("model_id", id))),
                    Text(row, 7));
            },
            Number(experiment))
        : [];

    public override IEnumerable<ImportModelMetric> MetricsOf(ImportLoggedModel model, LeaveOut leave) => Has("logged_model_metrics", "model_id")
        ? Query(
            $"select {Columns("logged_model_metrics", "metric_name", "metric_value", "metric_timestamp_ms", "metric_step")}, 0, {Columns("logged_model_metrics", "run_id", "dataset_name", "dataset_digest")} from logged_model_metrics where model_id = $1 order by 1, 3",
            row => Point(row, leave) is { } point ? new ImportModelMetric(point.Key, point.Value, point.At, point.Step, Text(row, 5), TextOrNull(row, 6), TextOrNull(row, 7)) : null,
            model.Id).OfType<ImportModelMetric>()
        : [];

    public override IEnumerable<StoredModel> Models() => Has("registered_models", "name")
        ? Rows(
            "model",
            $"select name, {Columns("registered_models", "description", "creation_time", "last_updated_time")} from registered_models order by name",
            row =>
            {
                var name = Text(row, 0);
                return new StoredModel(
                    new ImportModel(name, Text(row, 1), Time(row, 2) ?? DateTimeOffset.UnixEpoch, Time(row, 3) ?? DateTimeOffset.UnixEpoch, Pairs($"model {name}", "registered_model_tags", "key", "value", ("name", name)), Source),
                    Versions(name), Aliases(name, Pairs($"model {name}", "registered_model_aliases", "alias", "version", ("name", name))));
            })
        : [];

    public override IEnumerable<(string What, long Count)> NotTaken()
    {
        foreach (var (table, what) in ((string, string)[])[("trace_info", "traces"), ("assessments", "assessments of traces"), ("evaluation_datasets", "evaluation datasets"), ("scorers", "scorers"), ("webhooks", "webhooks")])
        {
            if (Has(table) && Count(table, "1 = 1") is var count and > 0) yield return (what, count);
        }

        if (Has("inputs", "source_type") && Count("inputs", "source_type not in ('DATASET', 'RUN_INPUT', 'RUN_OUTPUT')") is var links and > 0) yield return ("notes of other things that runs read or made", links);
    }

    private long Count(string table, string where) => Query($"select count(*) from {table} where {where}", row => row.GetInt64(0)).First();

    private List<ImportModelVersion> Versions(string model) => Has("model_versions", "name", "version")
        ? [.. Rows(
            $"model {model}, version",
            $"select version, {Columns("model_versions", "source", "run_id", "run_link", "description", "user_id", "current_stage", "creation_time", "last_updated_time", "storage_location", "model_id")} from model_versions where name = $1 and {Columns("model_versions", "current_stage")} is not 'Deleted_Internal' order by version",
            row => new ImportModelVersion(
                row.GetInt32(0), Text(row, 1), Text(row, 9) is { Length: > 0 } storage ? storage : Text(row, 1), Text(row, 2) is { Length: > 0 } run ? run : null, Text(row, 3), Text(row, 10) is { Length: > 0 } made ? made : null, TextOrNull(row, 4), Text(row, 5),
                Text(row, 6) is { Length: > 0 } stage ? stage : "None", Time(row, 7) ?? DateTimeOffset.UnixEpoch, Time(row, 8) ?? DateTimeOffset.UnixEpoch,
                Pairs($"model {model} version {Text(row, 0)}", "model_version_tags", "key", "value", ("name", model), ("version", row.GetInt32(0)))),
            model)]
        : [];

    private List<ImportDataset> Datasets(string run) => Has("inputs", "source_type", "source_id", "destination_id") && Has("datasets", "dataset_uuid")
        ? [.. Rows(
            $"run {run}, dataset",
            $"select {Columns("datasets", "name", "digest", "dataset_source_type", "dataset_source", "dataset_schema", "dataset_profile")}, {Columns("inputs", "input_uuid")} from inputs join datasets on datasets.dataset_uuid = inputs.source_id where inputs.destination_id = $1 and inputs.source_type = 'DATASET' order by 1, 2",
            row => new ImportDataset(Text(row, 0), Text(row, 1), Text(row, 2), Text(row, 3), TextOrNull(row, 4), TextOrNull(row, 5), Pairs($"run {run}, dataset {Text(row, 0)}", "input_tags", "name", "value", ("input_uuid", Text(row, 6)))),
            run)]
        : [];

    /// <summary>MLflow 3 keeps among the inputs which logged models a run read and made.</summary>
    private List<RunOutput> Models(string run, string kind)
    {
        if (!Has("inputs", "source_type", "source_id", "destination_id")) return [];
        var found = Query($"select destination_id, {Columns("inputs", "step")} from inputs where source_type = $1 and source_id = $2 order by 2, 1", row => (Model: TextOrNull(row, 0), Step: Long(row, 1)), kind, run).ToList();
        Unnamed($"run {run}, logged models that it {(kind == "RUN_INPUT" ? "read" : "made")}", found.Count(model => model.Model is null));
        return [.. found.Where(model => model.Model is not null).Select(model => new RunOutput(model.Model!, model.Step))];
    }

    private Dictionary<string, string> Pairs(string what, string table, string key, string value, params (string Column, object Value)[] of)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!Has(table, [key, value, .. of.Select(part => part.Column)])) return found;
        var unnamed = 0;
        foreach (var (name, text) in Query($"select {key}, {value} from {table} where {string.Join(" and ", of.Select((part, i) => $"{part.Column} = ${i + 1}"))}", row => (TextOrNull(row, 0), Text(row, 1)), [.. of.Select(part => part.Value)]))
        {
            if (name is null) unnamed++;
            else found[name] = text;
        }

        Unnamed($"{what}, {table}", unnamed);
        return found;
    }

    private void Unnamed(string what, int count)
    {
        if (count > 0) Tell($"{what}: {count:N0} without a name");
    }

    /// <summary>Whether there is a table with the columns by which its rows are found. One that lacks a column is told of once.</summary>
    private bool Has(string table, params string[] columns)
    {
        if (!tables.TryGetValue(table, out var known)) return false;
        if (Array.Find(columns, column => !known.Contains(column)) is not { } missing) return true;
        if (told.Add(table)) Tell($"table {table}: it has no column {missing}");
        return false;
    }

    /// <summary>Columns of a table; one that this version of MLflow does not have is null.</summary>
    private string Columns(string table, params string[] columns) => string.Join(", ", columns.Select(column => tables[table].Contains(column) ? $"{table}.{column}" : "null"));

    /// <summary>Rows that are things by themselves: what is wrong with one keeps no other from being taken.</summary>
    private IEnumerable<T> Rows<T>(string thing, string sql, Func<SqliteDataReader, T> read, params object[] values) where T : class =>
        Query(sql, row => Whole($"{thing} {Text(row, 0)}", () => read(row)), values).OfType<T>();

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

    private static long Long(SqliteDataReader row, int column) => row.IsDBNull(column) ? 0 : row.GetInt64(column);

    /// <summary>SQLite keeps text in a column of numbers too, and as a number it would be 0.</summary>
    private static DateTimeOffset? Time(SqliteDataReader row, int column) => row.GetValue(column) switch
    {
        long at => Milliseconds(at),
        double at when !double.IsNaN(at) => Milliseconds((long)at),
        string text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at) => Milliseconds(at),
        _ => null,
    };

    /// <summary>A point of a metric from its row: name, value, time, step, and whether the value is none; null where it is not whole.</summary>
    private static MetricValue? Point(SqliteDataReader row, LeaveOut leave)
    {
        if (TextOrNull(row, 0) is not { } key) leave("", "", " without a name");
        else if (Time(row, 2) is not { } at) leave(key, $" at {TextOrNull(row, 2) ?? "null"}", NoTime);
        else if ((Long(row, 4) != 0 ? double.NaN : Value(row, 1)) is not { } value) leave(key, $" of {TextOrNull(row, 1)}", ", which is no number");
        else if (row.GetValue(3) is not (DBNull or long)) leave(key, $" at the step {TextOrNull(row, 3)}", ", which is no whole number of 64 bits");
        else return new MetricValue(key, value, at, Long(row, 3));
        return null;
    }

    /// <summary>SQLite keeps what is not a number as null, and MLflow's SQL store writes infinities as the largest numbers.</summary>
    private static double? Value(SqliteDataReader row, int column) => row.GetValue(column) switch
    {
        DBNull => double.NaN,
        double and >= double.MaxValue => double.PositiveInfinity,
        double and <= double.MinValue => double.NegativeInfinity,
        double value => value,
        long value => value,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) => value,
        _ => null,
    };
}
