using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Flyball.Client;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Training;

/// <summary>Data and definitions that no model can be fitted on are refused by name; the server stays up and the champion stays champion.</summary>
public sealed class What_cannot_be_trained_on
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rows2.csv", "", "rows2.csv")]
    [InlineData("rows2.csv", "at,x,y\n", "no rows")]
    [InlineData("rows2.csv", "at,x,y\n2024-03-01 10:00:00,,4\n2024-03-02 10:00:00,,4\n", "column x, which the feature x reads, is null in every row")]
    [InlineData("rows2.csv", "at,x,y\n2024-03-01 10:00:00,1,four\n2024-03-02 10:00:00,2,five\n", "column y")]
    [InlineData("rows2.csv", "at,y\n2024-03-01 10:00:00,1\n", "column x")]
    [InlineData("rows2.csv", "\u0000\u0001\u0002", "rows2.csv")]
    [InlineData("rows2.parquet", "PAR1", "too small to be a Parquet file")]
    [InlineData("rows2.parquet", "PAR1 this is not the body of any Parquet file at all PAR1", "rows2.parquet")]
    public async Task A_broken_file_is_refused_by_name_and_the_champion_stays(string file, string content, string said)
    {
        await using var flyball = await DeployedAsync(Path.GetExtension(file));
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, file), content, Cancel);
        await flyball.UntilQuietAsync();
        var refused = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed");
        Assert.Contains(said, refused.Data.GetProperty("reason").GetString());
        Assert.Single(await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel));
        await StillServesAsync(flyball);
    }

    [Theory]
    [InlineData("yesterday", "column at, which is the dataset's time, has another type: expected a date or timestamp, found VARCHAR such as 'yesterday'")]
    [InlineData("17", "column at, which is the dataset's time, has another type: expected a date or timestamp, found BIGINT such as '17'")]
    public async Task A_time_that_is_none_is_refused_in_the_very_first_file(string time, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), $"at,x,y\n{time},1,2\n{time},2,4\n", Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Contains(said, Reason(Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed")));
    }

    [Fact]
    public async Task A_pipe_among_the_sources_is_refused_by_name_instead_of_being_waited_for()
    {
        await using var flyball = await DeployedAsync();
        using (var made = Process.Start("mkfifo", [Path.Combine(flyball.Sources, "rows2.csv")])) await made.WaitForExitAsync(Cancel);
        await flyball.UntilQuietAsync().WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal("rows2.csv cannot be read: it holds no rows. Nothing of this ingest was kept.", Reason(Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed")));
        await StillServesAsync(flyball);
    }

    [Theory]
    [InlineData("copy (select timestamp '2024-03-01' as at, 1::bigint as x, 2::bigint as y where false) to '{0}' (format parquet)", "no rows")]
    [InlineData("copy (select timestamp '2024-03-01' as at, [1, 2] as x, 2::bigint as y) to '{0}' (format parquet)", "column x, which the feature x reads, has another type: expected BIGINT or a type that fits it, found INTEGER[]")]
    [InlineData("copy (select timestamp '2024-03-01' as at, 1::bigint as x, 'two' as y) to '{0}' (format parquet)", "column y, which the label target reads, has another type")]
    public async Task A_Parquet_file_that_does_not_fit_is_refused_by_name(string copy, string said)
    {
        await using var flyball = await DeployedAsync(".parquet");
        Execute(string.Format(CultureInfo.InvariantCulture, copy, Path.Combine(flyball.Sources, "rows2.parquet")));

        await flyball.UntilQuietAsync();
        Assert.Contains(said, Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString());
        await StillServesAsync(flyball);
    }

    [Theory]
    [InlineData("at,x,y\n2024-03-01 10:00:00,1,inf\n", "the label target is Infinity")]
    [InlineData("at,x,y\n2024-03-01 10:00:00,1,nan\n", "the label target is NaN")]
    [InlineData("at,x,y\n2024-03-01 10:00:00,inf,2\n", "the feature x is Infinity in some rows; numbers of features lie between -3.4e38 and 3.4e38")]
    [InlineData("at,x,y\n2024-03-01 10:00:00,1e151,2\n", "the feature x is 1E+151 in some rows; numbers of features lie between -3.4e38 and 3.4e38")]
    [InlineData("at,x,y\n2024-03-01 10:00:00,1,-1e120\n", "the label target is -1E+120 in some rows; labels that can be trained on lie between -1e18 and 1e18")]
    public async Task A_number_that_no_model_can_take_fails_the_training_by_name_and_the_champion_stays(string content, string said)
    {
        await using var flyball = await DeployedAsync(".csv", "\n2024-01-01 10:00:00,0.5,1.0\n");
        var rows = content + string.Concat(Enumerable.Range(2, 26).Select(day => $"2024-03-{day:00} 10:00:00,{day},{2 * day}\n"));
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows2.csv"), rows, Cancel);
        await flyball.UntilQuietAsync();
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("by hand"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Contains(said, Reason(Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "training.failed")), StringComparison.OrdinalIgnoreCase);
        await StillServesAsync(flyball);
    }

    [Theory]
    [InlineData("1e12", "trainer: xgboost", "passed all gates")]
    [InlineData("1e17", "trainer: xgboost", "their distances from their mean add up to")]
    [InlineData("1e17", "trainer: xgboost, params: { objective: 'reg:squarederror' }", "their distances from their mean add up to")]
    public async Task Labels_whose_sums_XGBoost_cannot_hold_are_refused_instead_of_giving_a_constant(string large, string trainer, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "at,x,y\n" + string.Concat(Enumerable.Range(0, 600).Select(i => $"2024-01-{1 + (i % 28):00} 10:00:00,{(i % 2) - 0.5},{(i % 2 == 0 ? "-" : "")}{large}\n")), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml.Replace("trainer: linear", trainer, StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var ended = Assert.Single(await flyball.JournalAsync(), entry => entry.Type is "training.failed" or "training.finished");
        Assert.Contains(said, ended.Data.GetRawText());
        if (ended.Type == "training.finished") Assert.InRange((await flyball.Client.GetModelVersionAsync("line", 1, Cancel)).Version.Metrics["r2"], 0.999, 1);
    }

    [Fact]
    public async Task A_row_of_the_far_future_does_not_move_the_held_out_stretch()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200) + "2099-01-01 00:00:00,7,14\n", Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var content = (await flyball.Client.GetModelVersionAsync("line", 1, Cancel)).Content;
        Assert.InRange(content.GetProperty("testRows").GetInt64(), 20, 100);
        Assert.Equal(2024, content.GetProperty("testTo").GetDateTimeOffset().Year);
    }

    [Fact]
    public async Task A_later_text_file_is_read_with_the_types_of_the_dataset_where_its_values_fit()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var yaml = LineProject.Yaml.Replace("x: { type: number }", "x: { type: number }\n    zone: { type: category }", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "a.csv"), "at,x,y,zone\n" + string.Concat(Enumerable.Range(1, 28).Select(day => $"2024-01-{day:00} 10:00:00,{day}.5,{2 * day},A{day % 3}\n")), Cancel);
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "b.csv"), "at,x,y,zone\n2024-02-01 10:00:00,,4,012\n2024-02-02 10:00:00,inf,8,013\n", Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var version = Assert.Single(await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel));
        Assert.Equal(30, version.Rows);
        var details = await flyball.Server.Service<Flyball.Server.Datasets.DatasetVersions>().GetAsync("straight", "rows", version.Number, Cancel);
        Assert.Equal(["TIMESTAMP", "DOUBLE", "BIGINT", "VARCHAR"], details.Content.Columns.Take(4).Select(column => column.Type));
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        var segment = details.Content.Segments.Single(segment => segment.File.EndsWith("b.csv", StringComparison.Ordinal)).Object;
        using var zones = duck.Query($"select zone from read_parquet('{Path.Combine(flyball.Folder, "data", "objects", segment[..2], segment[2..])}') order by zone");
        Assert.Equal("012 013", string.Join(" ", zones.Strings(0)));
        Assert.Equal("The feature x is Infinity in some rows; numbers of features lie between -3.4e38 and 3.4e38. Bound it in its SQL, or leave the rows out with where or train_where.", Reason(Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "training.failed")));
    }

    [Theory]
    [InlineData("length(complete::varchar)", "column complete, which the feature x reads, is missing")]
    [InlineData("length(labelled::varchar)", "column labelled, which the feature x reads, is missing")]
    [InlineData("struct_extract(complete, 'y')", "column complete, which the feature x reads, is missing")]
    [InlineData("missing + 1", "missing")]
    [InlineData("x + 'one'::int[]", "feature x")]
    public async Task A_feature_that_a_request_could_not_compute_is_refused_before_anything_is_fitted(string sql, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml.Replace("x: { type: number }", $"x: {{ sql: \"{sql}\", type: number }}", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var failed = Assert.Single(await flyball.JournalAsync(), entry => entry.Type is "training.failed" or "dataset.ingest-failed");
        Assert.Contains(said, Reason(failed));
        Assert.Empty(await flyball.Client.ListModelVersionsAsync("line", Cancel));
        Assert.Equal(200, (int)(await flyball.Http.GetAsync("/health", Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("y % 1", "has one class only (0)")]
    [InlineData("y", "is 0 or 1")]
    [InlineData("case when y > 3 then 'a' else 'b' end", "The label target is VARCHAR")]
    public async Task A_label_that_is_no_two_classes_is_refused(string sql, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        var yaml = LineProject.Yaml.Replace("sql: y", $"sql: \"{sql}\"", StringComparison.Ordinal).Replace("trainer: linear", "task: classification, trainer: xgboost", StringComparison.Ordinal);
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Contains(said, Reason(Assert.Single(await flyball.JournalAsync(), entry => entry.Type is "training.failed" or "dataset.ingest-failed")));
        Assert.Empty(await flyball.Client.ListModelVersionsAsync("line", Cancel));
    }

    private static string Reason(JournalEntryInfo entry) => entry.Data.GetProperty("reason").GetString()!;

    /// <summary>The first row decides the types of a CSV file's columns.</summary>
    private static async Task<TestFlyball> DeployedAsync(string extension = ".csv", string firstRow = "\n2024-01-01 10:00:00,0,0\n")
    {
        var flyball = await TestFlyball.StartAsync();
        var csv = Path.Combine(flyball.Sources, "rows.csv");
        await File.WriteAllTextAsync(csv, LineProject.Rows(0, 200).Replace("\n2024-01-01 10:00:00,0,0\n", firstRow, StringComparison.Ordinal), Cancel);
        if (extension == ".parquet") Execute($"copy (from read_csv('{csv}')) to '{Path.ChangeExtension(csv, extension)}' (format parquet)");
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml.Replace("*.csv", "rows*" + extension, StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(1, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);
        return flyball;
    }

    private static void Execute(string sql)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        duck.Execute(sql);
    }

    private static async Task StillServesAsync(TestFlyball flyball)
    {
        Assert.Equal(1, Assert.Single(await flyball.Client.ListAliasesAsync("line", Cancel), alias => alias.Alias == "champion").Version);
        using var answer = await flyball.Http.PostAsJsonAsync("/deployments/line/invocations", new { dataframe_records = new[] { new { x = 3 } } }, Cancel);
        Assert.Equal(6, (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("predictions")[0].GetDouble(), 1e-1);
    }
}
