using System.Net;
using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Tests.Serving;

/// <summary>Labels were whole numbers in the files; what turns out later is not.</summary>
public sealed class A_truth_that_does_not_fit
{
    private const string Policy =
        """

            monitor: { every: 1m, min_rows: 1, performance: { metric: rmse, alert: "> 3", labels_within: 1s } }
            retrain: { on: [performance], guards: { cooldown: 1s, max_per_week: 100, min_new_labels: 5 } }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(100.4, "DOUBLE", "is 94.4 on 6")]
    [InlineData(1.5e17, "BIGINT", "is 1.5E+17 on 6")]
    [InlineData(100, "BIGINT", "is 94 on 6")]
    public async Task Is_measured_and_learned_from_as_it_is(double truth, string type, string said)
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml + Policy, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal("BIGINT", Type(await flyball.Client.GetDatasetVersionAsync("straight", "rows", 1, Cancel)));

        for (var i = 0; i < 6; i++)
        {
            using var body = new StringContent($$"""{"id": "p{{i}}", "inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [3]}]}""", Encoding.UTF8, "application/json");
            Assert.Equal(HttpStatusCode.OK, (await flyball.Http.PostAsync("/v2/models/line/infer", body, Cancel)).StatusCode);
        }

        await flyball.Client.PostLabelsAsync("line", new PostLabels([.. Enumerable.Range(0, 6).Select(i => new LabelItem($"p{i}", JsonSerializer.SerializeToElement(truth)))]), Cancel);
        clock.Advance(TimeSpan.FromMinutes(3));
        await flyball.UntilQuietAsync();
        var alarm = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "monitoring.alarm-raised" && entry.Data.GetProperty("kind").GetString() == "performance");
        Assert.Contains(said, alarm.Data.GetProperty("message").GetString());
        var second = await flyball.Client.GetDatasetVersionAsync("straight", "rows", 2, Cancel);
        Assert.Equal((206L, type), (second.Version.Rows, Type(second)));
    }

    [Fact]
    public async Task Is_refused_where_its_square_is_no_number()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        foreach (var wrong in (string[])["1.1e18", "-1e300", "1e400"])
        {
            using var body = new StringContent($$"""{"labels": [{"predictionId": "p", "label": {{wrong}}}]}""", Encoding.UTF8, "application/json");
            using var answer = await flyball.Http.PostAsync("/api/deployments/line/labels", body, Cancel);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("between -1e18 and 1e18", await answer.Content.ReadAsStringAsync(Cancel));
        }
    }

    [Fact]
    public async Task Nor_does_a_feature_that_engines_would_see_as_infinite()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml.Replace("x: { type: number }", "far: { sql: \"x * 1e36\", type: number }", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var taken = await flyball.Client.PredictAsync("line", [JsonSerializer.SerializeToElement(new { x = 3 })], Cancel);
        Assert.Equal(6, Assert.Single(taken.Predictions), 1e-2);
        var refused = await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.PredictAsync("line", [JsonSerializer.SerializeToElement(new { x = 1000 })], Cancel));
        Assert.Matches(@"the feature far is 1[.\d]*E\+39; it lies between -3.4e38 and 3.4e38", refused.Message);
    }

    private static string? Type(DatasetVersionDetails version) => version.Content.GetProperty("columns").EnumerateArray().First(column => column.GetProperty("name").GetString() == "target").GetProperty("type").GetString();
}
