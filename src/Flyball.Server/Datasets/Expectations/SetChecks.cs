using System.Globalization;

namespace Flyball.Server.Datasets;

/// <summary>Expectations on the set of values that a column has.</summary>
internal static class SetChecks
{
    /// <summary>A column with more different values than this is in no set that somebody wrote down.</summary>
    private const int Most = 100_000;

    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All =>
    [
        ("expect_column_distinct_values_to_be_in_set", (arguments, columns) => Distinct(arguments, columns, (found, wanted) => found.IsSubsetOf(wanted), allIfNone: true)),
        ("expect_column_distinct_values_to_equal_set", (arguments, columns) => Distinct(arguments, columns, (found, wanted) => found.SetEquals(wanted), allIfNone: false)),
        ("expect_column_distinct_values_to_contain_set", (arguments, columns) => Distinct(arguments, columns, (found, wanted) => found.IsSupersetOf(wanted), allIfNone: false)),
        ("expect_column_most_common_value_to_be_in_set", MostCommon),
    ];

    private static AskedCheck Distinct(Arguments arguments, ExpectedColumns columns, Func<HashSet<object>, HashSet<object>, bool> judge, bool allIfNone)
    {
        var column = columns.Get(arguments.Text("column"));
        var set = arguments.ListOrNull("value_set");
        if (set is null && !allIfNone) throw arguments.Wrong("value_set", "a list");
        var name = ExpectedColumns.Name(column);
        return new AskedCheck(rows =>
        {
            var counted = rows.Rows($"select {name} as v, count(*) from {rows.Relation} where {name} is not null group by 1 order by 1 limit {Most + 1}");
            var values = counted.Select(row => Scalar.Plain(row[0])).ToList();
            if (values.Count > Most) throw new ExpectationException($"The column \"{column.Name}\" has more than {Most:N0} different values.");
            var elements = Convert.ToInt64(rows.Values[0], CultureInfo.InvariantCulture);
            var counts = (elements, elements - counted.Sum(row => Convert.ToInt64(row[1], CultureInfo.InvariantCulture)));
            var wanted = (set ?? []).Where(value => value is not null).Select(value => Alike(column, value!)).ToHashSet();
            var unexpected = set is null ? [] : values.Where(value => !wanted.Contains(Alike(column, value!))).ToList();
            var details = new Dictionary<string, object?> { ["value_counts"] = counted.Select((row, i) => (object?)new Dictionary<string, object?> { ["value"] = values[i], ["count"] = Convert.ToInt64(row[1], CultureInfo.InvariantCulture) }).ToList() };
            return new Outcome(set is null || judge([.. values.Select(value => Alike(column, value!))], wanted), values, details) { Counts = counts, Unexpected = unexpected };
        }) { Aggregates = [new Aggregate("count(*)")] };
    }

    private static AskedCheck MostCommon(Arguments arguments, ExpectedColumns columns)
    {
        var column = columns.Get(arguments.Text("column"));
        var (name, set, ties) = (ExpectedColumns.Name(column), arguments.ListOrNull("value_set"), arguments.Flag("ties_okay"));
        return new AskedCheck(rows =>
        {
            var found = rows.Rows($"with counted as (select {name} as v, count(*) as n from {rows.Relation} where {name} is not null group by 1) select v from counted where n = (select max(n) from counted) order by 1 limit {Most}").Select(row => Scalar.Plain(row[0])).ToList();
            var wanted = (set ?? []).Where(value => value is not null).Select(value => Alike(column, value!)).ToHashSet();
            var inside = found.Count(value => wanted.Contains(Alike(column, value!)));
            // several values may be the most common: one of them in the set will do if ties are okay, all of them must be otherwise
            return new Outcome(set is null || (found.Count > 0 && (ties ? inside > 0 : inside == found.Count)), found);
        });
    }

    /// <summary>What is equal where Python says so: numbers and flags by their value, moments however they are written.</summary>
    public static object Alike(Column column, object value) => value switch
    {
        string text when ExpectedColumns.IsTime(column) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.UtcDateTime : text,
        string => value,
        _ => Bounds.Number(value) is { } number ? number : value,
    };
}
