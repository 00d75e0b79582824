using Flyball.Client;

namespace Flyball.Tests.Overview;

/// <summary>The newest row of the line is of 28 January 2024, 10:00; the server's clock stands on 2 February, 10:00.</summary>
public sealed class Data_that_has_grown_old
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("within: 5d", null)]
    [InlineData("within: 119h", false)]
    [InlineData("within: 4d, severity: info", false)]
    [InlineData("within: 4d, severity: critical", true)]
    public async Task Needs_attention_and_is_trained_on_all_the_same(string freshness, bool? bad)
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = new Clock() });
        await ApplyAsync(flyball, freshness);
        Assert.Equal(1, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);
        var items = await flyball.Client.ListAttentionAsync(Cancel);
        var page = await flyball.Http.GetStringAsync("/", Cancel);
        if (bad is null)
        {
            Assert.Empty(items);
            Assert.Contains("All is well", page);
            return;
        }

        var wanted = freshness.Split(' ', ',')[1];
        var item = Assert.Single(items);
        Assert.Equal(("rows is not fresh", $"rows v1 has nothing newer than 2024-01-28 10:00; freshness wants {wanted}", "/datasets/straight/rows/1", bad), (item.Title, item.Text, item.Page, item.Bad));
        Assert.Contains(item.Text, page);
    }

    [Fact]
    public async Task Is_fresh_again_with_a_newer_row()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = new Clock() });
        await ApplyAsync(flyball, "within: 4d");
        Assert.Single(await flyball.Client.ListAttentionAsync(Cancel));
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "more.csv"), "at,x,y\n2024-01-29 10:00:00,300,600\n", Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(2, (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Count);
        Assert.Empty(await flyball.Client.ListAttentionAsync(Cancel));
    }

    private static async Task ApplyAsync(TestFlyball flyball, string freshness)
    {
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        var yaml = LineProject.Yaml.Replace("    time: at\n", $"    time: at\n    freshness: {{ {freshness} }}\n", StringComparison.Ordinal);
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2024, 2, 2, 10, 0, 0, TimeSpan.Zero);
    }
}
