namespace Flyball.Server.Datasets;

/// <summary>Expectations on several columns of each row.</summary>
internal static class RowsTogetherChecks
{
    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All =>
    [
        ("expect_column_pair_values_to_be_equal", (arguments, columns) => Pair(arguments, columns, (a, b) => $"{Comparable(a, b)} = {Comparable(b, a)}")),
        ("expect_column_pair_values_a_to_be_greater_than_b", (arguments, columns) => Pair(arguments, columns, (a, b) => $"{ExpectedColumns.Name(a)} {(arguments.Flag("or_equal") ? ">=" : ">")} {ExpectedColumns.Name(b)}")),
        ("expect_column_pair_values_to_be_in_set", PairInSet),
        ("expect_multicolumn_sum_to_equal", (arguments, columns) => Several(arguments, columns, all => $"round({string.Join(" + ", all.Select(column => $"coalesce({ExpectedColumns.Numbers(column, "a sum")}, 0)"))} - {Scalar.Sql(arguments.Number("sum_total"))}, 9) = 0")),
        ("expect_select_column_values_to_be_unique_within_record", (arguments, columns) => Several(arguments, columns, Different)),
        ("expect_multicolumn_values_to_be_unique", (arguments, columns) => Several(arguments, columns, Different)),
        ("expect_multicolumn_values_to_be_equal", (arguments, columns) => Several(arguments, columns, all => string.Join(" and ", all.Skip(1).Select(column => $"{Comparable(all[0], column)} is not distinct from {Comparable(column, all[0])}")))),
        ("expect_compound_columns_to_be_unique", CompoundUnique),
    ];

    private static RowCheck Pair(Arguments arguments, ExpectedColumns columns, Func<Column, Column, string> expected)
    {
        var (a, b) = (columns.Get(arguments.Text("column_A")), columns.Get(arguments.Text("column_B")));
        var (nameA, nameB) = (ExpectedColumns.Name(a), ExpectedColumns.Name(b));
        var kept = arguments.Text("ignore_row_if", "both_values_are_missing") switch
        {
            "both_values_are_missing" => $"({nameA} is not null or {nameB} is not null)",
            "either_value_is_missing" => $"({nameA} is not null and {nameB} is not null)",
            "neither" or "never" => "true",
            _ => throw arguments.Wrong("ignore_row_if", "both_values_are_missing, either_value_is_missing or neither"),
        };
        return new RowCheck([a.Name, b.Name], kept, $"(not coalesce({expected(a, b)}, false))", arguments.Mostly) { Shape = RowShape.Tuple };
    }

    private static RowCheck PairInSet(Arguments arguments, ExpectedColumns columns)
    {
        if (arguments.ListOrNull("value_pairs_set") is not { } set) return Pair(arguments, columns, (_, _) => "true");
        var pairs = set.Select(pair => pair is IReadOnlyList<object?> { Count: 2 } two ? two : throw arguments.Wrong("value_pairs_set", "a list of pairs")).ToList();
        return Pair(arguments, columns, (a, b) => pairs.Count == 0 ? "false" : string.Join(" or ", pairs.Select(pair => $"({One(a, pair[0])} and {One(b, pair[1])})")));

        static string One(Column column, object? value) => value is null ? $"{ExpectedColumns.Name(column)} is null" : $"coalesce({ExpectedColumns.In(column, [value])}, false)";
    }

    private static RowCheck Several(Arguments arguments, ExpectedColumns columns, Func<IReadOnlyList<Column>, string> expected)
    {
        var all = arguments.Texts("column_list").Select(columns.Get).ToList();
        if (all.Count == 0) throw arguments.Wrong("column_list", "a list of at least one column");
        var names = all.ConvertAll(ExpectedColumns.Name);
        var kept = arguments.Text("ignore_row_if", "all_values_are_missing") switch
        {
            "all_values_are_missing" => $"({string.Join(" or ", names.Select(name => $"{name} is not null"))})",
            "any_value_is_missing" => $"({string.Join(" and ", names.Select(name => $"{name} is not null"))})",
            "never" => "true",
            _ => throw arguments.Wrong("ignore_row_if", "all_values_are_missing, any_value_is_missing or never"),
        };
        return new RowCheck([.. all.Select(column => column.Name)], kept, $"(not coalesce({(all.Count == 1 && expected(all) is "" ? "true" : expected(all))}, false))", arguments.Mostly) { Shape = RowShape.Record };
    }

    /// <summary>No two values of a row are the same; two that are missing are.</summary>
    private static string Different(IReadOnlyList<Column> all)
    {
        var pairs = new List<string>();
        for (var i = 0; i < all.Count; i++)
        {
            for (var j = i + 1; j < all.Count; j++) pairs.Add($"{Comparable(all[i], all[j])} is distinct from {Comparable(all[j], all[i])}");
        }

        return pairs.Count == 0 ? "true" : string.Join(" and ", pairs);
    }

    /// <summary>All rows whose values are there more than once together are unexpected.</summary>
    private static RowCheck CompoundUnique(Arguments arguments, ExpectedColumns columns)
    {
        var check = Several(arguments, columns, _ => "true");
        var names = check.Shown.Select(name => ExpectedColumns.Name(columns.Get(name))).ToList();
        var list = string.Join(", ", names);
        return check with
        {
            Unexpected = "(\"_flyball_same\" > 1)",
            From = rows => $"(select *, count(*) over (partition by {list}) as \"_flyball_same\" from {rows} where {check.Kept})",
            Counted = rows => $"select coalesce(sum(n), 0)::bigint from (select count(*) as n from {rows} where {check.Kept} group by {list} having count(*) > 1)",
        };
    }

    /// <summary>A column as SQL that can be compared with another: a number and a text are never equal, so both are texts then.</summary>
    private static string Comparable(Column column, Column with) =>
        ExpectedColumns.IsText(column) == ExpectedColumns.IsText(with) ? ExpectedColumns.Name(column) : $"cast({ExpectedColumns.Name(column)} as varchar)";
}
