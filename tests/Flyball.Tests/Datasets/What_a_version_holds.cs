using System.Text.Json;
using Flyball.Client;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Datasets;

/// <summary>A version holds what its sources say, under the names that the project file means.</summary>
public sealed class What_a_version_holds
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("y")]
    [InlineData("Y")]
    public async Task A_label_that_is_called_like_a_column_is_what_its_SQL_says(string name)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await ApplyAsync(flyball, LineProject.Yaml.Replace("name: target, sql: y", $"name: {name}, sql: y * 1000", StringComparison.Ordinal));
        Assert.Equal(["at", "x", name], Columns(await VersionAsync(flyball, 1)).Keys);
        Assert.InRange(await PredictAsync(flyball, 3), 5990, 6010);
    }

    [Fact]
    public async Task Two_columns_of_one_name_are_refused_instead_of_one_being_renamed()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await ApplyAsync(flyball, LineProject.Yaml.Replace("    label:", "    transform: select *, 100 * x as X from source\n    label:", StringComparison.Ordinal));
        Assert.Contains("rows.csv after the transform: there are 2 columns called x; replace one by the other", await RefusedAsync(flyball));
        await ApplyAsync(flyball, LineProject.Yaml.Replace("    label:", "    transform: select * replace (100 * x as x) from source\n    label:", StringComparison.Ordinal));
        Assert.Equal(6, await PredictAsync(flyball, 300), 1e-3);
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("json")]
    [InlineData("parquet")]
    public async Task Names_of_folders_are_no_columns(string kind)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
        await using (var flyball = await TestFlyball.StartAsync(Path.Combine(folder, "x=7")))
        {
            var sources = Directory.CreateDirectory(Path.Combine(flyball.Sources, "y=5")).FullName;
            Execute($"copy (select timestamp '2024-01-01' + interval (i) hour as at, i::bigint as x, (2 * i)::bigint as y from range(0, 301) r(i)) to '{Path.Combine(sources, $"rows.{kind}")}' (format {kind})");
            await ApplyAsync(flyball, LineProject.Yaml.Replace("csv", kind, StringComparison.Ordinal), sources);
            var columns = Columns(await VersionAsync(flyball, 1));
            Assert.Equal(["at", "x", "y", "target"], columns.Keys);
            Assert.Equal(("0", "300", "0", "600"), (Text(columns["x"], "min"), Text(columns["x"], "max"), Text(columns["y"], "min"), Text(columns["y"], "max")));
            Assert.Equal(6, await PredictAsync(flyball, 3), 1e-3);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_same_content_under_two_names_counts_once_and_what_is_gone_counts_no_more()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "a.csv"), LineProject.Rows(0, 200), Cancel);
        File.Copy(Path.Combine(flyball.Sources, "a.csv"), Path.Combine(flyball.Sources, "b.csv"));
        await ApplyAsync(flyball, LineProject.Yaml);
        var first = await VersionAsync(flyball, 1);
        Assert.Equal(200, first.Version.Rows);
        Assert.Contains("b.csv holds what a.csv holds; it is taken once", Notes(first));

        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "c.csv"), LineProject.Rows(200, 100), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(300, (await VersionAsync(flyball, 2)).Version.Rows);

        File.Delete(Path.Combine(flyball.Sources, "a.csv"));
        await flyball.UntilQuietAsync();
        Assert.Equal(2, (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Count);

        File.Delete(Path.Combine(flyball.Sources, "b.csv"));
        await flyball.UntilQuietAsync();
        var third = await VersionAsync(flyball, 3);
        Assert.Equal(100, third.Version.Rows);
        Assert.Contains("a.csv is no longer among the sources (rows that are left out with that: 200)", Notes(third));
    }

    [Fact]
    public async Task Texts_with_NUL_characters_are_kept_as_they_are()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Execute($"copy (select timestamp '2024-01-01' + interval (i) hour as at, i::bigint as x, (2 * i)::bigint as y, case when i % 3 = 0 then 'a' || chr(0) || 'b' else 'a' end as t from range(0, 600) r(i)) to '{Path.Combine(flyball.Sources, "rows.parquet")}' (format parquet)");
        await ApplyAsync(flyball, LineProject.Yaml.Replace("*.csv", "*.parquet", StringComparison.Ordinal));
        var top = Columns(await VersionAsync(flyball, 1))["t"].GetProperty("top").EnumerateArray().Select(value => (value.GetProperty("value").GetString(), value.GetProperty("count").GetInt64()));
        Assert.Equal([("a", 400L), ("a\0b", 200L)], top);
    }

    [Fact]
    public async Task A_column_with_a_NUL_character_in_its_name_is_refused()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.json"), """{"at": "2024-01-30 10:00:00", "x": 300, "y": 600, "t\u0000t": 1}""", Cancel);
        await ApplyAsync(flyball, LineProject.Yaml.Replace("*.csv", "*.json", StringComparison.Ordinal));
        Assert.Equal("rows.json: the column 't\uFFFDt' has a NUL character in its name; call it something else. Nothing of this ingest was kept.", await RefusedAsync(flyball));
    }

    [Theory]
    [InlineData("timestamp '0044-03-15 (BC) 00:00:00'", "0044-03-15 (BC) 00:00:00")]
    [InlineData("timestamp '20000-01-01'", "20000-01-01 00:00:00")]
    [InlineData("'infinity'::timestamp", "infinity")]
    [InlineData("date '0044-03-15 (BC)'", "0044-03-15 (BC)")]
    public async Task Times_beyond_the_calendar_are_refused_by_name_where_the_dataset_lives_by_them(string time, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        Execute($"copy (select {time} as at, 1::bigint as x, 2::bigint as y) to '{Path.Combine(flyball.Sources, "rows.parquet")}' (format parquet)");
        await ApplyAsync(flyball, LineProject.Yaml.Replace("*.csv", "*.parquet", StringComparison.Ordinal));
        Assert.Contains($"rows.parquet: column at, which is the dataset's time, holds '{said}'; times lie in the years 1 to 9999", await RefusedAsync(flyball));
    }

    [Fact]
    public async Task Times_beyond_the_calendar_in_another_column_are_kept()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Execute($"copy (select timestamp '2024-01-01' + interval (i) hour as at, i::bigint as x, (2 * i)::bigint as y, timestamp '0044-03-15 (BC) 00:00:00' as z, date '20000-01-01' as d from range(0, 600) r(i)) to '{Path.Combine(flyball.Sources, "rows.parquet")}' (format parquet)");
        await ApplyAsync(flyball, LineProject.Yaml.Replace("*.csv", "*.parquet", StringComparison.Ordinal));
        Assert.Equal("0044-03-15 (BC) 00:00:00", Text(Columns(await VersionAsync(flyball, 1))["z"], "min"));
        Assert.Equal(6, await PredictAsync(flyball, 3), 1e-3);
    }

    [Fact]
    public async Task A_column_that_begins_like_Flyballs_own_is_refused()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200).Replace("at,x,y", "at,_Flyball_version,y", StringComparison.Ordinal), Cancel);
        await ApplyAsync(flyball, LineProject.Yaml.Replace("x: { type", "x: { sql: _flyball_version, type", StringComparison.Ordinal));
        Assert.Contains("rows.csv: the column _Flyball_version begins with _flyball_, as only columns do that Flyball makes", await RefusedAsync(flyball));
    }

    private static async Task ApplyAsync(TestFlyball flyball, string yaml, string? sources = null)
    {
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, sources ?? flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
    }

    private static Task<DatasetVersionDetails> VersionAsync(TestFlyball flyball, int number) => flyball.Client.GetDatasetVersionAsync("straight", "rows", number, Cancel);

    private static Dictionary<string, JsonElement> Columns(DatasetVersionDetails version) =>
        version.Content.GetProperty("profile").GetProperty("columns").EnumerateArray().ToDictionary(column => column.GetProperty("name").GetString()!);

    private static List<string?> Notes(DatasetVersionDetails version) => [.. version.Content.GetProperty("notes").EnumerateArray().Select(note => note.GetString())];

    private static string? Text(JsonElement column, string property) => column.GetProperty(property).GetString();

    private static async Task<double> PredictAsync(TestFlyball flyball, double x) => Assert.Single((await flyball.Client.PredictAsync("line", [JsonSerializer.SerializeToElement(new { x })], Cancel)).Predictions);

    private static async Task<string> RefusedAsync(TestFlyball flyball) => (await flyball.JournalAsync()).Last(entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString()!;

    private static void Execute(string sql)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        duck.Execute(sql);
    }
}
