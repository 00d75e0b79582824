using System.Net;
using System.Text;
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
        using var logged = await flyball.Http.PostAsync("/api/2.0/mlflow/runs/log-inputs", new StringContent(inputs), Cancel);
        Assert.True(logged.IsSuccessStatusCode, await logged.Content.ReadAsStringAsync(Cancel));
        var html = await PageAsync(flyball, run, null);
        Assert.Contains("<p class=\"note\">It worked.\n&lt;script&gt;", html.Replace("&#xA;", "\n", StringComparison.Ordinal));
        foreach (var said in (string[])["trips &lt;script&gt;", "abc123", "training", "trips.parquet", "/experiments/0"]) Assert.Contains(said, html);
        Assert.DoesNotContain(Markup, html);
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
        Assert.Contains("neither text nor an image", await PageAsync(flyball, run, "model.bin"));
        foreach (var nowhere in (string[])["../../etc/passwd", "none", "/", "notes/../table.csv"]) Assert.DoesNotContain("Download", await PageAsync(flyball, run, nowhere));
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
