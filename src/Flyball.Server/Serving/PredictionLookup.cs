using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Serving;

/// <summary>Finds a logged prediction and its label. A question for people: it reads the log, with one thread.</summary>
internal sealed class PredictionLookup(WholeLog log, Db db)
{
    public async Task<LoggedPrediction> FindAsync(string deployment, string id, CancellationToken cancel)
    {
        if (!PredictionIds.IsValid(id)) throw Refusal.NotFound("prediction", id);
        if (await db.ReadAsync(tx => DeploymentsSql.FindAsync(tx, deployment), cancel) is null) throw Refusal.NotFound("deployment", deployment);
        return await log.ReadAsync(deployment, (predictions, labels) => Find(predictions, labels, id), cancel) ?? throw Refusal.NotFound("prediction", id);
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
