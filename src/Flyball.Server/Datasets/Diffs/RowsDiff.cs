using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Numerics;

namespace Flyball.Server.Datasets;

/// <summary>A column that both have, with another type.</summary>
public sealed record RetypedColumn(string Name, string Old, string New);

/// <summary>How rows differ.</summary>
/// <param name="Added">Only among the new ones; by key where there is one, else as whole rows, each as often as it is there.</param>
/// <param name="Changed">Of the same key with another value somewhere; null without a key.</param>
/// <param name="ChangedBy">Of the changed ones, how many differ in a column; those alone that some do.</param>
public sealed record RowCounts(long Old, long New, long Added, long Removed, long? Changed, long Same, IReadOnlyDictionary<string, long> ChangedBy);

/// <summary>How differently a column is spread: Jensen-Shannon distance (0 for the same, 1 for nothing in common; logarithms to the base 2) over ten parts of the old values, or over the most frequent ones where they are no numbers; what is missing is a part of its own.</summary>
public sealed record ColumnShift(string Name, double Distance, double OldMissing, double NewMissing, double? OldMean, double? NewMean);

/// <summary>What is different between two relations of rows.</summary>
/// <param name="Examples">Some of the changed, added and removed rows, each with what happened to it, its key, and old and new values.</param>
public sealed record DataDiff(IReadOnlyList<Column> AddedColumns, IReadOnlyList<Column> RemovedColumns, IReadOnlyList<RetypedColumn> Retyped, RowCounts Rows, IReadOnlyList<ColumnShift> Shifts, IReadOnlyList<IReadOnlyDictionary<string, object?>> Examples)
{
    public bool IsSame => AddedColumns.Count + RemovedColumns.Count + Retyped.Count == 0 && Rows is { Added: 0, Removed: 0, Changed: null or 0 };
}

/// <summary>The key does not tell rows apart, or is not there.</summary>
public sealed class DiffKeyException(string message) : Exception(message);

/// <summary>Compares two relations.</summary>
internal sealed class RowsDiff(DuckDbConnection duck, string older, string newer)
{
    private const int Parts = 10;
    private const int MostValues = 50;
    private const int MostColumns = 500;
    private const string Old = "_flyball_old";
    private const string New = "_flyball_new";

    /// <param name="key">Columns that together name a row; rows are compared as a whole where there are none.</param>
    /// <param name="examples">Rows that are shown.</param>
    /// <exception cref="DiffKeyException">Several rows have one key, or a column of it is not in both.</exception>
    public DataDiff Compare(IReadOnlyList<string> key, int examples)
    {
        var (before, after) = (VersionBuild.Describe(duck, older), VersionBuild.Describe(duck, newer));
        var common = before.Where(column => after.Any(other => other.Name == column.Name)).ToList();
        var retyped = common.Select(column => new RetypedColumn(column.Name, column.Type, after.First(other => other.Name == column.Name).Type)).Where(column => column.Old != column.New).ToList();
        if (key.FirstOrDefault(name => !common.Exists(column => column.Name == name)) is { } missing) throw new DiffKeyException($"The key has a column '{missing}', which is not in both; both have {string.Join(", ", common.Take(30).Select(column => column.Name))}.");
        duck.Execute($"create or replace temporary view {Old} as select * from {older}; create or replace temporary view {New} as select * from {newer}");
        var (rows, shown) = key.Count == 0 ? Whole(common) : ByKey(common, key, examples);
        var shifts = common.Take(MostColumns).Select(column => Shift(column, after.First(other => other.Name == column.Name))).OrderByDescending(shift => shift.Distance).ToList();
        return new DataDiff([.. after.Where(column => before.All(other => other.Name != column.Name))], [.. before.Where(column => after.All(other => other.Name != column.Name))], retyped, rows, shifts, shown);
    }

    private (RowCounts, IReadOnlyList<IReadOnlyDictionary<string, object?>>) Whole(List<Column> common)
    {
        var (before, after) = (Number($"select count(*) from {Old}"), Number($"select count(*) from {New}"));
        if (common.Count == 0) return (new RowCounts(before, after, after, before, null, 0, new Dictionary<string, long>()), []);
        var names = string.Join(", ", common.Select(ExpectedColumns.Name));
        var same = Number($"select count(*) from (select {names} from {Old} intersect all select {names} from {New})");
        return (new RowCounts(before, after, after - same, before - same, null, same, new Dictionary<string, long>()), []);
    }

    private (RowCounts, IReadOnlyList<IReadOnlyDictionary<string, object?>>) ByKey(List<Column> common, IReadOnlyList<string> key, int examples)
    {
        var keys = key.Select(DuckDbText.Quote).ToList();
        foreach (var (side, words) in new[] { (Old, "the old rows"), (New, "the new rows") })
        {
            var twice = Number($"select count(*) from (select 1 from {side} group by {string.Join(", ", keys)} having count(*) > 1)");
            if (twice > 0) throw new DiffKeyException(string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", key)} does not name one row each: {twice:N0} values of it come more than once among {words}. Add columns to the key, or compare whole rows."));
        }

