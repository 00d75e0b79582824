namespace Flyball.Server.Datasets;

/// <summary>Expectations on the values of one column, each judged by its row or by those around it.</summary>
internal static class ValueChecks
{
    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All =>
    [
        ("expect_column_values_to_not_be_null", (arguments, columns) => OfNulls(arguments, columns, "is null")),
        ("expect_column_values_to_be_null", (arguments, columns) => OfNulls(arguments, columns, "is not null")),
        ("expect_column_values_to_be_in_set", (arguments, columns) => InSet(arguments, columns, isIn: true)),
        ("expect_column_values_to_not_be_in_set", (arguments, columns) => InSet(arguments, columns, isIn: false)),
        ("expect_column_values_to_be_between", Between),
        ("expect_column_value_lengths_to_be_between", (arguments, columns) => Texts(arguments, columns, name => NeedsOne(Bounds.Whatever(arguments)).Sql($"length({name})", Scalar.Sql))),
        ("expect_column_value_lengths_to_equal", (arguments, columns) => Texts(arguments, columns, name => $"length({name}) = {arguments.Whole("value")}")),
        ("expect_column_values_to_be_unique", Unique),
        ("expect_column_values_to_be_increasing", (arguments, columns) => Ordered(arguments, columns, arguments.Flag("strictly") ? ">" : ">=")),
        ("expect_column_values_to_be_decreasing", (arguments, columns) => Ordered(arguments, columns, arguments.Flag("strictly") ? "<" : "<=")),
        ("expect_column_value_z_scores_to_be_less_than", ZScores),
        ("expect_column_values_to_be_of_type", (arguments, columns) => OfType(columns.Get(arguments.Text("column")), [arguments.Text("type_")])),
        ("expect_column_values_to_be_in_type_list", (arguments, columns) => OfType(columns.Get(arguments.Text("column")), arguments.ListOrNull("type_list") is null ? null : arguments.Texts("type_list"))),
    ];

    /// <summary>Values that are there, by SQL that is true for those that do and false for the others; of what is not there it may say anything.</summary>
    public static RowCheck Values(Arguments arguments, Column column, string expected) =>
        new([column.Name], $"{ExpectedColumns.Name(column)} is not null", $"(not coalesce({expected}, false))", arguments.Mostly) { Present = ExpectedColumns.Name(column), Fails = $"{ExpectedColumns.Name(column)} is not null and not ({expected})" };

    /// <summary>Texts, by SQL of the column's name.</summary>
    /// <exception cref="ExpectationException">The column holds no texts.</exception>
    public static RowCheck Texts(Arguments arguments, ExpectedColumns columns, Func<string, string> expected)
    {
        var column = columns.Get(arguments.Text("column"));
        if (!ExpectedColumns.IsText(column)) throw new ExpectationException($"Error: The column \"{column.Name}\" holds {column.Type}; only text has a length and can match a pattern.");
        return Values(arguments, column, expected(ExpectedColumns.Name(column)));
    }

    private static RowCheck OfNulls(Arguments arguments, ExpectedColumns columns, string unexpected)
    {
        var column = columns.Get(arguments.Text("column"));
        return new RowCheck([column.Name], "true", $"({ExpectedColumns.Name(column)} {unexpected})", arguments.Mostly) { IsOfNulls = true, Fails = $"{ExpectedColumns.Name(column)} {unexpected}" };
    }

    private static RowCheck InSet(Arguments arguments, ExpectedColumns columns, bool isIn)
    {
        var column = columns.Get(arguments.Text("column"));
        if (arguments.ListOrNull("value_set") is not { } set) return Values(arguments, column, "true");
        return Values(arguments, column, isIn ? ExpectedColumns.In(column, set) : $"(not {ExpectedColumns.In(column, set)})");
    }

    private static RowCheck Between(Arguments arguments, ExpectedColumns columns)
    {
        var column = columns.Get(arguments.Text("column"));
        return Values(arguments, column, NeedsOne(Bounds.Of(arguments)).Sql(ExpectedColumns.Name(column), bound => ExpectedColumns.Bound(column, bound)));
    }

    /// <summary>Bounds of which one is there.</summary>
    private static Bounds NeedsOne(Bounds bounds) => bounds is { Min: null, Max: null } ? throw new ExpectationException("min_value and max_value cannot both be None") : bounds;

    /// <summary>All values that are there more than once are unexpected, not only those that come again.</summary>
    private static RowCheck Unique(Arguments arguments, ExpectedColumns columns)
    {
        var column = columns.Get(arguments.Text("column"));
        var name = ExpectedColumns.Name(column);
        return new RowCheck([column.Name], $"{name} is not null", "\"_flyball_same\" > 1", arguments.Mostly)
        {
            Present = name,
            Most = $"count(distinct {name})",
            From = relation => $"(select all_rows.*, same.\"_flyball_same\" from {relation} all_rows left join (select {name} as \"_flyball_value\", count(*) as \"_flyball_same\" from {relation} where {name} is not null group by 1 having count(*) > 1) same on all_rows.{name} = same.\"_flyball_value\")",
            Counted = relation => $"select coalesce(sum(n), 0)::bigint from (select count(*) as n from {relation} where {name} is not null group by {name} having count(*) > 1)",
        };
    }

    /// <summary>Each value is compared with the one before it that is there; the first does.</summary>
    private static RowCheck Ordered(Arguments arguments, ExpectedColumns columns, string relation)
    {
        var column = columns.Get(arguments.Text("column"));
        var name = ExpectedColumns.Name(column);
        return new RowCheck([column.Name], $"{name} is not null", $"(\"_flyball_before\" is not null and not coalesce({name} {relation} \"_flyball_before\", false))", arguments.Mostly)
        {
            From = rows => $"(select *, lag({name} ignore nulls) over (order by \"{ExpectedRows.Place}\") as \"_flyball_before\" from {rows})",
        };
    }

    /// <summary>(x − mean) / sample standard deviation. Where all values are the same, none is far from the mean (as Great Expectations has it since 1.23).</summary>
    private static RowCheck ZScores(Arguments arguments, ExpectedColumns columns)
    {
        var column = columns.Get(arguments.Text("column"));
        var value = $"cast({ExpectedColumns.Numbers(column, "a z-score")} as double)";
        var (threshold, score) = (Scalar.Sql(arguments.Number("threshold")), $"({value} - \"_flyball_mean\") / nullif(\"_flyball_deviation\", 0)");
        return new RowCheck(
            [column.Name], $"{ExpectedColumns.Name(column)} is not null", $"(not coalesce({(arguments.Flag("double_sided") ? $"abs({score})" : score)} < {threshold}, \"_flyball_deviation\" = 0))", arguments.Mostly)
        {
            From = rows => $"(select * from {rows}, (select avg({value}) as \"_flyball_mean\", stddev_samp({value}) as \"_flyball_deviation\" from {rows}))",
        };
    }

    private static ObservedCheck OfType(Column column, IReadOnlyList<string>? wanted) => new([], _ => new Outcome(wanted is null || wanted.Any(name => ColumnTypes.IsA(column.Type, name)), column.Type));
}
