using System.Net;

namespace Flyball.Tests.Registry;

public sealed class Two_versions
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task That_clients_registered_are_compared_by_their_runs_and_their_files()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        Assert.Contains("has no version", await PageAsync(flyball, "m"));
        await RegisterAsync(flyball, "1111111111", "\"auc\", \"value\": 0.75", "depth", "<b>3</b>", ("model/a.json", "{}"), ("model/old.bin", "12"), ("model/same.txt", "same"));
        Assert.Contains("has one version", await PageAsync(flyball, "m"));
        await RegisterAsync(flyball, "2222222222", "\"auc\", \"value\": 0.85", "depth", "4", ("model/a.json", "{ }"), ("model/new.bin", "123"), ("model/same.txt", "same"));

        var page = await PageAsync(flyball, "m");
        Assert.Contains("m: version 1 against 2", page);
        Assert.Contains("Version 2 is better on 1 of 1 metrics that have a direction, and worse on 0.", page);
        Assert.Contains("nothing says whether on the same rows", page);
        Assert.Matches("<td>auc</td>\\s*<td class=\"num\">0.75</td>\\s*<td class=\"num\">0.85</td>\\s*<td class=\"num\">.0.1</td>", System.Net.WebUtility.HtmlDecode(page));
        Assert.Contains("&lt;b&gt;3&lt;/b&gt;", page);
        Assert.Contains("https://code.example.org/team/model/compare/1111111111...2222222222", page);
        foreach (var (file, state) in new[] { ("a.json", "changed"), ("old.bin", "removed"), ("new.bin", "added") }) Assert.Matches($"{file}</td><td><span class=\"badge \">{state}<", page);
        Assert.DoesNotContain("same.txt", page);
        Assert.Contains("same.txt", await PageAsync(flyball, "m", "?all=true"));

        var back = await PageAsync(flyball, "m", "?from=2&to=1");
        Assert.Contains("Version 1 is better on 0 of 1 metrics", back);
        Assert.Contains("compare/2222222222...1111111111", back);
        // a version against itself has no differences
        Assert.Contains("Nothing that is known here.", await PageAsync(flyball, "m", "?from=2&to=2"));
        foreach (var (query, status) in new[] { ("?from=3&to=1", HttpStatusCode.NotFound), ("?from=x&to=1", HttpStatusCode.BadRequest), ("?from=99999999999&to=1", HttpStatusCode.BadRequest) })
        {
            using var wrong = await flyball.Http.GetAsync($"/models/m/compare{query}", Cancel);
            Assert.Equal(status, wrong.StatusCode);
        }

        // a run's page leads to the code that it ran, and to what was changed since the one before
        var second = (await flyball.CallAsync("GET", "model-versions/get?name=m&version=2")).GetProperty("model_version").GetProperty("run_id").GetString();
        var run = await flyball.Http.GetStringAsync($"/runs/{second}", Cancel);
        Assert.Contains("href=\"https://code.example.org/team/model/commit/2222222222\"", run);
        Assert.Contains("href=\"https://code.example.org/team/model/compare/1111111111...2222222222\"", run);
    }

    [Fact]
    public async Task Of_which_one_has_no_number_are_neither_better_nor_worse()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        await RegisterAsync(flyball, "1", "\"auc\", \"value\": \"NaN\"", "depth", "3", ("model/a.json", "{}"));
        await RegisterAsync(flyball, "2", "\"auc\", \"value\": 0.85", "depth", "4", ("model/a.json", "{}"));
        foreach (var query in (string[])["?from=1&to=2", "?from=2&to=1"])
        {
            var page = await PageAsync(flyball, "m", query);
            Assert.Contains("auc", page);
            Assert.DoesNotContain("of 1 metrics that have a direction", page);
        }
    }

    private static async Task RegisterAsync(TestFlyball flyball, string commit, string metric, string param, string value, params (string Path, string Content)[] files)
    {
        var run = await flyball.RunWithAsync(files);
        await flyball.CallAsync("POST", "runs/log-metric", $$"""{"run_id": "{{run}}", "key": {{metric}}, "timestamp": 1}""");
        await flyball.CallAsync("POST", "runs/log-parameter", $$"""{"run_id": "{{run}}", "key": "{{param}}", "value": "{{value}}"}""");
        foreach (var (key, tag) in new[] { ("mlflow.source.git.commit", commit), ("mlflow.source.git.repoURL", "git@code.example.org:team/model.git") })
        {
            await flyball.CallAsync("POST", "runs/set-tag", $$"""{"run_id": "{{run}}", "key": "{{key}}", "value": "{{tag}}"}""");
        }

        await flyball.RegisterAsync("m", run, "model");
    }

    private static Task<string> PageAsync(TestFlyball flyball, string model, string query = "") => flyball.Http.GetStringAsync($"/models/{model}/compare{query}", Cancel);
}
