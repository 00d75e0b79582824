using System.Net;
using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Projects;
using Flyball.Server.Serving;

namespace Flyball.Tests.Datasets;

/// <summary>Files that fail a critical expectation, and what becomes of them when others come.</summary>
public sealed class A_version_that_is_not_usable : IAsyncLifetime
{
    private const string Expected = "label: { name: target, sql: y }\n    expect: [{ expect_column_values_to_be_between: { column: x, min_value: 0 } }]";
    private static readonly string Yaml = LineProject.Yaml.Replace("label: { name: target, sql: y }", Expected, StringComparison.Ordinal) + "\n    retrain: { on: [new_data], guards: { cooldown: 1s, max_per_week: 99 } }\n";
    private readonly ReplayTime clock = new(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestFlyball flyball = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });

    public ValueTask DisposeAsync() => flyball.DisposeAsync();

    [Fact]
    public async Task Is_not_made_up_for_by_good_files_and_is_by_its_correction()
    {
        await WriteAsync("bad.csv", "at,x,y\n2024-01-05 10:00:00,-1,-2\n");
        await ApplyAsync();
        await WriteAsync("good.csv", LineProject.Rows(0, 200));
        await StepAsync();
        Assert.Equal([(2, 201, false), (1, 1, false)], await VersionsAsync());
        Assert.Empty(await flyball.Client.ListTrainingsAsync("straight", "line", Cancel));
        Assert.Contains("rows v2 is not usable", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/", Cancel)));

        await WriteAsync("bad.csv", "at,x,y\n2024-01-05 10:00:00,1,2\n");
        await StepAsync();
        Assert.Equal((3, 201, true), (await VersionsAsync())[0]);
        Assert.Equal("passed", Assert.Single(await flyball.Client.ListTrainingsAsync("straight", "line", Cancel)).State);
        Assert.DoesNotContain("is not usable", await flyball.Http.GetStringAsync("/", Cancel));
    }

    [Fact]
    public async Task Is_left_by_taking_its_files_away_without_another_training()
    {
        await WriteAsync("good.csv", LineProject.Rows(0, 200));
        await ApplyAsync();
        await WriteAsync("bad.csv", "at,x,y\n2024-01-05 10:00:00,-1,-2\n");
        await StepAsync();
        Assert.Equal((2, 201, false), (await VersionsAsync())[0]);
        File.Delete(Path.Combine(flyball.Sources, "bad.csv"));
        await StepAsync();
        Assert.Equal((3, 200, true), (await VersionsAsync())[0]);
        Assert.Contains("the files are those of the last usable version again", await flyball.Http.GetStringAsync("/datasets/straight/rows/3", Cancel));
        Assert.Single(await flyball.Client.ListTrainingsAsync("straight", "line", Cancel));
        Assert.DoesNotContain("is not usable", await flyball.Http.GetStringAsync("/", Cancel));
    }

    [Fact]
    public async Task Is_left_by_taking_its_files_away_also_where_traffic_was_collected_since()
    {
        await WriteAsync("good.csv", LineProject.Rows(0, 200));
        await ApplyAsync();
        await WriteAsync("bad.csv", "at,x,y\n2024-01-05 10:00:00,-1,-2\n");
        await StepAsync();
        await AskAsync("a", 5);
        await CollectAsync("first");
        Assert.Equal([(3, 201, true), (2, 201, false), (1, 200, true)], await VersionsAsync());
        Assert.Contains("rows v2 is not usable", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/", Cancel)));
        File.Delete(Path.Combine(flyball.Sources, "bad.csv"));
        await StepAsync();
        Assert.DoesNotContain("is not usable", await flyball.Http.GetStringAsync("/", Cancel));
        Assert.Equal((4, 201, true), (await VersionsAsync())[0]);
        await StepAsync();
        Assert.Equal(4, (await VersionsAsync()).Count);
    }

    [Fact]
    public async Task Made_of_traffic_is_collected_again_with_what_comes_next_until_it_is_as_expected()
    {
        await WriteAsync("good.csv", LineProject.Rows(0, 200));
        await ApplyAsync();
        await AskAsync("a", -5);
        await CollectAsync("first");
        Assert.Equal((2, 201, false), (await VersionsAsync())[0]);
        Assert.Contains("rows v2 is not usable", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/", Cancel)));
        await AskAsync("b", 7);
        await CollectAsync("second");
        Assert.Equal((3, 202, false), (await VersionsAsync())[0]);
        Assert.Single(await flyball.Client.ListTrainingsAsync("straight", "line", Cancel));

        // the expectation was wrong
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml.Replace("min_value: 0", "min_value: -9", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await StepAsync();
        Assert.Equal((4, 200, true), (await VersionsAsync())[0]);
        await CollectAsync("third");
        Assert.Equal((5, 202, true), (await VersionsAsync())[0]);
        await CollectAsync("fourth");
        Assert.Equal(5, (await VersionsAsync()).Count);
    }

    private async Task AskAsync(string id, int x)
    {
        using var body = new StringContent($$"""{"id": "{{id}}", "inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [{{x}}]}, {"name": "at", "datatype": "BYTES", "shape": [1], "data": ["2024-02-01 10:00:00"]}]}""", Encoding.UTF8, "application/json");
        (await flyball.Http.PostAsync("/v2/models/line/infer", body, Cancel)).EnsureSuccessStatusCode();
        await flyball.Client.PostLabelsAsync("line", new PostLabels([new LabelItem(id, JsonSerializer.SerializeToElement(2 * x))]), Cancel);
        clock.Advance(TimeSpan.FromSeconds(1));
    }

    private async Task CollectAsync(string cause)
    {
        var until = clock.GetUtcNow();
        clock.Advance(TimeSpan.FromSeconds(1));
        var project = await flyball.Server.Service<ProjectStore>().GetAsync("straight", Cancel);
        while (!await flyball.Server.Service<Collections>().CollectAsync("straight", "line", project.File.Dataset("rows"), until, cause, Cancel)) await flyball.UntilQuietAsync();
    }

    private Task WriteAsync(string name, string rows) => File.WriteAllTextAsync(Path.Combine(flyball.Sources, name), rows, Cancel);

    private async Task ApplyAsync()
    {
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await StepAsync();
    }

    private async Task StepAsync()
    {
        clock.Advance(TimeSpan.FromMinutes(1));
        await flyball.UntilQuietAsync();
    }

    private async Task<List<(int Number, long Rows, bool Usable)>> VersionsAsync() =>
        [.. (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Select(version => (version.Number, version.Rows, version.Usable))];
}
