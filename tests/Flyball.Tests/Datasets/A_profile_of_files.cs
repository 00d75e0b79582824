using System.CommandLine;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server;
using Flyball.Server.Datasets;

namespace Flyball.Tests.Datasets;

/// <summary><c>flyball data profile</c>: what files hold, without a server.</summary>
public sealed class A_profile_of_files : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Is_a_table_for_people()
    {
        var (code, told) = await RunAsync("profile", File("a.csv", "n,t\n1,a\n5,\u001b[31mb\n,c\n5,d\n9,e\n"));
        Assert.Equal(0, code);
        Assert.StartsWith("5 rows, 2 columns, 28 B", told);
        Assert.Contains("n                            bigint              20 %            3  1 to 9, median 5, mean 5, std 3.266", told);
        Assert.DoesNotContain('\u001b', told);
    }

    [Fact]
    public async Task Is_JSON_that_later_files_are_counted_like()
    {
        var (code, told) = await RunAsync("profile", File("a.csv", "n\n" + string.Join('\n', Enumerable.Range(0, 3000))), "--json");
        Assert.Equal(0, code);
        var first = Json.Read<DatasetProfile>(told);
        Assert.Equal(told.Trim(), Json.Write(first));
        var second = Json.Read<DatasetProfile>((await RunAsync("profile", File("b.csv", "n\n" + string.Join('\n', Enumerable.Range(2000, 3000))), "--json", "--like", File("a.json", told))).Told);
        Assert.Equal(first.Columns[0].Numbers!.Cuts, second.Columns[0].Numbers!.Cuts);
        Assert.Equal((6000, 6000), (first.Merge(second).Rows, first.Merge(second).Columns[0].Numbers!.Counts.Sum()));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"rows":1,"columns":[{"name":"n","kind":"number","numbers":{"cuts":[2,1],"counts":[1]}}]}""")]
    public async Task Counts_like_nothing_that_is_no_profile(string earlier)
    {
        var (code, told) = await RunAsync("profile", File("a.csv", "n\n1\n"), "--like", File("p.json", earlier));
        Assert.Equal(1, code);
        Assert.Contains("is no profile", told);
    }

    [Fact]
    public async Task Is_a_page_that_needs_nothing_and_runs_nothing()
    {
        const string Evil = "<script>alert(1)</script>\" onload=\"x";
        var path = Path.Combine(folder, "evil.parquet");
        using (var database = DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect())
        {
            duck.Execute($"copy (select {DuckDbText.Literal(Evil)} as {DuckDbText.Quote(Evil)}, i as a, i * 2 + random() as {DuckDbText.Quote("b" + Evil)}, case when i % 2 = 0 then null else '</style><b>' || i end as c from range(3000) t(i)) to {DuckDbText.Literal(path)} (format parquet)");
        }

        var page = Path.Combine(folder, "page.html");
        Assert.Equal(0, (await RunAsync("profile", path, "--html", page)).Code);
        var html = await System.IO.File.ReadAllTextAsync(page, Cancel);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("</style><b>", html);
        Assert.DoesNotContain("\" onload", html);
        Assert.DoesNotContain("href=\"http", html);
        Assert.DoesNotContain("src=", html);
        Assert.DoesNotContain("url(", html);
        Assert.Equal(1, html.Split("</style>").Length - 1);
        Assert.Contains("&lt;script&gt;alert(1)", html);
        Assert.Contains("prefers-color-scheme: dark", html);
    }

    [Fact]
    public async Task Suggests_a_suite_that_its_data_meets_and_other_data_does_not()
    {
        var data = SharedData.Path("nyc_yellow_samples");
        var suite = Path.Combine(folder, "taxi.json");
        var (code, told) = await RunAsync("profile", Path.Combine(data, "yellow_tripdata_sample_2019-01.csv"), "--suggest", suite);
        Assert.True(code == 0, told);
        Assert.Contains("met.", (await RunAsync("check", Path.Combine(data, "yellow_tripdata_sample_2019-01.csv"), "--suite", suite)).Told);
        Assert.Equal(0, (await RunAsync("check", Path.Combine(data, "yellow_tripdata_sample_2019-01.csv"), "--suite", suite)).Code);
        var february = await RunAsync("check", Path.Combine(data, "yellow_tripdata_sample_2019-02.csv"), "--suite", suite);
        Assert.Equal(1, february.Code);
        Assert.Contains("NOT MET  expect_column_values_to_be_in_set (passenger_count): 1,579 unexpected (15.79 %), such as 0", february.Told);
        using var read = JsonDocument.Parse(await System.IO.File.ReadAllTextAsync(suite, Cancel));
        Assert.Equal("taxi", read.RootElement.GetProperty("name").GetString());
        Assert.All(read.RootElement.GetProperty("expectations").EnumerateArray(), one =>
        {
            Assert.Contains(one.GetProperty("meta").GetProperty("flyball").GetProperty("reason").GetString()!, one.GetProperty("meta").GetProperty("notes").GetProperty("content")[0].GetString());
            Assert.False(one.GetProperty("meta").GetProperty("flyball").GetProperty("reviewed").GetBoolean());
        });
    }

    [Theory]
    [InlineData("adult", "adult.parquet")]
    [InlineData("bike_sharing", "hour.csv")]
    [InlineData("bank_marketing", "bank-full.csv")]
    [InlineData("nyc_green", "green_tripdata_2021-02.parquet")]
    public async Task Suggests_what_real_data_meets(string part, string file)
    {
        var path = SharedData.Path(part, file);
        var suite = Path.Combine(folder, "suite.json");
        Assert.Equal(0, (await RunAsync("profile", path, "--suggest", suite)).Code);
        var (code, told) = await RunAsync("check", path, "--suite", suite);
        Assert.True(code == 0, told);
    }

    [Fact]
    public void Suggests_each_kind_of_expectation_where_it_fits()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        duck.Execute("select setseed(0.5); create table t as select i as id, 'AB-' || lpad((i % 5000)::varchar, 4, '0') as code, ['red', 'green', 'o''brien'][1 + i % 3] as color, case when i % 10 = 0 then null else random() end as share, 'user' || i || '@mail.org' as mail, i % 4 as grade, null::int as nothing from range(20000) t(i)");
        var suggested = ExpectationSuggestions.Of(Profiler.Profile(duck, "t", VersionBuild.Describe(duck, "t"))).Select(one => $"{one.Kwargs.GetValueOrDefault("column")}: {one.Type["expect_".Length..]} {Json.Write(one.Kwargs.Where(kwarg => kwarg.Key != "column").ToDictionary()).Replace("\\u002B", "+", StringComparison.Ordinal)}").ToList();
        Assert.Contains(suggested, one => one.StartsWith("id: column_values_to_be_unique", StringComparison.Ordinal));
        Assert.Contains("""code: column_values_to_match_regex {"regex":"^[A-Z]{2}-[0-9]{4}$"}""", suggested);
        Assert.Contains("""code: column_value_lengths_to_be_between {"min_value":7,"max_value":7}""", suggested);
        Assert.Contains("""color: column_values_to_be_in_set {"value_set":["green","o\u0027brien","red"]}""", suggested);
        Assert.Contains("""grade: column_values_to_be_in_set {"value_set":[0,1,2,3]}""", suggested);
        Assert.Contains("""share: column_values_to_not_be_null {"mostly":0.8436}""", suggested);
        Assert.Contains("""mail: column_values_to_match_regex {"regex":"^[a-z]+[0-9]+@[a-z]+\\.[a-z]+$"}""", suggested);
        Assert.Contains("""nothing: column_values_to_be_of_type {"type_":"INTEGER"}""", suggested);
        Assert.DoesNotContain(suggested, one => one.StartsWith("code: column_values_to_be_unique", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refuses_what_cannot_be_read()
    {
        var cut = Path.Combine(folder, "cut.parquet");
        using (var database = DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect()) duck.Execute($"copy (select i, random() as x from range(100000) t(i)) to {DuckDbText.Literal(cut)} (format parquet)");
        await System.IO.File.WriteAllBytesAsync(cut, (await System.IO.File.ReadAllBytesAsync(cut, Cancel))[..50_000], Cancel);
        // damaged within a page: the failure comes while rows are streamed
        var torn = Path.Combine(folder, "torn.parquet");
        using (var database = DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect()) duck.Execute($"copy (select i, random() as x from range(1000000) t(i)) to {DuckDbText.Literal(torn)} (format parquet, compression zstd)");
        var bytes = await System.IO.File.ReadAllBytesAsync(torn, Cancel);
        Array.Fill(bytes, (byte)0x5A, bytes.Length / 2, bytes.Length / 4);
        await System.IO.File.WriteAllBytesAsync(torn, bytes, Cancel);
        foreach (var path in new[] { cut, torn, File("csv.parquet", "a,b\n1,2\n"), File("empty.parquet", ""), File("empty.csv", ""), File("head.csv", "a,b\n"), File("a.exe", "MZ"), Path.Combine(folder, "*.nothing") })
        {
            var (code, told) = await RunAsync("profile", path);
            Assert.True(code == 1, $"{path}: {told}");
            Assert.NotEmpty(told);
            Assert.DoesNotContain("   at ", told);
        }
    }

    [Fact]
    public async Task Of_no_rows_says_so()
    {
        var path = Path.Combine(folder, "none.parquet");
        using (var database = DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect()) duck.Execute($"copy (select 1 as n, 'a' as t, true as f where false) to {DuckDbText.Literal(path)} (format parquet)");
        var (code, told) = await RunAsync("profile", path, "--suggest", Path.Combine(folder, "s.json"), "--html", Path.Combine(folder, "p.html"), "--json");
        Assert.True(code == 0, told);
        Assert.Equal(0, Json.Read<DatasetProfile>(told).Rows);
        Assert.Contains("0 rows, 3 columns", (await RunAsync("profile", path)).Told);
    }

    [Fact]
    public async Task Of_five_hundred_columns_correlates_fifty()
    {
        var path = Path.Combine(folder, "wide.parquet");
        using (var database = DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect()) duck.Execute($"copy (select {string.Join(", ", Enumerable.Range(0, 500).Select(i => i % 2 == 0 ? $"random() + {i} as n{i}" : $"'v' || (random() * {i})::int as t{i}"))} from range(3000)) to {DuckDbText.Literal(path)} (format parquet)");
        var (code, told) = await RunAsync("profile", path, "--json", "--html", Path.Combine(folder, "wide.html"));
        Assert.Equal(0, code);
        var profile = Json.Read<DatasetProfile>(told);
        Assert.Equal((500, 50 * 49 / 2), (profile.Columns.Count, profile.Correlations.Count));
    }

    private string File(string name, string text)
    {
        var path = Path.Combine(folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private static async Task<(int Code, string Told)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(["data", .. args]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false }, Cancel);
        return (code, output.ToString());
    }
}
