using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>The unexpected values of a check that rows fail, in the order of the rows, as much as the format asks for.</summary>
internal sealed class UnexpectedSample(ExpectedRows rows, RowCheck check, string source, ResultOptions options)
{
    /// <summary>Unexpected values that even a COMPLETE result holds no more of.</summary>
    private const int Most = 1_000_000;

    public ExpectationResult In(ExpectationResult told)
    {
        var isComplete = options.Format == ResultFormat.Complete;
        var names = check.Shown.Select(DuckDbText.Quote).ToList();
        var where = $"where {check.Kept} and {check.Unexpected}";
        var index = (options.IndexColumns ?? []).Select(DuckDbText.Quote).ToList();
        var found = rows.Rows($"select {string.Join(", ", names.Concat(index).Append($"\"{ExpectedRows.Place}\""))} from {source} {where} order by \"{ExpectedRows.Place}\" limit {(isComplete ? Most : options.Partial)}");
        var values = found.Select(Shown).ToList();
        told = told with { PartialUnexpectedList = [.. values.Take(options.Partial)] };
        if (options.Format < ResultFormat.Summary) return told;
        var counts = rows.Rows($"select {string.Join(", ", names)}, count(*) as n from {source} {where} group by {string.Join(", ", names)} order by n desc, {string.Join(", ", names)} limit {options.Partial}");
        told = told with
        {
            PartialUnexpectedCounts = [.. counts.Select(row => new ValueCount(Shown(row), Convert.ToInt64(row[^1], CultureInfo.InvariantCulture)))],
            UnexpectedIndexList = [.. found.Select(row => index.Count == 0 ? row[^1] : Named(row))],
        };
        return isComplete ? told with { UnexpectedList = values } : told;
    }

    private object? Shown(object?[] row) => check.Shape switch
    {
        RowShape.Value => Scalar.Plain(row[0]),
        RowShape.Tuple => check.Shown.Select((_, i) => Scalar.Plain(row[i])).ToList(),
        _ => Record(row),
    };

    /// <summary>A row by the columns that name rows, with what is unexpected in it.</summary>
    private Dictionary<string, object?> Named(object?[] row)
    {
        var named = Record(row);
        for (var i = 0; i < options.IndexColumns!.Count; i++) named[options.IndexColumns[i]] = Scalar.Plain(row[check.Shown.Count + i]);
        return named;
    }

    private Dictionary<string, object?> Record(object?[] row)
    {
        var record = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < check.Shown.Count; i++) record[check.Shown[i]] = Scalar.Plain(row[i]);
        return record;
    }
}

/// <summary>The different texts of a column that a judge in the program refuses, in a temporary table.</summary>
internal sealed class JudgedTexts : IDisposable
{
    private const string Table = "_flyball_refused";
    private readonly DuckDbConnection duck;

    public JudgedTexts(ExpectedRows rows, string column, Func<string, bool> does)
    {
        duck = rows.Duck;
        var name = DuckDbText.Quote(column);
        Unexpected = $"({name} in (select text from {Table}))";
        duck.Execute($"create or replace temporary table {Table} (text varchar)");
        var refused = new List<string>();
        using (var texts = duck.Query($"select distinct {name} from {rows.Relation} where {name} is not null"))
        {
            foreach (var chunk in texts.Chunks())
            {
                for (var row = 0; row < chunk.Count; row++)
                {
                    if (chunk[0].String(row) is { } text && !does(text)) refused.Add(text);
                }
            }
        }

        using var appender = duck.Appender(Table);
        foreach (var text in refused)
        {
            appender.AppendString(text);
            appender.EndRow();
        }

        appender.Flush();
    }

    /// <summary>SQL, never null for a text: it is refused.</summary>
    public string Unexpected { get; }

    public void Dispose() => duck.Execute($"drop table if exists {Table}");
}
