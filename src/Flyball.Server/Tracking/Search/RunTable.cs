using System.Runtime.InteropServices;

namespace Flyball.Server.Tracking;

/// <summary>A value of a run: a number, a text, or neither.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RunCell(double? Number, string? Text)
{
    public bool IsEmpty => Number is null && Text is null;
}

/// <summary>A run as a row of a table.</summary>
/// <param name="Cells">Its values of the table's columns.</param>
public sealed record RunRow(string Id, string Experiment, string Name, string User, RunStatus Status, DateTimeOffset Started, DateTimeOffset? Ended, IReadOnlyList<RunCell> Cells);

/// <summary>Runs as rows with a few columns, out of memory: nothing is read that is not shown.</summary>
internal static class RunTable
{
    /// <summary>The runs of a page that was found in the same columns.</summary>
    public static List<RunRow> Rows(RunColumns columns, FoundRuns found, IReadOnlyList<Field> fields) => Rows(columns, found.Runs.Select(columns.Slot), fields);

    public static List<RunRow> Rows(RunColumns columns, IEnumerable<int> slots, IReadOnlyList<Field> fields)
    {
        var cells = fields.Select(field => Reader(columns, field)).ToArray();
        return [.. slots.Select(slot => Row(columns, slot, cells))];
    }

    /// <summary>How the values of a field are read.</summary>
    public static Func<int, RunCell> Reader(RunColumns columns, Field field)
    {
        if (field.Kind == FieldKind.Metric)
        {
            var metric = columns.Metric(field.Key);
            return slot => metric is null || NumberColumn.IsAbsent(metric[slot]) ? default : new RunCell(metric[slot], null);
        }

        switch (field)
        {
            case { Kind: FieldKind.Attribute, Key: "start_time" or "end_time" or "duration" }: return slot => new RunCell(columns.Time(field.Key, slot), null);
            case { Kind: FieldKind.Attribute, Key: "run_id" }: return slot => new RunCell(null, columns.Id(slot).ToString());
            case { Kind: FieldKind.Attribute, Key: "artifact_uri" }: return slot => new RunCell(null, columns.ArtifactUri(slot));
        }

        var text = columns.Text(field);
        return slot => new RunCell(null, text?.Text(slot));
    }

    private static RunRow Row(RunColumns columns, int slot, Func<int, RunCell>[] cells)
    {
        string Attribute(string key) => columns.Text(new Field(FieldKind.Attribute, key))?.Text(slot) ?? "";
        DateTimeOffset? Time(string key) => columns.Time(key, slot) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;
        return new RunRow(
            columns.Id(slot).ToString(), Attribute("experiment_id"), Attribute("run_name"), Attribute("user_id"), Enum.Parse<RunStatus>(Attribute("status"), ignoreCase: true), Time("start_time")!.Value, Time("end_time"),
            [.. cells.Select(cell => cell(slot))]);
    }
}
