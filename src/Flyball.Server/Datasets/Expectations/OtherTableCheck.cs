namespace Flyball.Server.Datasets;

/// <summary>Expectations that look at another table.</summary>
internal static class OtherTableCheck
{
    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All => [("expect_table_row_count_to_equal_other_table", RowCount)];

    private static AskedCheck RowCount(Arguments arguments, ExpectedColumns columns)
    {
        var other = columns.Table(arguments.Text("other_table_name"));
        return new AskedCheck(rows =>
        {
            var (self, with) = (rows.Number($"select count(*) from {rows.Relation}"), rows.Number($"select count(*) from {other}"));
            return new Outcome(self == with, new Dictionary<string, object?> { ["self"] = self, ["other"] = with });
        });
    }
}
