using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Flyball.Client;

namespace Flyball.Tests.Ui;

/// <summary>Whatever people and programs can name, write or say is shown as they wrote it, on every page that leads to it or is led to.</summary>
public sealed partial class Markup_in_names
{
    /// <summary>Would end an attribute and begin an element.</summary>
    private const string Markup = "\"'><i>m";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_text_on_every_page()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { PrivateWebhooks = true });
        var api = flyball.Client;
        var marked = new Dictionary<string, string> { ["k"] = Markup, ["mlflow.note.content"] = Markup };
        var experiment = await api.CreateExperimentAsync(Markup, marked, Cancel);
        var run = await api.StartRunAsync(new StartRun(experiment, Markup, Markup, Tags: marked), Cancel);
        await api.LogAsync(run, [new MetricValue("loss", 1, DateTimeOffset.UnixEpoch.AddDays(20_000), 0)], new Dictionary<string, string> { ["p"] = Markup }, new Dictionary<string, string>(), Cancel);
        await api.LogInputsAsync(run, [new RunDataset(Markup, "abc", Markup, Markup, Markup, Markup, Markup)], [], Cancel);
        foreach (var path in (string[])["model/MLmodel", $"{Markup}.txt", $"{Markup}/{Markup}.md", $"{Markup}.html", $"{Markup}.csv"]) await api.LogArtifactAsync(experiment, run, path, new MemoryStream(Encoding.UTF8.GetBytes(Markup)), Cancel);
        var logged = await api.CreateLoggedModelAsync(new CreateLoggedModel(experiment, "lm", Markup, run, marked, marked), Cancel);
        await api.LogOutputsAsync(run, [new RunOutput(logged.Id, 0)], Cancel);
        await api.RegisterModelAsync(Markup, Markup, marked, Cancel);
        for (var i = 0; i < 2; i++) await api.RegisterModelVersionAsync(new RegisterVersion(Markup, experiment, run, "model", Markup, marked), Cancel);
        await api.MoveAliasAsync(Markup, "best", new MoveAlias(1, Markup), Cancel);
        await api.WriteModelCardAsync(Markup, 1, "intended-use", Markup, Cancel);
        await api.CreateWebhookAsync(new CreateWebhook("w", "http://127.0.0.1:1/nobody", ["model_version.created"], Markup), Cancel);
        var other = await api.StartRunAsync(new StartRun(experiment, Markup + "2"), Cancel);
        await api.SetExperimentTagAsync(experiment, "k", Markup, Cancel);

        var (shown, seen, waiting) = (0, new HashSet<string>(), new Queue<string>(["/", $"/experiments/compare?runs={run},{other}", $"/models/{Uri.EscapeDataString(Markup)}/compare?versions=1,2", $"/lineage?of={Uri.EscapeDataString($"run:{run}")}", $"/experiments/{experiment}?filter={Uri.EscapeDataString(Markup)}"]));
        while (seen.Count < 400 && waiting.TryDequeue(out var path))
        {
            if (!seen.Add(path)) continue;
            using var answer = await flyball.Http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
            Assert.True((int)answer.StatusCode < 500, $"{path} answered {(int)answer.StatusCode}");
            if (answer.Content.Headers.ContentType?.MediaType != "text/html") continue;
            var html = await answer.Content.ReadAsStringAsync(Cancel);
            Assert.False(html.Contains("<i>m", StringComparison.Ordinal), $"{path} has the markup as markup");
            if (WebUtility.HtmlDecode(html).Contains(Markup, StringComparison.Ordinal)) shown++;
            foreach (Match link in Links().Matches(html)) waiting.Enqueue(WebUtility.HtmlDecode(link.Groups[1].Value));
        }

        Assert.True(shown > 15, $"of {seen.Count} pages {shown} show it");
        Assert.Contains(seen, path => path.Contains($"/runs/{run}?", StringComparison.Ordinal));
        Assert.Contains(seen, path => path.EndsWith("/1/card", StringComparison.Ordinal));
    }

    [GeneratedRegex("href=\"(/[^\"#]*)")]
    private static partial Regex Links();
}
