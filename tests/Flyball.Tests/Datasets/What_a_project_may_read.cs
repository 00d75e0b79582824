using Flyball.Client;

namespace Flyball.Tests.Datasets;

/// <summary>A project file is somebody's text: its SQL reads the project's files and nothing else of the machine.</summary>
public sealed class What_a_project_may_read
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("transform: \"select source.*, s.content as secret from source, read_text('DATA/server.json') s\"", "{ name: target, sql: y }")]
    [InlineData("transform: \"select * from source union all by name select content as z from read_text('/etc/hostname')\"", "{ name: target, sql: y }")]
    [InlineData("transform: \"select * from source where 0 < (select count(*) from glob('/etc/*'))\"", "{ name: target, sql: y }")]
    [InlineData("", "{ name: target, sql: \"y + (select length(content) from read_text('DATA/server.json'))\" }")]
    public async Task Is_its_own_sources_alone(string transform, string label)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        var yaml = LineProject.Yaml.Replace("    label: { name: target, sql: y }", $"    label: {label}\n{(transform.Length > 0 ? $"    {transform}" : "")}", StringComparison.Ordinal)
            .Replace("DATA", Path.Combine(flyball.Folder, "data"), StringComparison.Ordinal);
        try
        {
            await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        }
        catch (FlyballException refused) when (refused.Status == 422)
        {
            return;
        }

        await flyball.UntilQuietAsync();
        var failed = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString()!;
        Assert.Matches("ermission|column content", failed);
        Assert.DoesNotContain("fb_", failed);
        Assert.Empty(await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel));
    }

    [Fact]
    public async Task Is_not_an_object_that_another_project_has()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var version = await flyball.Client.GetDatasetVersionAsync("straight", "rows", 1, Cancel);
        var digest = version.Content.GetProperty("segments")[0].GetProperty("object").GetString()!;
        var stored = Assert.Single(Directory.GetFiles(Path.Combine(flyball.Folder, "data"), $"*{digest[4..]}*", SearchOption.AllDirectories));
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "other.csv"), LineProject.Rows(0, 10), Cancel);
        var yaml = $"project: spy\ndata:\n  seen:\n    source: sources/other.csv\n    time: at\n    transform: \"select source.* from source, (select count(*) from read_parquet('{stored}'))\"\n";
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Contains("ermission", Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Is_another_dataset_of_its_own_that_an_expectation_names()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "zones.csv"), LineProject.Rows(0, 3), Cancel);
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rides.csv"), LineProject.Rows(2, 4), Cancel);
        const string Zones = "project: town\ndata:\n  zones: { source: sources/zones.csv, time: at }\n";
        const string Rides = "  rides:\n    source: sources/rides.csv\n    time: at\n    expect:\n      - expect_table_row_count_to_equal_other_table: { other_table_name: zones, severity: warning }\n      - unexpected_rows_expectation: { unexpected_rows_query: 'from {batch} b anti join zones using (x)', severity: warning }\n";
        await flyball.Client.ApplyAsync(new ApplyProject(Zones, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        await flyball.Client.ApplyAsync(new ApplyProject(Zones + Rides, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var results = (await flyball.Client.GetDatasetVersionAsync("town", "rides", 1, Cancel)).Content.GetProperty("validation").GetProperty("results");
        Assert.Equal((4, 3), (results[0].GetProperty("observedValue").GetProperty("self").GetInt32(), results[0].GetProperty("observedValue").GetProperty("other").GetInt32()));
        Assert.Equal("3 unexpected rows", results[1].GetProperty("observedValue").GetString());
        var unknown = await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.PlanAsync(new ApplyProject((Zones + Rides).Replace("other_table_name: zones", "other_table_name: zonen", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel));
        Assert.Contains("zonen", unknown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("at,x\n2024-02-01 10:00:00,1\n", "column y")]
    [InlineData("at,x,y\n2024-02-01 10:00:00,1,foo\n", "column y")]
    public async Task Must_have_the_column_that_the_label_is_made_of_also_where_both_have_one_name(string rows, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        var yaml = LineProject.Yaml.Replace("name: target, sql: y", "name: y, sql: y", StringComparison.Ordinal);
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "wrong.csv"), rows, Cancel);
        await flyball.UntilQuietAsync();
        Assert.Contains(said, Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString());
        Assert.Single(await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel));
    }

    [Fact]
    public async Task Is_not_a_model_of_another_project()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        var other = LineProject.Yaml.Replace("project: straight", "project: crooked", StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.ApplyAsync(new ApplyProject(other, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel));
        Assert.Equal("model-taken", refused.Code);
        Assert.Equal("The model name 'line' belongs to project 'straight'; choose another name.", refused.Message);
        Assert.Equal("model-taken", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.PlanAsync(new ApplyProject(other, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel))).Code);
    }
}
