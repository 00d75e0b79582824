using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>The unexpected values of a check that rows fail, in the order of the rows, as much as the format asks for.</summary>
internal sealed class UnexpectedSample(ExpectedRows rows, RowCheck check, string source, ResultOptions options)
{
    /// <summary>Unexpected values that even a COMPLETE result holds no more of.</summary>
    private const int Most = 1_000_000;

    /// <summary>Takes the samples of several checks, whose rows can each be judged by themselves, in one scan.</summary>
    /// <param name="placed">All rows of the suite with their places, as SQL.</param>
    public static IReadOnlyList<ExpectationResult> Of(DuckDbConnection duck, string placed, IReadOnlyList<((RowCheck Check, ExpectedRows Rows) Failed, ExpectationResult Told)> several, ResultOptions options)
    {
        if (several.Count == 0) return [];
        var index = options.IndexColumns ?? [];
        var firsts = several.Select(one =>
        {
            var cells = one.Failed.Check.Shown.Concat(index).Append(ExpectedRows.Place).Select((name, i) => $"c{i} := {DuckDbText.Quote(name)}");
            var where = $"{one.Failed.Check.Kept} and {one.Failed.Check.Unexpected}{(one.Failed.Rows.Condition is { } condition ? $" and {condition}" : "")}";
            return $"arg_min(struct_pack({string.Join(", ", cells)}), \"{ExpectedRows.Place}\", {options.Partial}) filter ({where})";
        });
        using var result = duck.Query($"select {string.Join(", ", firsts)} from {placed}");
        var found = result.Rows()[0];
        return [.. several.Select((one, i) =>
        {
            var rows = ((object?[])found[i]!).Cast<IReadOnlyDictionary<string, object?>>().Select(cells => Enumerable.Range(0, cells.Count).Select(at => cells[$"c{at}"]).ToArray()).ToList();
            return new UnexpectedSample(one.Failed.Rows, one.Failed.Check, one.Failed.Rows.Relation, options).In(one.Told, rows);
        })];
    }

    public ExpectationResult In(ExpectationResult told)
    {
        var isComplete = options.Format == ResultFormat.Complete;
        var names = check.Shown.Select(DuckDbText.Quote).ToList();
        var index = (options.IndexColumns ?? []).Select(DuckDbText.Quote).ToList();
        return In(told, rows.Rows($"select {string.Join(", ", names.Concat(index).Append($"\"{ExpectedRows.Place}\""))} from {source} {Where} order by \"{ExpectedRows.Place}\" limit {(isComplete ? Most : options.Partial)}"));
    }

    private string Where => $"where {check.Kept} and {check.Unexpected}";

    /// <param name="found">The first unexpected rows in their order: what is shown of them, the columns that name them, and their place.</param>
    private ExpectationResult In(ExpectationResult told, IReadOnlyList<object?[]> found)
    {
        var values = found.Select(Shown).ToList();
        told = told with { PartialUnexpectedList = [.. values.Take(options.Partial)] };
        if (options.Format < ResultFormat.Summary) return told;
        told = told with { PartialUnexpectedCounts = Counts(told, values), UnexpectedIndexList = [.. found.Select(row => options.IndexColumns is not { Count: > 0 } ? row[^1] : Named(row))] };
        return options.Format == ResultFormat.Complete ? told with { UnexpectedList = values } : told;
    }

    private IReadOnlyList<ValueCount> Counts(ExpectationResult told, List<object?> values)
    {
        if (check.IsOfNulls && values is [null, ..]) return [new ValueCount(null, told.UnexpectedCount!.Value)];
        var names = string.Join(", ", check.Shown.Select(DuckDbText.Quote));
        return [.. rows.Rows($"select {names}, count(*) as n from {source} {Where} group by {names} order by n desc, {names} limit {options.Partial}").Select(row => new ValueCount(Shown(row), Convert.ToInt64(row[^1], CultureInfo.InvariantCulture)))];
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
