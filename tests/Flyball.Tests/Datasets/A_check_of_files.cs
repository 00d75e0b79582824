using System.CommandLine;
using System.Text.Json;
using Flyball.Server;

namespace Flyball.Tests.Datasets;

/// <summary><c>flyball data check</c>: files against a suite, without a server.</summary>
public sealed class A_check_of_files : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("1", "type", "name", "suite_parameters")]
    [InlineData("0", "expectation_type", "expectation_suite_name", "evaluation_parameters")]
    public async Task Answers_as_the_suite_was_written(string version, string type, string name, string parameters)
    {
        var suite = Suite($$$"""{"{{{name}}}": "orders", "{{{parameters}}}": {"upper": 10}, "expectations": [{"{{{type}}}": "expect_column_values_to_be_between", "id": "e1", "meta": {"why": "x"}, "kwargs": {"column": "n", "min_value": 1, "max_value": {"$PARAMETER": "upper / 2 - 1"} } }, {"{{{type}}}": "expect_column_mean_to_be_between", "kwargs": {"column": "n", "min_value": 0} }, {"{{{type}}}": "expect_column_max_to_be_between", "kwargs": {"column": "n", "max_value": {"$PARAMETER": "lost"} } }, {"{{{type}}}": "expect_the_moon", "kwargs": {}}]}""");
        var (code, told) = await CheckAsync([File("a.csv", "n,t\n1,a\n5,b\n,c\n5,d\n9,e\n")], suite, "--json", "--result-format", "COMPLETE", "--index", "t");
        Assert.Equal(1, code);
        using var read = JsonDocument.Parse(told);
        var (root, results) = (read.RootElement, read.RootElement.GetProperty("results"));
        Assert.False(root.GetProperty("success").GetBoolean());
        Assert.Equal(version == "1", root.TryGetProperty("suite_name", out _));
        Assert.Equal("""{"evaluated_expectations":4,"successful_expectations":1,"unsuccessful_expectations":3,"success_percent":25}""", Compact(root.GetProperty("statistics")));
        Assert.Equal(10, root.GetProperty(parameters).GetProperty("upper").GetInt32());
        var config = results[0].GetProperty("expectation_config");
        Assert.Equal(("expect_column_values_to_be_between", "e1", 4), (config.GetProperty(type).GetString(), config.GetProperty("id").GetString(), config.GetProperty("kwargs").GetProperty("max_value").GetInt32()));
        Assert.Equal(
            """{"element_count":5,"unexpected_count":3,"unexpected_percent":75,"partial_unexpected_list":[5,5,9],"missing_count":1,"missing_percent":20,"unexpected_percent_total":60,"unexpected_percent_nonmissing":75,"partial_unexpected_counts":[{"value":5,"count":2},{"value":9,"count":1}],"partial_unexpected_index_list":[{"n":5,"t":"b"},{"n":5,"t":"d"},{"n":9,"t":"e"}],"unexpected_list":[5,5,9],"unexpected_index_list":[{"n":5,"t":"b"},{"n":5,"t":"d"},{"n":9,"t":"e"}]}""",
            Compact(results[0].GetProperty("result")));
        Assert.Equal("""{"observed_value":5}""", Compact(results[1].GetProperty("result")));
        Assert.Equal((true, "No value found for $PARAMETER lost"), Wrong(results[2]));
        Assert.Equal((true, "Flyball does not know the expectation 'expect_the_moon'."), Wrong(results[3]));
    }

    [Fact]
    public async Task Names_rows_by_their_place_among_the_rows_of_all_files()
    {
        using (var database = Flyball.Native.DuckDb.DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect())
        {
            duck.Execute($"copy (select i as n, null::double as x from range(300000) t(i)) to '{Path.Combine(folder, "a.parquet")}' (format parquet, row_group_size 10000); copy (select i + 300000 as n, i as x from range(5) t(i)) to '{Path.Combine(folder, "b.parquet")}' (format parquet)");
        }

        var suite = Suite("""{"name": "s", "expectations": [{"type": "expect_column_values_to_not_be_in_set", "kwargs": {"column": "n", "value_set": [7, 299999, 300003]}}, {"type": "expect_column_values_to_be_null", "kwargs": {"column": "x"}}, {"type": "expect_column_values_to_not_be_in_set", "kwargs": {"column": "n", "value_set": [7, 299999, 300003], "row_condition": "n > 10"}}]}""");
        var (_, told) = await CheckAsync([Path.Combine(folder, "a.parquet"), Path.Combine(folder, "b.parquet")], suite, "--json");
        using var read = JsonDocument.Parse(told);
        Assert.Equal(["[7,299999,300003]", "[300000,300001,300002,300003,300004]", "[299999,300003]"], read.RootElement.GetProperty("results").EnumerateArray().Select(result => Compact(result.GetProperty("result").GetProperty("partial_unexpected_index_list"))));
    }

    [Fact]
    public async Task Looks_at_other_tables()
    {
        var suite = Suite("""{"name": "s", "expectations": [{"type": "expect_table_row_count_to_equal_other_table", "kwargs": {"other_table_name": "zones"}}, {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "select b.* from {batch} b anti join zones z on b.n = z.id"}}, {"type": "expect_table_row_count_to_equal_other_table", "kwargs": {"other_table_name": "moons"}}]}""");
        var (code, told) = await CheckAsync([File("a.csv", "n\n1\n7\n")], suite, "--table", $"zones={File("z.csv", "id,name\n1,a\n2,b\n")}");
        Assert.Equal(1, code);
        Assert.Contains("met      expect_table_row_count_to_equal_other_table: observed {\"self\":2,\"other\":2}", told);
        Assert.Contains("NOT MET  unexpected_rows_expectation: observed 1 unexpected row", told);
        Assert.Contains("There is no table \"moons\"; known are zones.", told);
    }

    [Theory]
    [InlineData("BOOLEAN_ONLY", "")]
    [InlineData("BASIC", "element_count,unexpected_count,unexpected_percent,partial_unexpected_list,missing_count,missing_percent,unexpected_percent_total,unexpected_percent_nonmissing")]
    [InlineData("SUMMARY", "element_count,unexpected_count,unexpected_percent,partial_unexpected_list,missing_count,missing_percent,unexpected_percent_total,unexpected_percent_nonmissing,partial_unexpected_counts,partial_unexpected_index_list")]
    public async Task Tells_as_much_as_it_is_asked_for(string format, string keys)
    {
        var suite = Suite("""{"name": "s", "expectations": [{"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "n", "value_set": [1]}}]}""");
        var (_, told) = await CheckAsync([File("a.csv", "n\n1\n2\n")], suite, "--json", "--result-format", format);
        using var read = JsonDocument.Parse(told);
        Assert.Equal(keys, string.Join(',', read.RootElement.GetProperty("results")[0].GetProperty("result").EnumerateObject().Select(entry => entry.Name)));
    }

    [Fact]
    public async Task Looks_at_several_files_as_one_and_ends_with_0_where_all_is_met()
    {
        var suite = Suite("""{"name": "s", "expectations": [{"type": "expect_table_row_count_to_equal", "kwargs": {"value": 4}}, {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "n"}}, {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "t", "regex": "^(?!x)\\w$", "mostly": 0.5}}]}""");
        var (code, told) = await CheckAsync([File("a.csv", "n,t\n1,a\n2,b\n"), File("b.ndjson", "{\"n\": 3}\n{\"n\": 4, \"t\": \"x\"}\n")], suite, "--parameter", "unused=1");
        Assert.True(code == 0, told);
        Assert.Contains("met      expect_column_values_to_match_regex (t): 1 unexpected (33.33 %), such as x", told);
        Assert.Contains("s: 3 of 3 expectations are met.", told);
    }

    [Theory]
    [InlineData("{", "no suite of Great Expectations")]
    [InlineData("{}", "it has no list of expectations")]
    [InlineData("""{"expectations": [{"kwargs": {}}]}""", "expectation 1 has no type")]
    public async Task Refuses_what_is_no_suite(string suite, string said)
    {
        var (code, told) = await CheckAsync([File("a.csv", "n\n1\n")], Suite(suite));
        Assert.Equal(1, code);
        Assert.Contains(said, told);
    }

    [Fact]
    public async Task Refuses_files_that_are_not_there_or_of_no_kind()
    {
        var suite = Suite("""{"name": "s", "expectations": []}""");
        Assert.Contains("There is no file", (await CheckAsync([Path.Combine(folder, "*.parquet")], suite)).Told);
        Assert.Contains("of no kind that can be read", (await CheckAsync([File("a.exe", "x")], suite)).Told);
        Assert.Contains("no column z by which rows", (await CheckAsync([File("a.csv", "n\n1\n")], suite, "--index", "z")).Told);
        Assert.Equal(0, (await CheckAsync([File("a.csv", "n\n1\n")], suite, "--json")).Code);
    }

    [Fact]
    public async Task Reads_no_file_that_an_expectation_names_by_itself()
    {
        var secret = File("secret.csv", "s\n1\n");
        var suite = Suite($$$"""{"name": "s", "expectations": [{"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "select * from {batch} union all select * from read_csv('{{{secret}}}')"}}, {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "select * from {batch} where n > 1"}}]}""");
        var (_, told) = await CheckAsync([File("a.csv", "n\n1\n2\n")], suite, "--json");
        using var read = JsonDocument.Parse(told);
        Assert.True(Wrong(read.RootElement.GetProperty("results")[0]).Raised);
        Assert.Equal("1 unexpected row", read.RootElement.GetProperty("results")[1].GetProperty("result").GetProperty("observed_value").GetString());
    }

    [Theory]
    [InlineData("n > 1 and t != 'b'", "pandas", 2)]
    [InlineData("n in [1, 2] or `t` == \"c\"", "pandas", 3)]
    [InlineData("not (n == 1) & t.notnull()", "pandas", 3)]
    [InlineData("1 < n <= 3", "pandas", 2)]
    [InlineData("n + 1 >= 4", "pandas", 2)]
    [InlineData("t.isnull()", "pandas", 1)]
    [InlineData("t != 'b'", "pandas", 4)]
    [InlineData("col(\"n\") > 2", "great_expectations", 2)]
    [InlineData("col(\"t\").notNull()", "great_expectations__experimental__", 4)]
    [InlineData("col(\"t\")==\"b\"", "great_expectations", 1)]
    [InlineData("n >", "pandas", -1)]
    [InlineData("n > 1; drop table t", "pandas", -1)]
    [InlineData("__import__('os')", "pandas", -1)]
    [InlineData("missing > 1", "pandas", -1)]
    public async Task Asks_of_the_rows_that_a_condition_names(string condition, string parser, int rows)
    {
        var suite = Suite(JsonSerializer.Serialize(new { name = "s", expectations = new[] { new { type = "expect_column_values_to_not_be_null", kwargs = new { column = "i", row_condition = condition, condition_parser = parser } } } }));
        var (_, told) = await CheckAsync([File("a.csv", "i,n,t\n1,1,a\n2,2,b\n3,3,c\n4,4,\n5,,e\n")], suite, "--json");
        using var read = JsonDocument.Parse(told);
        var result = read.RootElement.GetProperty("results")[0];
        if (rows < 0) Assert.True(Wrong(result).Raised);
        else Assert.Equal(rows, result.GetProperty("result").GetProperty("element_count").GetInt32());
    }

    private static (bool Raised, string? Message) Wrong(JsonElement result) => (result.GetProperty("exception_info").GetProperty("raised_exception").GetBoolean(), result.GetProperty("exception_info").GetProperty("exception_message").GetString());

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);

    private string Suite(string text) => File("suite.json", text);

    private string File(string name, string text)
    {
        var path = Path.Combine(folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private static async Task<(int Code, string Told)> CheckAsync(string[] files, string suite, params string[] more)
    {
        await using var output = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(["data", "check", .. files, "--suite", suite, .. more]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false }, Cancel);
        return (code, output.ToString());
    }
}
