using System.Net;
using System.Text;
using Flyball.Native.DuckDb;
using Flyball.Server.Tracking.Pages;

namespace Flyball.Tests.Tracking;

/// <summary>What a run's page shows of its note, its datasets and its artifacts: all of it as text, whatever is in it.</summary>
public sealed class The_page_of_a_run
{
    private const string Markup = "<script>alert(1)</script>";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shows_the_note_and_the_datasets()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        await flyball.Client.LogAsync(run, [], new Dictionary<string, string>(), new Dictionary<string, string> { ["mlflow.note.content"] = $"It worked.\n{Markup}" }, Cancel);
        var inputs = $$"""{"run_id": "{{run}}", "datasets": [{"tags": [{"key": "mlflow.data.context", "value": "training"}], "dataset": {"name": "trips {{Markup}}", "digest": "abc123", "source_type": "local", "source": "trips.parquet"} }]}""";
        using var logged = await flyball.Http.PostAsync("/api/2.0/mlflow/runs/log-inputs", new StringContent(inputs, Encoding.UTF8, "application/json"), Cancel);
        Assert.True(logged.IsSuccessStatusCode, await logged.Content.ReadAsStringAsync(Cancel));
        var html = await PageAsync(flyball, run, null);
        Assert.Contains("<div class=\"note markdown\"><p>It worked.\n&lt;script&gt;", html.Replace("&#xA;", "\n", StringComparison.Ordinal));
        foreach (var said in (string[])["trips &lt;script&gt;", "abc123", "training", "trips.parquet", "/experiments/0"]) Assert.Contains(said, html);
        Assert.DoesNotContain(Markup, html);
    }

    [Fact]
    public async Task Shows_the_models_that_it_logged_with_their_files()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        var model = await flyball.Client.CreateLoggedModelAsync(new Client.CreateLoggedModel("0", "forest", "sklearn", run), Cancel);
        await flyball.Client.LogModelFileAsync(model, "weights/w.json", new MemoryStream("{\"w\":1}"u8.ToArray()), Cancel);
        await flyball.Client.LogModelMetricsAsync(run, [new Client.ModelMetric(new Client.MetricValue("auc", 0.75, DateTimeOffset.UnixEpoch, 0), model.Id)], Cancel);
        await PutAsync(flyball, run, "own.txt", "own"u8.ToArray());
        var html = await PageAsync(flyball, run, null);
        foreach (var said in (string[])["Which models did it log?", ">forest</a>", "sklearn", "not all there yet", "auc 0.75", $"?model={model.Id}#artifacts", ">own.txt</a>"]) Assert.Contains(said, html);
        Assert.DoesNotContain("weights", html);
        var files = await flyball.Http.GetStringAsync($"/runs/{run}?model={model.Id}", Cancel);
        Assert.Contains(">weights/</a>", files);
        Assert.DoesNotContain("own.txt", files);
        var file = await flyball.Http.GetStringAsync($"/runs/{run}?model={model.Id}&path=weights/w.json", Cancel);
        Assert.Contains("&quot;w&quot;: 1", file);
        var address = $"/api/2.0/mlflow-artifacts/artifacts/0/models/{model.Id}/artifacts/weights/w.json";
        Assert.Contains(address, file);
        Assert.Equal("{\"w\":1}", await flyball.Http.GetStringAsync(address, Cancel));
        // a model of another run, or of none, is not looked into here
        var other = await flyball.Client.StartRunAsync("0", "other", Cancel);
        Assert.DoesNotContain("weights", await flyball.Http.GetStringAsync($"/runs/{other}?model={model.Id}", Cancel));
    }

    [Fact]
    public async Task Draws_a_metric_that_was_logged_often_with_or_without_steps()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        Client.MetricValue Point(string key, int second, long step, double value = 1) => new(key, value, DateTimeOffset.UnixEpoch.AddSeconds(second), step);
        await flyball.Client.LogAsync(run, [Point("stepless", 1, 0), Point("stepless", 2, 0), Point("once", 1, 7), Point("again", 1, 0)], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        await flyball.Client.LogAsync(run, [Point("again", 1, 0), Point("later", 1, 1)], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        await flyball.UntilQuietAsync();
        await flyball.Client.LogAsync(run, [Point("later", 1, 2)], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        var html = await PageAsync(flyball, run, null);
        Assert.Equal(["later", "stepless"], System.Text.RegularExpressions.Regex.Matches(html, "metric=([a-z]+)\"></metric-curves>").Select(match => match.Groups[1].Value));
    }

    [Fact]
    public async Task Lists_a_folder_among_thousands_of_files_in_others()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        string[] paths = ["a", "a-b/x", "a.txt", "a0", "b/c/d", "b/c0", "b/cc/e", "zz", .. Enumerable.Range(0, 700).Select(i => $"many/{i:000}"), .. Enumerable.Range(0, 300).Select(i => $"b/c/{i}/f"), .. Enumerable.Range(0, 520).Select(i => $"m{i:000}/f")];
        var file = await flyball.Server.Service<Flyball.Foundation.ObjectStore>().PutAsync(new MemoryStream([1, 2]), Cancel);
        await flyball.Server.Service<Flyball.Foundation.Db>().WriteAsync(async tx =>
        {
            foreach (var path in paths) await Flyball.Server.Tracking.Artifacts.LinkAsync(tx, run, new Flyball.Server.Tracking.Artifact(path, file.Digest, 2));
        }, Cancel);
        foreach (var folder in (string[])["", "many", "b", "b/c", "b/c/7", "a-b", "none", "a", "m00"])
        {
            var start = folder.Length == 0 ? "" : folder + "/";
            var expected = paths.Where(path => path.StartsWith(start, StringComparison.Ordinal)).Select(path => path.IndexOf('/', start.Length) is var slash and >= 0 ? (path[..slash], true) : (path, false)).Distinct().OrderBy(entry => entry.Item1, StringComparer.Ordinal);
            Assert.Equal(expected, (await flyball.Client.ListArtifactsAsync(run, folder, Cancel)).Select(entry => (entry.Path, entry.IsFolder)));
        }
    }

    [Fact]
    public async Task Shows_artifacts_folder_by_folder_and_what_is_in_them()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        await PutAsync(flyball, run, "notes/page.html", Encoding.UTF8.GetBytes(Markup));
        await PutAsync(flyball, run, "notes/numbers.json", "{\"a\":[1,\"<b>\"]}"u8.ToArray());
        await PutAsync(flyball, run, "table.csv", Encoding.UTF8.GetBytes($"name,note\r\n\"a, \"\"b\"\"\",{Markup}\r\n"));
        await PutAsync(flyball, run, "plot.png", [137, 80, 78, 71]);
        await PutAsync(flyball, run, "model.bin", [1, 0, 2]);
        var root = await PageAsync(flyball, run, null);
        Assert.Contains(">notes/</a>", root);
        Assert.Contains(">table.csv</a>", root);
        Assert.DoesNotContain("page.html", root);
        var notes = await PageAsync(flyball, run, "notes");
        Assert.Contains(">page.html</a>", notes);
        Assert.DoesNotContain("table.csv", notes);
        Assert.Contains("<code>&lt;script&gt;alert(1)&lt;/script&gt;</code>", await PageAsync(flyball, run, "notes/page.html"));
        Assert.Contains("  \"a\": [\n    1,\n    \"<b>\"\n  ]", WebUtility.HtmlDecode(await PageAsync(flyball, run, "notes/numbers.json")));
        var table = await PageAsync(flyball, run, "table.csv");
        Assert.Contains("<th>note</th>", table);
        Assert.Contains("<td class=\"name\">a, &quot;b&quot;</td>", table);
        Assert.DoesNotContain(Markup, table);
        Assert.Contains($"<img class=\"preview\" src=\"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/plot.png\"", await PageAsync(flyball, run, "plot.png"));
        Assert.Contains("neither text, a table nor an image", await PageAsync(flyball, run, "model.bin"));
        foreach (var nowhere in (string[])["../../etc/passwd", "none", "/", "notes/../table.csv"]) Assert.DoesNotContain("Download", await PageAsync(flyball, run, nowhere));
    }

    [Fact]
    public async Task Shows_Markdown_with_nothing_in_it_that_runs_or_tells()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        const string Text =
            """
            # Title & <b>bold</b>

            | a | b |
            |---|---|
            | 1 | **2** |

            <script>alert(1)</script>
            [web](https://example.org/x) [script](javascript:alert%281%29) [data](data:text/html,x) [there](/experiments) <javascript:alert(2)> <https://example.org/auto>
            ![plot](../plots/p%20q.png "t") ![spy](https://example.org/spy.png) ![up](../../../../experiments) ![x](javascript:alert(3)) ![](https://example.org/bare.png)
            [ref] ![ref] [![badge](https://example.org/b.svg)](https://example.org/build)

            [ref]: vbscript:alert(4) "onmouseover=alert(5)"
            """;
        await PutAsync(flyball, run, "docs/readme.md", Encoding.UTF8.GetBytes(Text));
        await PutAsync(flyball, run, "deep.md", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("> ", 50_000)) + "x"));
        await PutAsync(flyball, run, "slow.md", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("![a](", 50_000))));
        await PutAsync(flyball, run, "links.md", Encoding.UTF8.GetBytes(new string('[', 100_000)));
        var page = await PageAsync(flyball, run, "docs/readme.md");
        var html = page[page.IndexOf("<div class=\"markdown preview\">", StringComparison.Ordinal)..page.IndexOf("</main>", StringComparison.Ordinal)];
        foreach (var said in (string[])
        [
            "<h1>Title &amp; &lt;b&gt;bold&lt;/b&gt;</h1>", "<td><strong>2</strong></td>", "&lt;script&gt;", "<a href=\"https://example.org/x\" rel=\"noopener noreferrer nofollow\">web</a>",
            $"<img src=\"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/plots/p%20q.png\"", "<a href=\"https://example.org/spy.png\" rel=\"noopener noreferrer nofollow\">spy</a>", ">https://example.org/bare.png</a>",
            "<a href=\"https://example.org/build\" rel=\"noopener noreferrer nofollow\">badge</a>", "<a href=\"https://example.org/auto\" rel=\"noopener noreferrer nofollow\">",
        ])
        {
            Assert.Contains(said, html);
        }

        Assert.Single(System.Text.RegularExpressions.Regex.Matches(html, "<img"));
        foreach (var never in (string[])["<script", "=\"javascript:", "=\"data:", "=\"vbscript:", "=\"/experiments", "onmouseover", "src=\"https"]) Assert.DoesNotContain(never, html);
        foreach (var deep in (string[])["deep.md", "slow.md", "links.md"]) Assert.Contains("Download", await PageAsync(flyball, run, deep));
    }

    [Fact]
    public async Task Shows_the_beginning_of_a_table_in_Parquet()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        var path = Path.Combine(flyball.Folder, "t.parquet");
        using (var database = DuckDbDatabase.OpenInMemory())
        {
            using var duck = database.Connect();
            duck.Execute($"copy (select i, null as nothing, '{Markup}' as \"<b>name\", ['x', i::varchar] as list, '2024-02-29 10:00:00'::timestamp as at from range(1000) t(i)) to {DuckDbText.Literal(path)} (format parquet)");
        }

        await PutAsync(flyball, run, "t.parquet", await File.ReadAllBytesAsync(path, Cancel));
        await PutAsync(flyball, run, "broken.parquet", [.. "PAR1"u8, .. new byte[200], .. "PAR1"u8]);
        await PutAsync(flyball, run, "text.parquet", "no table"u8.ToArray());
        var html = await PageAsync(flyball, run, "t.parquet");
        foreach (var said in (string[])["<th>&lt;b&gt;name</th>", "<td class=\"name\">99</td>", "<td class=\"name\">[x, 7]</td>", "<td class=\"name\">2024-02-29 10:00:00</td>", "The beginning of it"]) Assert.Contains(said, html);
        Assert.DoesNotContain("<td class=\"name\">100</td>", html);
        Assert.DoesNotContain(Markup, html);
        foreach (var wrong in (string[])["broken.parquet", "text.parquet"]) Assert.Contains("neither text, a table nor an image", await PageAsync(flyball, run, wrong));
    }

    [Theory]
    [InlineData("a,b\r\n1,2\r\n", "a|b/1|2")]
    [InlineData("a,b\n1,2", "a|b/1|2")]
    [InlineData("\"a,\nb\",\"say \"\"no\"\"\"\n", "a,\nb|say \"no\"")]
    [InlineData(",\n", "|")]
    [InlineData("", "")]
    [InlineData("\"open, and\nnever closed", "open, and\nnever closed")]
    public void Reads_CSV_as_it_is_written(string text, string rows) => Assert.Equal(rows, string.Join('/', ArtifactPreview.Parse(text, ',', 100).Select(row => string.Join('|', row))));

    private static async Task PutAsync(TestFlyball flyball, string run, string path, byte[] content)
    {
        using var answer = await flyball.Http.PutAsync(new Uri($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/{path}", UriKind.Relative), new ByteArrayContent(content), Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<string> PageAsync(TestFlyball flyball, string run, string? path)
    {
        using var answer = await flyball.Http.GetAsync(new Uri($"/runs/{run}{(path is null ? "" : $"?path={Uri.EscapeDataString(path)}")}", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }
}
