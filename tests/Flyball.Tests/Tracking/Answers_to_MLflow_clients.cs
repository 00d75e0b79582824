using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

/// <summary>What clients of MLflow meet beside the calls themselves: content types, sizes, pages, places of files, parts of the API that are not spoken.</summary>
public sealed class Answers_to_MLflow_clients
{
    private TestFlyball flyball = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What is refused before anything of it is looked at.</summary>
    [Theory]
    [InlineData(null, "Bad Request. Content-Type header is missing.")]
    [InlineData("text/plain", "Bad Request. Content-Type must be one of ['application/json'].")]
    [InlineData("application/x-www-form-urlencoded", "Bad Request. Content-Type must be one of ['application/json'].")]
    [InlineData("application/json; charset=utf-8", null)]
    [InlineData("Application/JSON", null)]
    public async Task Takes_JSON_that_says_so(string? type, string? refused)
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        using var content = new ByteArrayContent("""{"name": "e"}"""u8.ToArray());
        if (type is not null) content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await flyball.Http.PostAsync("/api/2.0/mlflow/experiments/create", content, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        if (refused is null) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        else Assert.Equal($$"""{"error_code":"INVALID_PARAMETER_VALUE","message":"{{refused}}"}""", Regex.Unescape(text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Takes_a_batch_of_a_megabyte_and_no_more_whether_or_not_its_length_is_told(bool told)
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        foreach (var (size, status) in new[] { (999_000, HttpStatusCode.OK), (1_001_000, HttpStatusCode.BadRequest) })
        {
            var head = "{\"run_id\": \"" + run + "\", \"tags\": [{\"key\": \"k\", \"value\": \"1\"}], \"more\": \"";
            var body = Encoding.ASCII.GetBytes(head + new string('x', size - head.Length - 2) + "\"}");
            using HttpContent content = told ? new ByteArrayContent(body) : new ChunkedContent(body);
            content.Headers.ContentType = new("application/json");
            using var answer = await flyball.Http.PostAsync("/api/2.0/mlflow/runs/log-batch", content, Cancel);
            Assert.Equal(status, answer.StatusCode);
            if (status != HttpStatusCode.OK) Assert.Contains("Batched logging API requests must be at most 1000000 bytes, got a request of size 1001000.", await answer.Content.ReadAsStringAsync(Cancel));
        }
    }

    [Theory]
    [InlineData("POST", "/graphql")]
    [InlineData("POST", "/gateway/chat/mlflow/invocations")]
    [InlineData("POST", "/gateway/openai/v1/chat/completions")]
    [InlineData("POST", "/ajax-api/3.0/jobs/")]
    [InlineData("GET", "/ajax-api/3.0/jobs/7")]
    [InlineData("POST", "/api/3.0/mlflow/scorers/register")]
    [InlineData("GET", "/ajax-api/3.0/mlflow/gateway/supported-providers")]
    [InlineData("POST", "/v1/traces")]
    public async Task Says_what_is_not_spoken(string method, string path)
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        using var message = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await flyball.Http.SendAsync(message, Cancel);
        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
        Assert.StartsWith("{\"error_code\":\"NOT_IMPLEMENTED\",\"message\":", await answer.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>A run whose loss diverged is the last of a page as any other.</summary>
    [Theory]
    [InlineData("metrics.loss DESC", "Infinity 1 -Infinity NaN none")]
    [InlineData("metrics.loss ASC", "-Infinity 1 Infinity NaN none")]
    public async Task Pages_go_on_behind_an_infinite_metric(string order, string expected)
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        foreach (var value in (string[])["Infinity", "none", "-Infinity", "NaN", "1"])
        {
            var run = await flyball.Client.StartRunAsync("0", value, Cancel);
            if (value != "none") await flyball.CallAsync("POST", "runs/log-metric", $$"""{"run_id": "{{run}}", "key": "loss", "value": "{{value}}", "timestamp": 1}""");
        }

        var (found, table) = (new List<string>(), new List<string>());
        for (string? token = null; token != "";)
        {
            var page = await flyball.CallAsync("POST", "runs/search", $$"""{"experiment_ids": ["0"], "order_by": ["{{order}}"], "max_results": 1, "page_token": "{{token}}"}""");
            if (page.TryGetProperty("runs", out var runs)) found.Add(runs[0].GetProperty("info").GetProperty("run_name").GetString()!);
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() : "";
        }

        for (string? token = null; token != "";)
        {
            var page = await flyball.Client.SearchRunsAsync(new Client.SearchRuns(["0"], OrderBy: [order], Limit: 1, PageToken: token), Cancel);
            table.AddRange(page.Runs.Select(run => run.Name));
            token = page.NextPageToken ?? "";
        }

        Assert.Equal(expected, string.Join(' ', found));
        Assert.Equal(expected, string.Join(' ', table));
    }

    [Fact]
    public async Task Pages_go_on_behind_long_texts()
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            var run = await flyball.Client.StartRunAsync("0", $"r{i}", Cancel);
            await flyball.Client.LogAsync(run, [], new Dictionary<string, string> { ["p"] = new string('日', 5990) + i }, new Dictionary<string, string> { ["t"] = new string('"', 7990) + i }, Cancel);
        }

        var found = new List<string>();
        for (string? token = null; token != "";)
        {
            var page = await flyball.CallAsync("POST", "runs/search", $$"""{"experiment_ids": ["0"], "order_by": ["params.p", "tags.t"], "max_results": 1, "page_token": "{{token}}"}""");
            if (page.TryGetProperty("runs", out var runs)) found.Add(runs[0].GetProperty("info").GetProperty("run_name").GetString()!);
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() : "";
        }

        Assert.Equal(["r0", "r1", "r2"], found);
    }

