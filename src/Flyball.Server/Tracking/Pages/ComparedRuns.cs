namespace Flyball.Server.Tracking.Pages;

/// <summary>The runs of a comparison with every metric and param that any of them has.</summary>
/// <param name="Rows">The runs; their cells are of <paramref name="Fields"/>.</param>
/// <param name="Total">How many there would be without a limit.</param>
public sealed record ComparedRuns(IReadOnlyList<RunRow> Rows, IReadOnlyList<Field> Fields, long Total)
{
    private const int MostOfAKind = 500;

    internal static ComparedRuns Of(RunColumns columns, RunsToCompare wanted)
    {
        var (slots, total) = wanted.Find(columns);
        var experiments = RunTable.Rows(columns, slots, []).Select(row => row.Experiment).Distinct(StringComparer.Ordinal).Select(columns.Keys).ToList();
        List<Field> fields = [];
        foreach (var kind in (FieldKind[])[FieldKind.Metric, FieldKind.Param])
        {
            var all = experiments.SelectMany(keys => keys.Fields(kind)).Distinct();
            fields.AddRange(all.Where(field => RunTable.Reader(columns, field) is var read && slots.Exists(slot => !read(slot).IsEmpty)).Take(MostOfAKind));
        }

        return new ComparedRuns(RunTable.Rows(columns, slots, fields), fields, total);
    }

    public IEnumerable<Field> Metrics => Fields.Where(known => known.Kind == FieldKind.Metric);

    public IEnumerable<Field> Params => Fields.Where(known => known.Kind == FieldKind.Param);

    /// <summary>A field of this comparison; the standing one where that is not one.</summary>
    public Field? Known(Field? field, Field? standing) => field is { } asked && Fields.Contains(asked) ? asked : standing;

    public IReadOnlyList<RunCell> Values(Field field)
    {
        var place = Fields.ToList().IndexOf(field);
        return [.. Rows.Select(row => row.Cells[place])];
    }

    public PlotAxis Axis(Field field) => new(field, Values(field));

    /// <summary>True where not all runs have the same value, or only some have one.</summary>
    public bool Differs(Field field) => Values(field).Distinct().Skip(1).Any();
}
