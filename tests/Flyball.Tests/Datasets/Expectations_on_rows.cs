using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Tests.Datasets;

/// <summary>What Great Expectations' own cases do not cover, by the rules of its documentation: nulls are not counted, bounds are inclusive unless strict, dates are compared as dates.</summary>
public sealed class Expectations_on_rows
{
    private const string Table = "select * from (values (1, 'a', date '2024-01-01', true, 1.5), (2, 'b', date '2024-02-01', false, 2.5), (3, null, date '2024-03-01', true, null)) t(n, s, d, b, x)";

    [Theory]
    [InlineData("expect_column_values_to_be_between: { column: n, min_value: 1, max_value: 3 }", 0L)]
    [InlineData("expect_column_values_to_be_between: { column: n, min_value: 1, max_value: 3, strict_min: true }", 1L)]
    [InlineData("expect_column_values_to_be_between: { column: n, min_value: 1, max_value: 3, strict_max: true }", 1L)]
    [InlineData("expect_column_values_to_be_between: { column: x, max_value: 2 }", 1L)]
    [InlineData("expect_column_values_to_be_between: { column: d, min_value: '2024-01-15' }", 1L)]
    [InlineData("expect_column_values_to_be_between: { column: s, min_value: b }", 1L)]
    [InlineData("expect_column_values_to_not_be_in_set: { column: s, value_set: [a, c] }", 1L)]
    [InlineData("expect_column_values_to_not_be_in_set: { column: n, value_set: [2.0, 7] }", 1L)]
    [InlineData("expect_column_values_to_be_in_set: { column: b, value_set: [true] }", 1L)]
    [InlineData("expect_column_values_to_be_in_set: { column: b, value_set: [true], row_condition: 'n != 2', condition_parser: pandas }", 0L)]
    [InlineData("expect_column_values_to_be_unique: { column: b, row_condition: 'n >= 2' }", 0L)]
    [InlineData("expect_column_values_to_be_unique: { column: b }", 2L)]
    [InlineData("expect_column_values_to_not_be_null: { column: x, row_condition: 'col(\"n\") > 1', condition_parser: great_expectations }", 1L)]
    [InlineData("expect_column_values_to_be_in_set: { column: d, value_set: ['2024-01-01', '2024-02-01'] }", 1L)]
    public void Count_what_breaks_them(string declared, long unexpected)
    {
        var result = Run(declared).Results[0];
        Assert.Null(result.Exception);
        Assert.Equal(unexpected, result.UnexpectedCount);
        Assert.Equal(unexpected == 0, result.Success);
    }

    [Theory]
    [InlineData("expect_column_max_to_be_between: { column: n, min_value: 3, max_value: 3 }", true, "3")]
    [InlineData("expect_column_max_to_be_between: { column: n, max_value: 3, strict_max: true }", false, "3")]
    [InlineData("expect_column_max_to_be_between: { column: d, max_value: '2024-02-15' }", false, "2024-03-01")]
    [InlineData("expect_column_min_to_be_between: { column: d, min_value: '2024-01-01' }", true, "2024-01-01")]
    [InlineData("expect_column_min_to_be_between: { column: s, min_value: b }", false, "a")]
    [InlineData("expect_column_mean_to_be_between: { column: b, min_value: 0.6, max_value: 0.7 }", true, "0.6666666666666666")]
    [InlineData("expect_table_row_count_to_be_between: { min_value: 3, max_value: 3 }", true, "3")]
    [InlineData("expect_table_row_count_to_be_between: { max_value: 2 }", false, "3")]
    public void Tell_what_they_saw(string declared, bool success, string observed)
    {
        var result = Run(declared).Results[0];
        Assert.Null(result.Exception);
        Assert.Equal((success, observed), (result.Success, Convert.ToString(result.ObservedValue, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void That_cannot_be_computed_fail_alone()
    {
        var results = Run("expect_column_mean_to_be_between: { column: s, min_value: 0 }", "expect_column_values_to_be_between: { column: d, min_value: not-a-date }", "expect_column_values_to_not_be_null: { column: n }").Results;
        Assert.Equal([false, false, true], results.Select(result => result.Success));
        Assert.Contains("numeric", results[0].Exception);
        Assert.Contains("not-a-date", results[1].Exception);
        Assert.Null(results[2].Exception);
    }

    private static ValidationResult Run(params string[] declared)
    {
        var yaml = $"project: p\ndata:\n  d:\n    source: a.csv\n    time: t\n    label: {{ name: l, sql: y }}\n    expect:\n{string.Concat(declared.Select(text => $"      - {text}\n"))}features:\n  v: {{ f: {{ type: number }} }}\nmodels:\n  m: {{ train: {{ data: d, features: [v] }} }}\n";
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        return new Suite(duck, $"({Table})", VersionBuild.Describe(duck, $"({Table})")).Validate(ProjectFileReader.Read(yaml, "flyball.yaml").Data[0].Expect);
    }
}
