using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Serving;

/// <summary>Finds a logged prediction and its label. A question for people: it reads the log, with one thread.</summary>
internal sealed class PredictionLookup(TrafficLog log, Db db, ObjectStore objects)
{
    private const int Tries = 5;

    public async Task<LoggedPrediction> FindAsync(string deployment, string id, CancellationToken cancel)
    {
        if (!PredictionIds.IsValid(id)) throw Refusal.NotFound("prediction", id);
        if (await db.ReadAsync(tx => DeploymentsSql.FindAsync(tx, deployment), cancel) is null) throw Refusal.NotFound("deployment", deployment);
        for (var tries = 0; ; tries++)
        {
            var predictions = await RelationAsync(deployment, LogKind.Predictions, cancel);
            var labels = await RelationAsync(deployment, LogKind.Labels, cancel);
            try
            {
                return await Task.Run(() => Find(predictions, labels, id), cancel) ?? throw Refusal.NotFound("prediction", id);
            }
            catch (DuckDbException) when (tries < Tries)
            {
                // a file became a segment between the listing and the reading
            }
        }
    }

    private static LoggedPrediction? Find(string predictions, string labels, string id)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1 });
        using var duck = database.Connect();
        var literal = DuckDbText.Literal(id);
        using var found = duck.Query($"select \"at\", version, digest, \"row\"::varchar, features::varchar, prediction from {predictions} where id = {literal} order by \"at\" limit 1");
        if (found.Rows() is not [var row, ..]) return null;
        using var labelled = duck.Query($"select \"at\", label from {labels} where id = {literal} order by \"at\" desc limit 1");
        var label = labelled.Rows() is [var latest, ..] ? latest : null;
        return new LoggedPrediction(
            id, Micros.Time((long)row[0]!), (int)row[1]!, (string)row[2]!, Parse((string)row[3]!), Parse((string)row[4]!), (double)row[5]!,
            (double?)label?[1], label is null ? null : Micros.Time((long)label[0]!));
    }

    /// <summary>Sealed segments, raw ones, and the file being written, as one relation.</summary>
    private async Task<string> RelationAsync(string deployment, LogKind kind, CancellationToken cancel)
    {
        // files first: one that becomes a segment in between is then seen twice, not never
        var files = log.Files(deployment, kind);
        var segments = await db.ReadAsync(tx => SegmentsSql.BetweenAsync(tx, deployment, kind, 0, long.MaxValue), cancel);
        var parts = new List<string>();
        var (columns, select) = LogColumns.Of(kind);
        async Task<string> PathsAsync(SegmentState state)
        {
            var paths = new List<string>();
            foreach (var segment in segments.Where(known => known.State == state)) paths.Add(DuckDbText.Literal(await objects.LocalPathAsync(segment.Object, cancel)));
            return string.Join(", ", paths);
        }

        if (await PathsAsync(SegmentState.Sealed) is { Length: > 0 } parquet) parts.Add($"select {select} from read_parquet([{parquet}])");
        var raw = string.Join(", ", new[] { await PathsAsync(SegmentState.Raw), string.Join(", ", files.Select(DuckDbText.Literal)) }.Where(text => text.Length > 0));
        if (raw.Length > 0) parts.Add($"select {select} from read_json([{raw}], format = 'newline_delimited', columns = {columns}, ignore_errors = true)");
        return parts.Count > 0 ? $"({string.Join(" union all ", parts)})" : LogColumns.Empty(kind);
    }

    private static JsonElement Parse(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}

/// <summary>The columns of log files and segments.</summary>
internal static class LogColumns
{
    /// <summary>How DuckDB reads a raw file, and the columns in the order of a sealed segment.</summary>
    public static (string Read, string Select) Of(LogKind kind) => kind == LogKind.Predictions
        ? ("{'at': 'BIGINT', id: 'VARCHAR', version: 'INTEGER', digest: 'VARCHAR', row: 'JSON', features: 'JSON', prediction: 'DOUBLE'}", "\"at\", id, version, digest, \"row\"::varchar as \"row\", features::varchar as features, prediction")
        : ("{'at': 'BIGINT', id: 'VARCHAR', label: 'DOUBLE'}", "\"at\", id, label");

    /// <summary>A log without rows.</summary>
    public static string Empty(LogKind kind) => kind == LogKind.Predictions
        ? "(select null::bigint as \"at\", null::varchar as id, null::integer as version, null::varchar as digest, null::varchar as \"row\", null::varchar as features, null::double as prediction where false)"
        : "(select null::bigint as \"at\", null::varchar as id, null::double as label where false)";
}
