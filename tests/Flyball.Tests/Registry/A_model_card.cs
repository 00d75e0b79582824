using System.Net;
using Flyball.Client;

namespace Flyball.Tests.Registry;

public sealed class A_model_card
{
    private static readonly string[] Sections =
        ["model-details", "intended-use", "factors", "metrics", "evaluation-data", "training-data", "quantitative-analyses", "ethical-considerations", "caveats-and-recommendations"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_of_a_trained_version_what_the_registry_knows()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        var yaml = "design:\n  problem: how long is the line\n  users: \"surveyors | <drawers>\"\n" + LineProject.Yaml + "\n    evaluate: { slices: [x] }\n";
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();

        var card = await flyball.Client.GetModelCardAsync("line", 1, Cancel);
        Assert.Equal(Sections, card.Sections.Select(section => section.Name));
        Assert.Equal("how long is the line", Fact(card, "intended-use", "Problem"));
        Assert.Equal("x", Fact(card, "factors", "Inputs"));
        Assert.Equal("rows version 1", Fact(card, "training-data", "Data"));
        var version = (await flyball.Client.GetModelVersionAsync("line", 1, Cancel)).Content;
        Assert.Equal(version.GetProperty("trainRows").GetInt64().ToString("N0", System.Globalization.CultureInfo.InvariantCulture), Fact(card, "training-data", "Rows"));
        Assert.StartsWith($"{version.GetProperty("testRows").GetInt64()}, the newest", Fact(card, "evaluation-data", "Rows held out"));
        Assert.Equal("challenger, champion", Fact(card, "model-details", "Aliases"));
        var overall = Section(card, "quantitative-analyses").Tables[0];
        Assert.Equal(version.GetProperty("metrics").GetProperty("rmse").GetDouble(), double.Parse(overall.Rows.First(row => row[0] == "rmse")[1], System.Globalization.CultureInfo.InvariantCulture), 1e-8);
        Assert.Null(Section(card, "ethical-considerations").Text);

        var markdown = await flyball.Http.GetStringAsync("/models/line/1/card.md", Cancel);
        Assert.StartsWith("# Model card: line, version 1\n", markdown);
        Assert.Contains("- **Users**: surveyors \\| &lt;drawers>\n", markdown);
        Assert.Contains("| rmse | ", markdown);
        Assert.Contains("## Ethical considerations\n\n*Nothing was written.*\n", markdown);
        Assert.Contains("surveyors | &lt;drawers&gt;", await flyball.Http.GetStringAsync("/models/line/1/card", Cancel));
    }

    [Fact]
    public async Task Keeps_what_people_write_apart_and_hands_it_on_to_later_versions()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        var run = await flyball.RunWithAsync(("model/a.json", "{}"));
        await flyball.CallAsync("POST", "runs/log-metric", $$"""{"run_id": "{{run}}", "key": "auc", "value": 0.75, "timestamp": 1}""");
        foreach (var _ in (int[])[1, 2, 3]) await flyball.RegisterAsync("m", run, "model");
        await flyball.Client.WriteModelCardAsync("m", 1, "intended-use", "  For triage.\r\nNot for <b>diagnosis</b>.  ", Cancel);
        var text = Section(await flyball.Client.GetModelCardAsync("m", 2, Cancel), "intended-use").Text!;
        Assert.Equal(("For triage.\nNot for <b>diagnosis</b>.", 1, "owner"), (text.Text, text.Version, text.By));

        // later words do not change what was said of an earlier version
        await flyball.Client.WriteModelCardAsync("m", 2, "intended-use", "For screening.", Cancel);
        Assert.StartsWith("For triage.", Section(await flyball.Client.GetModelCardAsync("m", 1, Cancel), "intended-use").Text!.Text);
        Assert.Equal("For screening.", Section(await flyball.Client.GetModelCardAsync("m", 3, Cancel), "intended-use").Text!.Text);
        await flyball.Client.WriteModelCardAsync("m", 3, "intended-use", "", Cancel);
        Assert.Null(Section(await flyball.Client.GetModelCardAsync("m", 3, Cancel), "intended-use").Text);
        Assert.NotNull(Section(await flyball.Client.GetModelCardAsync("m", 2, Cancel), "intended-use").Text);
        Assert.Equal(["auc", "0.75"], Section(await flyball.Client.GetModelCardAsync("m", 1, Cancel), "quantitative-analyses").Tables[0].Rows[0]);
        Assert.Equal(3, (await flyball.Client.ReadHistoryAsync("m", Cancel)).Count(entry => entry.Type == "model.card-written"));
        Assert.Contains("> For triage.\n> Not for &lt;b>diagnosis&lt;/b>.\n\n*Written by owner on ", await flyball.Http.GetStringAsync("/models/m/1/card.md", Cancel));

        using (var form = await flyball.Http.PostAsync("/models/m/1/card/ethical-considerations", new FormUrlEncodedContent([new("text", "</textarea><script>x</script>")]), Cancel))
        {
            var page = await form.Content.ReadAsStringAsync(Cancel);
            Assert.Equal(HttpStatusCode.OK, form.StatusCode);
            Assert.Contains("&lt;/textarea&gt;&lt;script&gt;", page);
            Assert.DoesNotContain("<script>x", page);
        }

        using (var form = await flyball.Http.PostAsync("/models/m/1/card/ethical-considerations", new FormUrlEncodedContent([new("text", new string('a', 20_001))]), Cancel))
        {
            Assert.Equal(HttpStatusCode.BadRequest, form.StatusCode);
            Assert.Contains("has at most 20,000 characters; this one has 20,001", await form.Content.ReadAsStringAsync(Cancel));
        }

        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.WriteModelCardAsync("m", 1, "secrets", "x", Cancel))).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.WriteModelCardAsync("m", 9, "factors", "x", Cancel))).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.GetModelCardAsync("none", 1, Cancel))).Status);
    }

    private static CardSectionInfo Section(ModelCardInfo card, string name) => card.Sections.First(section => section.Name == name);

    private static string? Fact(ModelCardInfo card, string section, string name) => Section(card, section).Facts.FirstOrDefault(fact => fact.Name == name)?.Value;
}
