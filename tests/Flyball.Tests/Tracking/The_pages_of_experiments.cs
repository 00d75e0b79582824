using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Flyball.Client;

namespace Flyball.Tests.Tracking;

/// <summary>The list of experiments and the table of an experiment's runs, as a browser would ask for them.</summary>
public sealed partial class The_pages_of_experiments
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddDays(19_000);
    private static readonly Dictionary<string, string> None = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tell_of_a_filter_that_is_none_beside_its_box()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await RunAsync(flyball, "0", "only", 1, "0.1");
        var html = await PageAsync(flyball, "/experiments/0?filter=" + Uri.EscapeDataString("metrics.rmse < 'x'"));
        Assert.Contains("Expected numeric value type for metric. Found 'x'", WebUtility.HtmlDecode(html));
        Assert.Contains("aria-invalid=\"true\"", html);
        Assert.Contains("metrics.rmse &lt; &#x27;x&#x27;", html);
        Assert.DoesNotContain("only", html);
        Assert.Contains("only", await PageAsync(flyball, "/experiments/0?filter=" + Uri.EscapeDataString("metrics.rmse < 2")));
        Assert.Contains("No run fits", await PageAsync(flyball, "/experiments/0?filter=" + Uri.EscapeDataString("metrics.rmse < 1")));
    }

    [Fact]
    public async Task Sort_by_what_is_asked_for()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var (two, ten, one) = (await RunAsync(flyball, "0", "b", 2, "z"), await RunAsync(flyball, "0", "c", 10, "x"), await RunAsync(flyball, "0", "a", 1, "y"));
        var without = await RunAsync(flyball, "0", "d", null, null);
        Assert.Equal([without, one, ten, two], await ListedAsync(flyball, "/experiments/0"));
        Assert.Equal([one, two, ten, without], await ListedAsync(flyball, "/experiments/0?sort=metrics.rmse"));
        Assert.Equal([ten, two, one, without], await ListedAsync(flyball, "/experiments/0?sort=metrics.rmse&descending=true"));
        Assert.Equal([ten, one, two, without], await ListedAsync(flyball, "/experiments/0?sort=params.eta"));
        Assert.Equal([one, two, ten, without], await ListedAsync(flyball, "/experiments/0?sort=run_name"));
        Assert.Equal(4, (await ListedAsync(flyball, "/experiments/0?sort=duration")).Count);
        Assert.Equal(4, (await ListedAsync(flyball, "/experiments/0?sort=nonsense")).Count);
    }

    [Fact]
    public async Task Show_every_run_on_one_of_the_pages()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var all = new HashSet<string>();
        for (var i = 0; i < 230; i++) all.Add(await RunAsync(flyball, "0", $"r{i}", i % 7, "0.1"));
        var (seen, path, pages) = (new List<string>(), "/experiments/0?sort=metrics.rmse", 0);
        for (; path is not null; pages++)
        {
            var html = await PageAsync(flyball, path);
            seen.AddRange(Boxes().Matches(html).Select(box => box.Groups[1].Value));
            Assert.Contains("of 230", html);
            path = Next().Match(html) is { Success: true } next ? WebUtility.HtmlDecode(next.Groups[1].Value) : null;
        }

        Assert.Equal((3, 230), (pages, seen.Count));
        Assert.Equal(all, seen.ToHashSet());
    }

    [Fact]
    public async Task Show_the_columns_that_are_chosen()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await RunAsync(flyball, "0", "r", 3.25, "0.1");
        Assert.Equal(["rmse", "eta"], Heads(await PageAsync(flyball, "/experiments/0")));
        Assert.Equal(["eta"], Heads(await PageAsync(flyball, "/experiments/0?column=params.eta")));
        Assert.Equal(["mlflow.runName", "rmse", "none"], Heads(await PageAsync(flyball, "/experiments/0?column=tags.mlflow.runName&column=metrics.rmse&column=params.none&column=nonsense")));
    }

    [Fact]
    public async Task Group_runs_and_say_what_their_metrics_have_in_common()
    {
        await using var flyball = await TestFlyball.StartAsync();
        foreach (var (rmse, eta) in new (double?, string?)[] { (1, "0.1"), (2, "0.1"), (6, "0.1"), (null, "0.1"), (double.NaN, "0.1"), (5, "0.02"), (7, null) }) await RunAsync(flyball, "0", "r", rmse, eta);
        var rows = Rows(await PageAsync(flyball, "/experiments/0?group=params.eta"));
        // 1, 2 and 6: mean 3, squares 4 + 1 + 9 = 14 over 2
        Assert.Equal(["0.02 1 5 5 5", $"0.1 5 3 ± {Math.Sqrt(7).ToString("G4", CultureInfo.InvariantCulture)} 1 6", "not set 1 7 7 7"], rows);
        var html = await PageAsync(flyball, "/experiments/0?group=params.eta");
        var link = WebUtility.HtmlDecode(Regex.Match(html, "href=\"([^\"]+)\">0.1<").Groups[1].Value);
        Assert.Equal(5, (await ListedAsync(flyball, link)).Count);
        Assert.Equal(["0.02 1 5 5 5", "0.1 2 4 ± 2.828 2 6", "not set 1 7 7 7"], Rows(await PageAsync(flyball, "/experiments/0?group=params.eta&filter=" + Uri.EscapeDataString("metrics.rmse > 1"))));
    }

    [Fact]
    public async Task Export_what_they_show_as_CSV_that_no_spreadsheet_computes()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "=1+1", Cancel);
        await flyball.Client.LogAsync(run, [new MetricValue("rmse", -0.1, At, 0)], new Dictionary<string, string> { ["a"] = "say \"no\", twice\nor more", ["b"] = "-0.5", ["c"] = "@SUM(A1)", ["d"] = "-2+3", ["e"] = "plain" }, None, Cancel);
        using var answer = await flyball.Http.GetAsync("/experiments/0/runs.csv", Cancel);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition?.DispositionType);
        var lines = (await answer.Content.ReadAsStringAsync(Cancel)).Split("\r\n");
        Assert.Equal("run_id,run_name,status,user,started,ended,metrics.rmse,params.a,params.b,params.c,params.d,params.e", lines[0]);
        Assert.StartsWith($"{run},'=1+1,RUNNING,", lines[1]);
        Assert.EndsWith(",-0.1,\"say \"\"no\"\", twice\nor more\",-0.5,'@SUM(A1),'-2+3,plain", lines[1]);
        Assert.Equal(["run_id,run_name,status,user,started,ended,params.e"], (await CsvAsync(flyball, "column=params.e&filter=" + Uri.EscapeDataString("metrics.rmse > 0")))[..^1]);
        Assert.Contains("tags.mlflow.runName", (await CsvAsync(flyball, "all=true"))[0]);
        using var refused = await flyball.Http.GetAsync("/experiments/0/runs.csv?filter=nonsense", Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task Export_all_groups_where_runs_are_grouped()
    {
        await using var flyball = await TestFlyball.StartAsync();
        for (var i = 0; i < 500; i++)
        {
            var run = await flyball.Client.StartRunAsync("0", $"run-{i}", Cancel);
            MetricValue[] logged = i == 499 ? [] : [new MetricValue("rmse", i, At, 0), new MetricValue("auc", i < 250 ? double.NaN : 1, At, 0)];
            await flyball.Client.LogAsync(run, logged, i == 499 ? None : new Dictionary<string, string> { ["eta"] = i < 2 ? "=1+1" : i == 498 ? "" : $"{i}" }, None, Cancel);
        }

        using var answer = await flyball.Http.GetAsync("/experiments/0/runs.csv?group=params.eta", Cancel);
        Assert.Equal("experiment-0-groups.csv", answer.Content.Headers.ContentDisposition?.FileName);
        var lines = (await answer.Content.ReadAsStringAsync(Cancel)).Split("\r\n");
        Assert.Equal("params.eta,runs,metrics.auc count,metrics.auc mean,metrics.auc std,metrics.auc min,metrics.auc max,metrics.rmse count,metrics.rmse mean,metrics.rmse std,metrics.rmse min,metrics.rmse max", lines[0]);
        Assert.Equal("2,1,0,,,,,1,2,,2,2", lines[1]);
        Assert.Equal("'=1+1,2,0,,,,,2,0.5,0.7071067811865476,0,1", Assert.Single(lines, line => line.StartsWith('\'')));
        // an empty value is not the same as none
        Assert.Single(lines, "\"\",1,1,1,,1,1,1,498,,498,498");
        Assert.Equal([",1,0,,,,,0,,,,", ""], lines[499..]);
        Assert.Contains("href=\"/experiments/0/runs.csv?group=params.eta\"", await flyball.Http.GetStringAsync("/experiments/0?group=params.eta", Cancel));
    }

    [Fact]
    public async Task Delete_restore_and_tag_the_runs_that_are_chosen()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var (one, two, three) = (await RunAsync(flyball, "0", "a", 1, "x"), await RunAsync(flyball, "0", "b", 2, "x"), await RunAsync(flyball, "0", "c", 3, "x"));
        Assert.Equal([two], Boxes().Matches(await PostAsync(flyball, "/experiments/0/runs/delete?sort=run_name", HttpStatusCode.OK, ("runs", one), ("runs", three))).Select(box => box.Groups[1].Value));
        Assert.Equal([one, three], await ListedAsync(flyball, "/experiments/0?view=deleted&sort=run_name"));
        await PostAsync(flyball, "/experiments/0/runs/restore", HttpStatusCode.OK, ("runs", three));
        Assert.Equal([three, two], await ListedAsync(flyball, "/experiments/0"));
        await PostAsync(flyball, "/experiments/0/runs/tag", HttpStatusCode.OK, ("runs", two), ("runs", three), ("key", "kept"), ("value", "for <good>"));
        Assert.Equal([three, two], await ListedAsync(flyball, "/experiments/0?filter=" + Uri.EscapeDataString("tags.kept = 'for <good>'")));
        Assert.Contains("Names may only contain", await PostAsync(flyball, "/experiments/0/runs/tag", HttpStatusCode.BadRequest, ("runs", two), ("key", "not;so"), ("value", "x")));
        Assert.Contains("No run is chosen", await PostAsync(flyball, "/experiments/0/runs/delete", HttpStatusCode.BadRequest));
        // one that is not there: nothing of it is done
        Assert.Contains("not found", await PostAsync(flyball, "/experiments/0/runs/delete", HttpStatusCode.NotFound, ("runs", two), ("runs", "none")));
        Assert.Equal([three, two], await ListedAsync(flyball, "/experiments/0"));
    }

    [Fact]
    public async Task Change_nothing_for_those_who_may_only_look_and_for_other_sites()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await RunAsync(flyball, "0", "kept", 1, "x");
        using var forged = new HttpRequestMessage(HttpMethod.Post, "/experiments/0/runs/delete") { Content = new FormUrlEncodedContent([KeyValuePair.Create("runs", run)]), Headers = { { "Origin", "https://elsewhere.example.org" } } };
        using var stopped = await flyball.Http.SendAsync(forged, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, stopped.StatusCode);
        var viewer = await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), Cancel);
        flyball.Http.DefaultRequestHeaders.Add("Authorization", $"Bearer {viewer.Token}");
        foreach (var change in (string[])["delete", "restore", "tag"])
        {
            using var answer = await flyball.Http.PostAsync($"/experiments/0/runs/{change}", new FormUrlEncodedContent([KeyValuePair.Create("runs", run)]), Cancel);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }

        Assert.Equal([run], await ListedAsync(flyball, "/experiments/0"));
        Assert.DoesNotContain("runs/delete", await PageAsync(flyball, "/experiments/0"));
    }

    [Fact]
    public async Task List_experiments_with_how_many_runs_they_have()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Assert.Contains("MLFLOW_TRACKING_URI=http", await PageAsync(flyball, "/experiments"));
        Assert.Contains("MLFLOW_TRACKING_URI=http", await PageAsync(flyball, "/experiments/0"));
        var (busy, gone) = (await flyball.Client.EnsureExperimentAsync("Busy <b>one</b>", Cancel), await flyball.Client.EnsureExperimentAsync("gone", Cancel));
        for (var i = 0; i < 3; i++) await RunAsync(flyball, busy, "<i>r</i>", 1, "<u>x</u>");
        using var deleted = await flyball.Http.PostAsync("/api/2.0/mlflow/experiments/delete", new StringContent($$"""{"experiment_id": "{{gone}}"}""", null, "application/json"), Cancel);
        Assert.True(deleted.IsSuccessStatusCode);
        var html = await PageAsync(flyball, "/experiments");
        Assert.DoesNotContain("MLFLOW_TRACKING_URI", html);
        Assert.DoesNotContain(">gone<", html);
        Assert.DoesNotContain("<b>one", html);
        Assert.Matches("(?s)Busy &lt;b&gt;one.*?<td class=\"num\">3<.*?Default", html);
        Assert.DoesNotContain(">Default<", await PageAsync(flyball, "/experiments?name=bUSY"));
        Assert.Contains(">gone<", await PageAsync(flyball, "/experiments?view=deleted"));
        var runs = await PageAsync(flyball, $"/experiments/{busy}");
        Assert.DoesNotContain("<i>r", runs);
        Assert.DoesNotContain("<u>x", runs);
        Assert.Contains("&lt;u&gt;x&lt;/u&gt;", runs);
    }

    private static async Task<string> RunAsync(TestFlyball flyball, string experiment, string name, double? rmse, string? eta)
    {
        var run = await flyball.Client.StartRunAsync(experiment, name, Cancel);
        await flyball.Client.LogAsync(run, rmse is { } value ? [new MetricValue("rmse", value, At, 0)] : [], eta is null ? None : new Dictionary<string, string> { ["eta"] = eta }, None, Cancel);
        return run;
    }

    private static async Task<string> PageAsync(TestFlyball flyball, string path)
    {
        using var answer = await flyball.Http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        var html = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path} answered {(int)answer.StatusCode}: {html}");
        return html;
    }

    private static async Task<string> PostAsync(TestFlyball flyball, string path, HttpStatusCode expected, params (string Name, string Value)[] fields)
    {
        using var answer = await flyball.Http.PostAsync(new Uri(path, UriKind.Relative), new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))), Cancel);
        Assert.Equal(expected, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private static async Task<List<string>> ListedAsync(TestFlyball flyball, string path) => [.. Boxes().Matches(await PageAsync(flyball, path)).Select(box => box.Groups[1].Value)];

    private static async Task<string[]> CsvAsync(TestFlyball flyball, string query) => (await flyball.Http.GetStringAsync(new Uri($"/experiments/0/runs.csv?{query}", UriKind.Relative), Cancel)).Split("\r\n");

    private static List<string> Heads(string html) => [.. Head().Matches(html).Select(head => head.Groups[1].Value).Skip(5)];

    private static List<string> Rows(string html) =>
        [.. Row().Matches(html[html.IndexOf("<tbody>", StringComparison.Ordinal)..]).Select(row => Regex.Replace(WebUtility.HtmlDecode(Regex.Replace(row.Groups[1].Value.Replace("</td>", " ", StringComparison.Ordinal), "<[^>]*>", "")), @"\s+", " ").Trim())];

    [GeneratedRegex("name=\"runs\" value=\"([^\"]+)\"")]
    private static partial Regex Boxes();

    [GeneratedRegex("rel=\"next\" href=\"([^\"]+)\"")]
    private static partial Regex Next();

    [GeneratedRegex("<th [^>]*><a [^>]*>([^<]*?)( ▼| ▲)?</a></th>")]
    private static partial Regex Head();

    [GeneratedRegex("<tr>(.*?)</tr>", RegexOptions.Singleline)]
    private static partial Regex Row();
}
