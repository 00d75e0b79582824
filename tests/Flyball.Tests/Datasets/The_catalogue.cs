using System.Text;
using Flyball.Client;

namespace Flyball.Tests.Datasets;

/// <summary>Datasets are found by what they are called, hold and belong to; versions are tagged, fetched, and told in Great Expectations' words.</summary>
public sealed class The_catalogue
{
    private const string Yaml =
        """
        project: shop
        data:
          orders:
            source: sources/orders*.csv
            time: at
            description: What was ordered.
            owner: till@example.org
            volume: { within: 0.5 }
            expect:
              - expect_column_values_to_be_between: { column: n, min_value: 1, max_value: 9, mostly: 0.9, severity: warning }
              - expect_column_values_to_not_be_null: { column: n }
          zones: { source: sources/zones.csv, time: since }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Finds_datasets_by_all_words()
    {
        await using var flyball = await StartAsync();
        await flyball.Client.SetDatasetTagAsync("shop", "orders", 1, "quality", "gold", Cancel);
        async Task<string> FindAsync(string words) => string.Join(' ', (await flyball.Client.FindDatasetsAsync(words, Cancel)).Select(dataset => dataset.Name));
        Assert.Equal("orders zones", await FindAsync(""));
        Assert.Equal("orders", await FindAsync("TILL ordered"));
        Assert.Equal("orders", await FindAsync("quality=gold"));
        Assert.Equal("zones", await FindAsync("since"));
        Assert.Equal("", await FindAsync("till since"));
        var orders = (await flyball.Client.FindDatasetsAsync("orders", Cancel))[0];
        Assert.Equal((1, 2, 2, 0), (orders.Latest!.Number, orders.Met, orders.Expected, orders.Quarantined));
        Assert.Equal(new DateTimeOffset(2024, 1, 20, 0, 0, 0, TimeSpan.Zero), orders.NewestRow);
        await flyball.Client.DeleteDatasetTagAsync("shop", "orders", 1, "quality", Cancel);
        Assert.Equal("", await FindAsync("gold"));
        Assert.Equal(["gold", null], (await flyball.JournalAsync()).Where(entry => entry.Type == "dataset.tagged").Select(entry => entry.Data.TryGetProperty("value", out var value) ? value.GetString() : null));
        Assert.Equal("dataset-tag", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.SetDatasetTagAsync("shop", "orders", 1, new string('x', 101), "", Cancel))).Code);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.SetDatasetTagAsync("shop", "orders", 9, "x", "", Cancel))).Status);
    }

    [Fact]
    public async Task Tells_suite_and_validation_as_Great_Expectations_does_and_hands_rows_out()
    {
        await using var flyball = await StartAsync();
        var suite = await flyball.Client.GetSuiteAsync("shop", "orders", Cancel);
        Assert.Equal(("orders", 2, "warning", 0.9), (suite.GetProperty("name").GetString(), suite.GetProperty("expectations").GetArrayLength(), suite.GetProperty("expectations")[0].GetProperty("severity").GetString(), suite.GetProperty("expectations")[0].GetProperty("kwargs").GetProperty("mostly").GetDouble()));
        var validation = await flyball.Client.GetValidationAsync("shop", "orders", 1, Cancel);
        Assert.Equal((true, 2), (validation.GetProperty("success").GetBoolean(), validation.GetProperty("statistics").GetProperty("evaluated_expectations").GetInt32()));
        Assert.Equal(20, validation.GetProperty("results")[0].GetProperty("result").GetProperty("element_count").GetInt32());
        await using var rows = await flyball.Client.OpenDatasetSegmentAsync("shop", "orders", 1, 0, Cancel);
        var start = new byte[4];
        await rows.ReadExactlyAsync(start, Cancel);
        Assert.Equal("PAR1", Encoding.ASCII.GetString(start));
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.OpenDatasetSegmentAsync("shop", "orders", 1, 1, Cancel))).Status);
        Assert.Equal(1, (await flyball.Client.GetDatasetVersionAsOfAsync("shop", "orders", DateTimeOffset.MaxValue, Cancel))!.Number);
        Assert.Null(await flyball.Client.GetDatasetVersionAsOfAsync("shop", "orders", DateTimeOffset.MinValue, Cancel));
    }

    [Fact]
    public async Task Sees_a_file_that_has_far_fewer_rows_than_those_before()
    {
        await using var flyball = await StartAsync();
        for (var i = 2; i <= 5; i++) await File.WriteAllTextAsync(Path.Combine(flyball.Sources, $"orders{i}.csv"), Orders(i, 20 + i), Cancel);
        await flyball.UntilQuietAsync();
        Assert.DoesNotContain("volume", (await flyball.Client.GetDatasetVersionAsync("shop", "orders", 2, Cancel)).Content.GetProperty("validation").GetRawText());
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "orders6.csv"), Orders(6, 3), Cancel);
        await flyball.UntilQuietAsync();
        var version = await flyball.Client.GetDatasetVersionAsync("shop", "orders", 3, Cancel);
        var volume = version.Content.GetProperty("validation").GetProperty("results").EnumerateArray().Single(result => result.GetProperty("type").GetString() == "expect_volume_as_before");
        Assert.Equal((false, "orders6.csv: 3 rows", true), (volume.GetProperty("success").GetBoolean(), volume.GetProperty("observedValue").GetString(), version.Version.Usable));
    }

    [Fact]
    public async Task Removes_old_versions_but_those_that_are_tagged_or_newest()
    {
        await using var flyball = await StartAsync();
        for (var i = 2; i <= 5; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(flyball.Sources, $"orders{i}.csv"), Orders(i, 20), Cancel);
            File.Delete(Path.Combine(flyball.Sources, "orders1.csv"));
            await flyball.UntilQuietAsync();
        }

        await flyball.Client.SetDatasetTagAsync("shop", "orders", 2, "kept", "", Cancel);
        var shown = await flyball.Client.PreviewDatasetRetentionAsync("shop", "orders", 2, null, Cancel);
        Assert.Equal([3, 1], shown.Select(version => version.Number));
        // the first file is in no version that stays; the second is
        Assert.True(shown[1].Bytes > 0 && shown[0].Bytes == 0);
        Assert.Empty(await flyball.Client.PreviewDatasetRetentionAsync("shop", "orders", 2, 1, Cancel));
        Assert.Equal([1], (await flyball.Client.RemoveDatasetVersionsAsync("shop", "orders", 2, null, [1, 2, 5], Cancel)).Select(version => version.Number));
        Assert.Equal([5, 4, 3, 2], (await flyball.Client.ListDatasetVersionsAsync("shop", "orders", Cancel)).Select(version => version.Number));
        Assert.Equal("retention-keep", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.PreviewDatasetRetentionAsync("shop", "orders", 0, null, Cancel))).Code);
    }

    private static string Orders(int month, int count) => "at,n\n" + string.Concat(Enumerable.Range(1, count).Select(i => $"2024-{month:00}-{1 + ((i - 1) % 28):00},{1 + (i % 9)}\n"));

    private static async Task<TestFlyball> StartAsync()
    {
        var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "orders1.csv"), Orders(1, 20), Cancel);
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "zones.csv"), "since,name\n2020-01-01,north\n", Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        return flyball;
    }
}
