using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Tests.Monitoring;

public sealed class A_window_under_a_steady_flow_of_labels
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_measured_once_its_deadline_is_over_with_the_labels_that_came_until_then()
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(
            new ApplyProject(LineProject.Yaml.Replace("label: { name: target, sql: y }", "label: { name: target, sql: \"y -- twice x\" }\n    train_where: \"x >= 0 -- the others are tests\"", StringComparison.Ordinal) + "\n    monitor: { every: 1m, min_rows: 1, performance: { metric: rmse, alert: \"> 1000\", labels_within: 1m } }\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        foreach (var id in (string[])["a", "b", "c"])
        {
            using var body = new StringContent($$"""{"id": "{{id}}", "inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [3]}]}""", Encoding.UTF8, "application/json");
            (await flyball.Http.PostAsync("/v2/models/line/infer", body, Cancel)).EnsureSuccessStatusCode();
        }

        await LabelAsync(flyball, "a", 16);
        clock.Advance(TimeSpan.FromMinutes(2));
        await LabelAsync(flyball, "b", 16);

        // from here on labels come all the time, and all of them too late for the window
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        clock.Advance(TimeSpan.FromSeconds(1));
        var flow = Task.Run(async () => { while (!enough.IsCancellationRequested) await LabelAsync(flyball, "c", 1e6); }, Cancel);
        await flyball.UntilQuietAsync().WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        await enough.CancelAsync();
        await flow;
        var windows = await flyball.Client.ListWindowsAsync("line", "performance", null, Cancel);
        var version = Assert.Single(windows).Result.GetProperty("versions")[0];
        Assert.Equal((3, 2), (version.GetProperty("rows").GetInt32(), version.GetProperty("labelled").GetInt32()));
        Assert.InRange(version.GetProperty("metrics").GetProperty("rmse").GetDouble(), 9.9, 10.1);
    }

    private static Task<TakenLabels> LabelAsync(TestFlyball flyball, string id, double label) =>
        flyball.Client.PostLabelsAsync("line", new PostLabels([new LabelItem(id, JsonSerializer.SerializeToElement(label))]), Cancel);
}
