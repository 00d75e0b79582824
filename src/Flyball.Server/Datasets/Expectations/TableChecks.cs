using System.Globalization;

namespace Flyball.Server.Datasets;

/// <summary>Expectations on the number of rows and on the columns that there are.</summary>
internal static class TableChecks
{
    private static readonly Aggregate[] Rows = [new Aggregate("count(*)")];

    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All =>
    [
        ("expect_column_to_exist", ColumnToExist),
        ("expect_table_row_count_to_be_between", (arguments, _) => Bounds.Of(arguments) is var bounds ? new ObservedCheck(Rows, values => new Outcome(bounds.Hold(values[0]), values[0])) : null!),
        ("expect_table_row_count_to_equal", (arguments, _) => arguments.Whole("value") is var wanted ? new ObservedCheck(Rows, values => new Outcome(Convert.ToInt64(values[0], CultureInfo.InvariantCulture) == wanted, values[0])) : null!),
        ("expect_table_column_count_to_be_between", (arguments, columns) => Known(new Outcome(Bounds.Of(arguments).Hold((long)columns.All.Count), (long)columns.All.Count))),
        ("expect_table_column_count_to_equal", (arguments, columns) => Known(new Outcome(columns.All.Count == arguments.Whole("value"), (long)columns.All.Count))),
        ("expect_table_columns_to_match_ordered_list", OrderedList),
        ("expect_table_columns_to_match_set", Set),
    ];

    /// <summary>What the columns alone tell.</summary>
    private static ObservedCheck Known(Outcome outcome) => new([], _ => outcome);

    private static ObservedCheck ColumnToExist(Arguments arguments, ExpectedColumns columns)
    {
        var (column, place) = (columns.Find(arguments.Text("column")), arguments.WholeOrNull("column_index"));
        return Known(new Outcome(column is not null && (place is null || (place >= 0 && place < columns.All.Count && columns.All[(int)place] == column))));
    }

    private static ObservedCheck OrderedList(Arguments arguments, ExpectedColumns columns)
    {
        var observed = columns.All.Select(column => (object?)column.Name).ToList();
        if (arguments.ListOrNull("column_list") is null) return Known(new Outcome(true, observed));
        var wanted = arguments.Texts("column_list");
        var mismatched = new List<object?>();
        for (var i = 0; i < Math.Max(wanted.Count, observed.Count); i++)
        {
            var (expected, found) = (i < wanted.Count ? wanted[i] : null, i < observed.Count ? (string?)observed[i] : null);
            if (expected != found) mismatched.Add(new Dictionary<string, object?> { ["Expected Column Position"] = (long)i, ["Expected"] = expected, ["Found"] = found });
        }

        return Known(new Outcome(mismatched.Count == 0, observed, mismatched.Count == 0 ? null : new Dictionary<string, object?> { ["mismatched"] = mismatched }));
    }

    private static ObservedCheck Set(Arguments arguments, ExpectedColumns columns)
    {
        var found = columns.All.Select(column => column.Name).Order(StringComparer.Ordinal).ToList();
        object observed = found.Cast<object?>().ToList();
        var isExact = arguments.Flag("exact_match", otherwise: true);
        if (arguments.ListOrNull("column_set") is null && !isExact) return Known(new Outcome(true, observed));
        var wanted = arguments.ListOrNull("column_set") is null ? [] : arguments.Texts("column_set").Distinct(StringComparer.Ordinal).ToList();
        var (unexpected, missing) = (found.Except(wanted, StringComparer.Ordinal).ToList(), wanted.Except(found, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList());
        var mismatched = new Dictionary<string, object?>();
        if (unexpected.Count > 0) mismatched["unexpected"] = unexpected.Cast<object?>().ToList();
        if (missing.Count > 0) mismatched["missing"] = missing.Cast<object?>().ToList();
        var success = missing.Count == 0 && (unexpected.Count == 0 || !isExact);
        return Known(new Outcome(success, observed, new Dictionary<string, object?> { ["mismatched"] = mismatched }));
    }
}
