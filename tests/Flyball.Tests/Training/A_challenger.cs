using System.Globalization;
using System.Text.Json;
using Flyball.Client;

namespace Flyball.Tests.Training;

/// <summary>A better model on the same data takes over, although the champion was fitted once more on the rows that judge it.</summary>
public sealed class A_challenger
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("trainer: xgboost, params: { max_depth: 1, eta: 0.1, rounds: 4 }", "trainer: xgboost, params: { max_depth: 3, eta: 0.3, rounds: 60 }", "test: 7d", true)]
    [InlineData("trainer: xgboost, params: { max_depth: 3, eta: 0.3, rounds: 60 }", "trainer: xgboost, params: { max_depth: 1, eta: 0.1, rounds: 4 }", "test: 7d", false)]
    public async Task On_the_same_data_is_measured_against_the_fit_that_the_gates_of_the_champion_judged(string first, string second, string split, bool better)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await ApplyAsync(flyball, first, split);
        await flyball.UntilQuietAsync();
        await ApplyAsync(flyball, second, split);
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("other parameters"), Cancel);
        await flyball.UntilQuietAsync();
        var judged = (await flyball.Client.GetModelVersionAsync("line", 1, Cancel)).Content;
        var content = (await flyball.Client.GetModelVersionAsync("line", 2, Cancel)).Content;
        Assert.Equal("judged", content.GetProperty("championFit").GetString());
        Assert.Equal(Rmse(judged, "metrics"), Rmse(content, "championMetrics"), 1e-12);
        var gate = content.GetProperty("gates")[0];
        Assert.Equal(better, gate.GetProperty("passed").GetBoolean());
        Assert.EndsWith("(version 1 as its gates judged it: what serves has learned from these rows)", gate.GetProperty("reason").GetString());
        Assert.Equal(better ? 2 : 1, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);

        var compared = System.Net.WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/models/line/compare?from=1&to=2", Cancel));
        Assert.Contains("Both were measured on the same held-out rows.", compared);
        Assert.Contains(better ? "better" : "worse", compared[compared.IndexOf("<td>rmse</td>", StringComparison.Ordinal)..compared.IndexOf("<td>mae</td>", StringComparison.Ordinal)]);
        Assert.Matches("<th scope=\"row\">max_depth</th><td class=\"\">(1</td><td class=\"\">3|3</td><td class=\"\">1)</td>", compared);
        Assert.DoesNotContain(">seed</th>", compared);
        Assert.Contains(">seed</th>", await flyball.Http.GetStringAsync("/models/line/compare?from=1&to=2&all=true", Cancel));

        // what the training took of the machine is with its run, apart from how it did
        var run = (await flyball.Client.ListModelVersionsAsync("line", Cancel))[0].Run!;
        var memory = await flyball.Client.GetCurveAsync(run, "system/process_memory_megabytes", 1000, Cancel);
        Assert.All(memory.Value, value => Assert.InRange(value!.Value, 10, 100_000));
        var page = await flyball.Http.GetStringAsync($"/runs/{run}", Cancel);
        Assert.Contains("What did it take?", page);
        Assert.Contains("process memory megabytes", page);
        Assert.DoesNotContain("<td>system/", page);
    }

    [Fact]
    public async Task That_holds_out_more_than_any_fit_of_the_champion_leaves_unseen_is_told_that_it_is_at_a_disadvantage()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await ApplyAsync(flyball, "trainer: linear", "test: 3d");
        await flyball.UntilQuietAsync();
        await ApplyAsync(flyball, "trainer: linear", "test: 20d");
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("a longer stretch"), Cancel);
        await flyball.UntilQuietAsync();
        var content = (await flyball.Client.GetModelVersionAsync("line", 2, Cancel)).Content;
        Assert.Equal("favoured", content.GetProperty("championFit").GetString());
        Assert.EndsWith("(version 1 has learned from some of these rows; newer ones would judge better)", content.GetProperty("gates")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Whose_champion_can_no_longer_be_measured_is_refused_by_its_gates_and_told_why()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await ApplyAsync(flyball, "trainer: linear", "test: 7d");
        await flyball.UntilQuietAsync();
        var yaml = LineProject.Yaml.Replace("label: { name", "transform: select \"at\", x as z, y from source\n    label: { name", StringComparison.Ordinal).Replace("    x: { type", "    z: { type", StringComparison.Ordinal) + "\n    evaluate: { gates: [GATE] }\n    retrain: { on: [new_data], guards: { cooldown: 1s } }\n";
        await flyball.Client.ApplyAsync(new ApplyProject(yaml.Replace("GATE", "\"rmse < champion.rmse\"", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("other columns"), Cancel);
        await flyball.UntilQuietAsync();
        var training = (await flyball.Client.ListTrainingsAsync("straight", "line", Cancel))[0];
        Assert.Equal("refused", training.State);
        Assert.Contains("the champion, version 1, cannot be measured on these rows: ", training.Outcome);
        Assert.Equal(1, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);

        // gates that do not ask for it do not mind
        await flyball.Client.ApplyAsync(new ApplyProject(yaml.Replace("GATE", "rows >= 1", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("other gates"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal("passed", (await flyball.Client.ListTrainingsAsync("straight", "line", Cancel))[0].State);
    }

    private static double Rmse(JsonElement content, string of) => content.GetProperty(of).GetProperty("rmse").GetDouble();

    private static async Task ApplyAsync(TestFlyball flyball, string train, string split)
    {
        // a step and some noise, which one split does not learn
        var rows = "at,x,y\n" + string.Concat(Enumerable.Range(0, 600).Select(i => string.Create(CultureInfo.InvariantCulture, $"2024-01-{1 + (i % 28):00} 10:00:00,{i * 37 % 600},{(Math.Sin(i * 37 % 600 / 40.0) * 10) + (i * 7919 % 13 / 13.0)}\n")));
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), rows, Cancel);
        var yaml = LineProject.Yaml.Replace("trainer: linear", train, StringComparison.Ordinal).Replace("test: 7d", split, StringComparison.Ordinal) + "\n    evaluate: { gates: [\"rmse < champion.rmse\"] }\n";
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
    }
}