    /// <summary>Experiments whose place in the proxy is not their id.</summary>
    [Theory]
    [InlineData("mlflow-artifacts:/team/project", "team/project")]
    [InlineData("mlflow-artifacts:/", "")]
    [InlineData("mlflow-artifacts://host:5000/a/b/c", "a/b/c")]
    public async Task Files_are_found_wherever_their_experiment_has_them(string location, string place)
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        var experiment = (await flyball.CallAsync("POST", "experiments/create", $$"""{"name": "e", "artifact_location": "{{location}}"}""")).GetProperty("experiment_id").GetString()!;
        var run = await flyball.Client.StartRunAsync(experiment, "r", Cancel);
        var model = await flyball.Client.CreateLoggedModelAsync(new Client.CreateLoggedModel(experiment, "m"), Cancel);
        var below = place.Length == 0 ? "" : place + "/";
        Assert.EndsWith($"/{below}{run}/artifacts", (await flyball.Client.GetRunAsync(run, Cancel)).ArtifactUri);
        await flyball.PutAsync($"{below}{run}/artifacts/d/a.txt", "a");
        await flyball.PutAsync($"{below}models/{model.Id}/artifacts/m.txt", "m");
        Assert.Equal(["d"], (await flyball.Client.ListArtifactsAsync(run, null, Cancel)).Select(file => file.Path));
        Assert.Equal("a", await flyball.Http.GetStringAsync($"/get-artifact?run_id={run}&path=d/a.txt", Cancel));
        Assert.Equal(["m.txt"], (await flyball.Client.ListLoggedModelFilesAsync(model.Id, null, Cancel)).Select(file => file.Path));
        Assert.Equal("m", await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/{below}models/{model.Id}/artifacts/m.txt", Cancel));

        // and the folders above them, from the root on
        var walked = "";
        foreach (var part in place.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Equal([part], await FoldersAsync(walked));
            walked = walked.Length == 0 ? part : $"{walked}/{part}";
        }

        Assert.Equal([run, "models"], await FoldersAsync(walked));
        Assert.Equal(["artifacts"], await FoldersAsync($"{below}{run}"));
        Assert.Equal([model.Id], await FoldersAsync($"{below}models"));
        Assert.Equal(["artifacts"], await FoldersAsync($"{below}models/{model.Id}"));
        Assert.Equal(["d"], await FoldersAsync($"{below}{run}/artifacts"));
        Assert.Empty(await FoldersAsync("nowhere"));
    }

