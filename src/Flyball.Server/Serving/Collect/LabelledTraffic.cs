using System.Globalization;
using System.Text.Json.Serialization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Server.Serving;

/// <summary>Sealed segments of a deployment's two logs, by digest.</summary>
internal sealed record TrafficSegments(IReadOnlyList<string> Predictions, IReadOnlyList<string> Labels)
{
    [JsonIgnore]
    public IEnumerable<string> Objects => Predictions.Concat(Labels);

    public static TrafficSegments Of(IEnumerable<LogSegment> predictions, IEnumerable<LogSegment> labels) => new([.. predictions.Select(segment => segment.Object)], [.. labels.Select(segment => segment.Object)]);
}

/// <summary>Which truths count: those received until a moment (µs, inclusive) while the label was what it is.</summary>
/// <param name="Since">The moment (µs, inclusive) that corrections are told against.</param>
internal sealed record TruthsAsked(long Until, LabelEpochs Epochs, long Since = long.MaxValue);

/// <summary>
/// Logged predictions with their labels, as SQL. A prediction counts once by its id, a label is the latest received of those that are asked for, so that the same stretch of traffic gives the same rows whenever it is read. A numeric label is a double, whatever the dataset has. Beside the dataset's own columns there are
/// (each name behind <see cref="ReservedColumns.Prefix"/>) <c>id</c>, <c>at</c> (when it was predicted, µs), <c>version</c>, <c>row</c> and <c>features</c> (JSON), <c>prediction</c> and <c>labelled</c> (when both prediction and a first label were there, µs; null without a label) and <c>corrected</c> (whether the label is another than it was).
/// </summary>
internal static class LabelledTraffic
{
    public static async Task<string> RelationAsync(JobContext context, TrafficSegments segments, IReadOnlyList<Column> columns, string label, string time, TruthsAsked asked, CancellationToken cancel)
    {
        var predictions = segments.Predictions.Count == 0 ? LogColumns.Empty(LogKind.Predictions) : await FilesAsync(context, segments.Predictions, cancel);
        var labels = segments.Labels.Count == 0 ? LogColumns.Empty(LogKind.Labels) : await FilesAsync(context, segments.Labels, cancel);
        var select = columns.Select(column => Column(column, label, time));
        return $"""
            (with logged as (select * from {predictions} qualify row_number() over (partition by id order by "at") = 1),
              truths as (select id, arg_max(label, "at") as label, arg_max(label, "at") filter (where "at" <= {asked.Since.ToString(CultureInfo.InvariantCulture)}) as known, min("at") as first_at from {labels} where "at" <= {asked.Until.ToString(CultureInfo.InvariantCulture)} and {asked.Epochs.Sql("\"at\"")} group by id)
             select {string.Join(", ", select)},
               logged.id as _flyball_id, logged."at" as _flyball_at, logged.version as _flyball_version, logged."row" as _flyball_row, logged.features as _flyball_features, logged.prediction as _flyball_prediction,
               case when truths.first_at is null then null else greatest(truths.first_at, logged."at") end as _flyball_labelled,
               coalesce(truths.label <> truths.known, false) as _flyball_corrected
             from logged left join truths on truths.id = logged.id)
            """;
    }

    private static string Column(Column column, string label, string time)
    {
        var name = DuckDbText.Quote(column.Name);
        // a truth is what it is, also where the labels before it were whole numbers
        if (column.Name.Equals(label, StringComparison.OrdinalIgnoreCase)) return ColumnTypes.IsNumeric(column) ? $"truths.label as {name}" : $"cast(truths.label as {column.Type}) as {name}";
        // RFC 6901: whatever a column is called, it is one step of a pointer
        var pointer = "/" + column.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        var field = $"try_cast(json_extract_string(logged.\"row\", {DuckDbText.Literal(pointer)}) as {column.Type})";
        if (!column.Name.Equals(time, StringComparison.OrdinalIgnoreCase)) return $"{field} as {name}";

        // whoever asks now need not say that it is now; an event that lies after its request, farther than time zones and clocks differ, is none
        var happened = $"try_cast({field} as timestamp)";
        return $"case when {TimeRange.Sql(happened)} and {happened} <= make_timestamp(logged.\"at\") + interval 1 day then {field} else cast(make_timestamp(logged.\"at\") as {column.Type}) end as {name}";
    }

    private static async Task<string> FilesAsync(JobContext context, IReadOnlyList<string> objects, CancellationToken cancel)
    {
        var paths = new List<string>();
        foreach (var digest in objects) paths.Add(await context.Objects.LocalPathAsync(digest, cancel));
        return DuckDbFiles.Parquet(paths);
    }
}