        var others = common.Where(column => !key.Contains(column.Name)).ToList();
        string Differs(Column column) => $"o.{ExpectedColumns.Name(column)} is distinct from n.{ExpectedColumns.Name(column)}";
        var changed = others.Count == 0 ? "false" : $"({string.Join(" or ", others.Select(Differs))})";
        var join = $"(select *, true as _flyball_is from {Old}) o full outer join (select *, true as _flyball_is from {New}) n on {string.Join(" and ", keys.Select(name => $"o.{name} is not distinct from n.{name}"))}";
        const string Both = "o._flyball_is and n._flyball_is";
        var counts = Row($"select count(o._flyball_is), count(n._flyball_is), count(*) filter (o._flyball_is is null), count(*) filter (n._flyball_is is null), count(*) filter ({Both} and {changed}), count(*) filter ({Both} and not {changed}){string.Concat(others.Select(column => $", count(*) filter ({Both} and {Differs(column)})"))} from {join}").Select(value => Convert.ToInt64(value, CultureInfo.InvariantCulture)).ToList();
        var by = others.Select((column, i) => (column.Name, Count: counts[6 + i])).Where(column => column.Count > 0).OrderByDescending(column => column.Count).ToDictionary(column => column.Name, column => column.Count);
        return (new RowCounts(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], by), Examples(join, key, others, changed, examples));
    }

    private List<IReadOnlyDictionary<string, object?>> Examples(string join, IReadOnlyList<string> key, List<Column> others, string changed, int examples)
    {
        var found = new List<IReadOnlyDictionary<string, object?>>();
        if (examples == 0) return found;
        var keys = key.Select(DuckDbText.Quote).ToList();
        var named = string.Join(", ", keys.Select(name => $"coalesce(o.{name}, n.{name}) as {name}"));
        foreach (var (what, where) in new[] { ("changed", $"o._flyball_is and n._flyball_is and {changed}"), ("added", "o._flyball_is is null"), ("removed", "n._flyball_is is null") })
        {
            var shown = others.Take(40).ToList();
            var cells = string.Concat(shown.Select(column => $", o.{ExpectedColumns.Name(column)}, n.{ExpectedColumns.Name(column)}"));
            using var result = duck.Query($"select {named}{cells} from {join} where {where} order by {string.Join(", ", Enumerable.Range(1, keys.Count))} limit {examples}");
            foreach (var row in result.Rows())
            {
                var told = new Dictionary<string, object?> { ["what"] = what, ["key"] = key.Select((name, i) => KeyValuePair.Create(name, Scalar.Plain(row[i]))).ToDictionary() };
                var values = new Dictionary<string, object?>();
                for (var i = 0; i < shown.Count; i++)
                {
                    var (old, now) = (Scalar.Plain(row[keys.Count + (2 * i)]), Scalar.Plain(row[keys.Count + (2 * i) + 1]));
                    if (what == "added") values[shown[i].Name] = now;
                    else if (what == "removed") values[shown[i].Name] = old;
                    else if (!Equals(old, now)) values[shown[i].Name] = new Dictionary<string, object?> { ["old"] = old, ["new"] = now };
                }

                told["values"] = values;
                found.Add(told);
            }
        }

        return found;
    }

    private ColumnShift Shift(Column column, Column now)
    {
        var name = ExpectedColumns.Name(column);
        if (ColumnTypes.IsNumeric(column) && ColumnTypes.IsNumeric(now))
        {
            // what is no number is missing; squares of larger values are none
            var value = $"(case when abs({name}::double) <= 1e150 then {name}::double end)";
            var edges = (object?[]?)Row($"select quantile_disc({value}, [{string.Join(", ", Enumerable.Range(1, Parts - 1).Select(i => (i / (double)Parts).ToString(CultureInfo.InvariantCulture)))}]) from {Old}")[0];
            var cuts = edges is null ? [] : edges.OfType<object>().Select(edge => Convert.ToDouble(edge, CultureInfo.InvariantCulture)).Distinct().ToList();
            var counts = string.Concat(cuts.Select(cut => $", count(*) filter ({value} <= {cut.ToString("R", CultureInfo.InvariantCulture)}::double)"));
            var (old, fresh) = (Row($"select count(*), count({value}), avg({value}){counts} from {Old}"), Row($"select count(*), count({value}), avg({value}){counts} from {New}"));
            return new ColumnShift(column.Name, Distance(Cells(old), Cells(fresh)), Missing(old), Missing(fresh), old[2] as double?, fresh[2] as double?);
        }

        var text = $"{name}::varchar";
        var top = Rows($"select {text} as v from (select {name} from {Old} union all select {name} from {New}) where {name} is not null group by 1 order by count(*) desc, v limit {MostValues}").Select(row => (string)row[0]!).ToList();
        var filters = string.Concat(top.Select(value => $", count(*) filter ({text} = {DuckDbText.Literal(value)})"));
        var (one, other) = (Row($"select count(*), count({name}), null{filters} from {Old}"), Row($"select count(*), count({name}), null{filters} from {New}"));
        return new ColumnShift(column.Name, Distance(Tops(one), Tops(other)), Missing(one), Missing(other), null, null);
    }

    /// <summary>Counts up to each edge as counts between them, with what is missing.</summary>
    private static long[] Cells(object?[] row)
    {
        var (all, there, below) = (Long(row[0]), Long(row[1]), 0L);
        var cells = new List<long>();
        foreach (var upTo in row.Skip(3).Select(Long))
        {
            cells.Add(upTo - below);
            below = upTo;
        }

        return [.. cells, there - below, all - there];
    }

    private static long[] Tops(object?[] row) => [.. row.Skip(3).Select(Long), Long(row[1]) - row.Skip(3).Sum(Long), Long(row[0]) - Long(row[1])];

    private static double Distance(long[] old, long[] now) => old.Sum() == 0 || now.Sum() == 0 ? (old.Sum() == now.Sum() ? 0 : 1) : DriftMeasures.JensenShannon(old, now);

    private static double Missing(object?[] row) => Long(row[0]) == 0 ? 0 : (Long(row[0]) - Long(row[1])) / (double)Long(row[0]);

    private static long Long(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    private IReadOnlyList<object?[]> Rows(string sql)
    {
        using var result = duck.Query(sql);
        return result.Rows();
    }

    private object?[] Row(string sql) => Rows(sql)[0];

    private long Number(string sql) => Long(Row(sql)[0]);
}