    [Fact]
    public async Task Images_of_older_clients_are_taken_by_their_names()
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        const string Name = "images/dog%step%20%timestamp%1732000000000%g1f2.png";
        await flyball.PutAsync($"0/{run}/artifacts/{string.Join('/', Name.Split('/').Select(Uri.EscapeDataString))}", "png");
        Assert.Equal([Name], (await flyball.Client.ListArtifactsAsync(run, "images", Cancel)).Select(file => file.Path));
        Assert.Equal("png", await flyball.Http.GetStringAsync($"/get-artifact?run_id={run}&path={Uri.EscapeDataString(Name)}", Cancel));
    }

    [Theory]
    [InlineData("MLmodel", "text/plain")]
    [InlineData("conda.yaml", "text/plain")]
    [InlineData("a.json", "text/plain")]
    [InlineData("a.CSV", "text/plain")]
    [InlineData("a.pdf", "application/pdf")]
    [InlineData("a.png", "image/png")]
    [InlineData("a.html", "application/octet-stream")]
    [InlineData("a.svg", "application/octet-stream")]
    [InlineData("weights", "application/octet-stream")]
    public async Task Files_are_sent_as_what_they_are(string name, string type)
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync((name, "x"));
        using var answer = await flyball.Http.GetAsync($"/get-artifact?run_id={run}&path={name}", Cancel);
        Assert.Equal((type, "attachment", "nosniff"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.DispositionType, answer.Headers.GetValues("X-Content-Type-Options").Single()));
    }

    [Theory]
    [InlineData("//api/2.0/mlflow/experiments/get?experiment_id=0", HttpStatusCode.OK)]
    [InlineData("//version", HttpStatusCode.OK)]
    [InlineData("//model-versions/get-artifact?name=m&version=1&path=/etc/passwd", HttpStatusCode.BadRequest)]
    public async Task Addresses_with_a_slash_too_many_are_understood(string path, HttpStatusCode status)
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        using var answer = await flyball.Http.GetAsync(new Uri(flyball.Server.Url.GetLeftPart(UriPartial.Authority) + path), Cancel);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task A_folder_of_runs_is_not_said_to_be_deleted()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync(("a/b.txt", "b"));
        foreach (var path in (string[])["0", $"0/{run}"])
        {
            using var refused = await flyball.Http.DeleteAsync($"/api/2.0/mlflow-artifacts/artifacts/{path}", Cancel);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains("holds the files of runs or logged models", await refused.Content.ReadAsStringAsync(Cancel));
        }

        Assert.Equal("b", await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a/b.txt", Cancel));
        using var deleted = await flyball.Http.DeleteAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts", Cancel);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        using var nothing = await flyball.Http.DeleteAsync("/api/2.0/mlflow-artifacts/artifacts/nothing/there", Cancel);
        Assert.Equal(HttpStatusCode.OK, nothing.StatusCode);
    }

    [Fact]
    public async Task An_escaped_slash_is_one_and_a_range_is_of_bytes()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync(("c%2Fd.txt", "text"));
        Assert.Equal("text", await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/c/d.txt", Cancel));
        Assert.True((await flyball.Client.ListArtifactsAsync(run, null, Cancel)).Single() is { Path: "c", IsFolder: true });
        using var message = new HttpRequestMessage(HttpMethod.Get, $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/c%2fd.txt");
        message.Headers.TryAddWithoutValidation("Range", "bytesx=0-0");
        using var whole = await flyball.Http.SendAsync(message, Cancel);
        Assert.Equal((HttpStatusCode.OK, "text"), (whole.StatusCode, await whole.Content.ReadAsStringAsync(Cancel)));
        foreach (var location in (string[])["team/traces", $"{new string('a', 32)}/artifacts/x", ".", "a/m-1/artifacts/models/m-2/artifacts"])
        {
            Assert.Contains("choose another artifact location", await flyball.RefusedAsync("POST", "experiments/create", $$"""{"name": "x", "artifact_location": "mlflow-artifacts:/{{location}}"}"""));
        }

        foreach (var location in (string[])["team/models", "//host/team", "a b", "artifacts"]) await flyball.CallAsync("POST", "experiments/create", $$"""{"name": "of {{location}}", "artifact_location": "mlflow-artifacts:/{{location}}"}""");
        Assert.Contains("Files below pinned/", await flyball.RefusedAsync("POST", "experiments/create", """{"name": "x", "artifact_location": "mlflow-artifacts:/pinned/x"}"""));
    }

    [Theory]
    [InlineData("= 1.7976931348623157e308", 2)]
    [InlineData(">= 1.7976931348623157e308", 2)]
    [InlineData("> 1.7976931348623157e308", 0)]
    [InlineData("IN (1.7976931348623157e308)", 2)]
    public async Task An_infinite_metric_is_found_as_it_is_told(string comparison, int found)
    {
        await using var flyball = await TestFlyball.StartAsync();
        foreach (var value in (string[])["\"Infinity\"", "1.7976931348623157e308"])
        {
            var run = await flyball.RunWithAsync();
            await flyball.CallAsync("POST", "runs/log-metric", $$"""{"run_id": "{{run}}", "key": "m", "value": {{value}}, "timestamp": 1}""");
            Assert.Equal(double.MaxValue, (await flyball.CallAsync("GET", $"runs/get?run_id={run}")).GetProperty("run").GetProperty("data").GetProperty("metrics")[0].GetProperty("value").GetDouble());
        }

        var answer = await flyball.CallAsync("POST", "runs/search", $$"""{"experiment_ids": ["0"], "filter": "metrics.m {{comparison}}"}""");
        Assert.Equal(found, answer.TryGetProperty("runs", out var runs) ? runs.GetArrayLength() : 0);
    }

    [Fact]
    public async Task Answers_HEAD_where_files_are()
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        await flyball.Client.LogArtifactAsync("0", run, "a.txt", new MemoryStream("content"u8.ToArray()), Cancel);
        foreach (var path in (string[])[$"/get-artifact?run_id={run}&path=a.txt", $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a.txt"])
        {
            using var message = new HttpRequestMessage(HttpMethod.Head, path);
            using var answer = await flyball.Http.SendAsync(message, Cancel);
            Assert.Equal((HttpStatusCode.OK, 7L), (answer.StatusCode, answer.Content.Headers.ContentLength));
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancel));
        }

        using var absent = new HttpRequestMessage(HttpMethod.Head, $"/get-artifact?run_id={run}&path=none");
        using var missing = await flyball.Http.SendAsync(absent, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    private async Task<IEnumerable<string>> FoldersAsync(string path)
    {
        var answer = await flyball.Http.GetFromJsonAsync<System.Text.Json.JsonElement>($"/api/2.0/mlflow-artifacts/artifacts?path={path}", Cancel);
        return answer.TryGetProperty("files", out var files) ? files.EnumerateArray().Select(file => file.GetProperty("path").GetString()!).ToList() : [];
    }

    private sealed class ChunkedContent(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(body, 0, body.Length);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
