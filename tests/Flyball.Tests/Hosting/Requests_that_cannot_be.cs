using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Hosting;

/// <summary>Whatever is sent, the answer has the error shape of its route and tells nothing of the inside of the server.</summary>
public sealed class Requests_that_cannot_be
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Bodies => new()
    {
        { "POST", "" }, { "POST", "{" }, { "POST", "nonsense" }, { "POST", "[]" }, { "POST", "null" }, { "POST", "7" }, { "POST", "\"text\"" }, { "POST", "{\"a\":}" }, { "POST", "\u0000" }, { "POST", "{}{}" },
        { "POST", new string('[', 10_000) + new string(']', 10_000) },
        { "POST", string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000) },
        { "POST", JsonSerializer.Serialize(string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000)) },
        { "POST", "{\"name\":{\"name\":[]},\"yaml\":[1],\"labels\":\"x\",\"inputs\":{},\"dataframe_records\":7}" },
        { "PUT", "{" }, { "GET", "" }, { "DELETE", "" }, { "PATCH", "{}" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Are_answered_in_the_shape_of_their_route_and_without_anything_of_ours(string method, string body)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.UntilQuietAsync();
        string[] paths =
        [
            "/api/projects/apply", "/api/projects/plan", "/api/projects/x/datasets/y/versions/999999999999", "/api/users", "/api/users/none/token", "/api/jobs/none/succeed", "/api/nothing", "/api/journal?after=x", "/%00", "/api/projects/%2e%2e%2f%2e%2e",
            "/api/2.0/mlflow/runs/create", "/api/2.0/mlflow/runs/log-batch", "/api/2.0/mlflow/runs/log-model", "/api/2.0/mlflow/runs/search", "/api/2.0/mlflow/logged-models", "/api/2.0/mlflow/model-versions/create", "/api/2.0/mlflow/experiments/get?experiment_id=../..", "/api/2.0/mlflow-artifacts/artifacts/0/none/artifacts/x", "/deployments/none/invocations", "/v2/models/none/infer",
            "/api/deployments/none/labels",
        ];
        foreach (var path in paths)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (method is not ("GET" or "DELETE")) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await flyball.Http.SendAsync(request, Cancel);
            var text = await answer.Content.ReadAsStringAsync(Cancel);
            if (answer.IsSuccessStatusCode) continue;
            // a path that is none is turned away before anything of Flyball sees it
            Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{method} {path} with {body[..Math.Min(20, body.Length)]} answered {(int)answer.StatusCode}: {text}");
            if (path != "/%00") AssertShape(path, (int)answer.StatusCode, answer.Content.Headers.ContentType, text);
            AssertTellsNothing(flyball, text);
        }

        Assert.True(await flyball.Client.IsHealthyAsync(Cancel));
    }

    [Theory]
    [InlineData("/api/deployments/line/labels", """{}""", "The request body lacks 'labels'.")]
    [InlineData("/api/deployments/line/labels", """{"labels": [null]}""", "Label 1 has no predictionId")]
    [InlineData("/api/deployments/line/labels", """{"labels": [{"prediction_id": "p", "label": 1}]}""", "The request body lacks 'predictionId' at $.labels[0].")]
    [InlineData("/api/deployments/line/labels", "", "needs a JSON body")]
    [InlineData("/deployments/line/invocations", """{"instances": [{"x": 1, "note": "\ud800"}]}""", "no Unicode text")]
    [InlineData("/deployments/line/invocations", """{"instances": [{"x": 1, "\ud800": 1}]}""", "no Unicode text")]
    [InlineData("/deployments/line/invocations", """{"\ud800": 1}""", "no Unicode text")]
    [InlineData("/deployments/line/invocations", """{"instances": [{"x": 1, "x": 2}]}""", "x: is given twice")]
    [InlineData("/deployments/line/invocations", """{"instances": [{"x": 1e999}]}""", "expected a whole number")]
    [InlineData("/v2/models/line/infer", """{"id": "\ud800", "inputs": []}""", "no Unicode text")]
    [InlineData("/api/2.0/mlflow/runs/create", """{"experiment_id": "0", "start_time": 1000000000000000000}""", "not a time in milliseconds")]
    [InlineData("/api/2.0/mlflow/runs/create", """{"experiment_id": "0", "tags": [null]}""", "not null")]
    [InlineData("/api/2.0/mlflow/runs/log-metric", """{"run_id": "RUN", "key": "m", "value": 1, "timestamp": 100000000000000000}""", "not a time in milliseconds")]
    [InlineData("/api/2.0/mlflow/runs/log-batch", """{"run_id": "RUN", "metrics": [null]}""", "not null")]
    [InlineData("/api/2.0/mlflow/runs/log-batch", """{"run_id": "RUN", "params": [null]}""", "not null")]
    [InlineData("/api/2.0/mlflow/runs/update", """{"run_id": "RUN", "status": "99"}""", "for parameter 'status' supplied: it is one of RUNNING, ")]
    [InlineData("/api/2.0/mlflow/runs/update", """{"run_id": "RUN", "status": "finished, running"}""", "for parameter 'status' supplied: it is one of RUNNING, ")]
    [InlineData("/api/2.0/mlflow/runs/update", """{"run_id": "RUN", "end_time": 1000000000000000000}""", "not a time in milliseconds")]
    [InlineData("/api/2.0/mlflow/runs/search", """{"experiment_ids": [null]}""", "Invalid value [null] for parameter 'experiment_ids' supplied")]
    [InlineData("/api/2.0/mlflow/experiments/create", """{"name": ""}""", "Missing value for required parameter 'name'")]
    [InlineData("/api/2.0/mlflow/runs/create", """{"experiment_id": "0", "run_name": "LONG"}""", "at most 500 characters")]
    [InlineData("/api/2.0/mlflow/runs/create", """{"experiment_id": "0", "user_id": "LONG"}""", "at most 250 characters")]
    [InlineData("/api/2.0/mlflow/runs/update", """{"run_id": "RUN", "run_name": "LONG"}""", "at most 500 characters")]
    [InlineData("/api/users", """{"name": "a"}""", "The request body lacks 'role'.")]
    [InlineData("/api/projects/plan", "{}", "The request body lacks 'yaml'")]
    [InlineData("/api/projects/apply", "{}", "The request body lacks 'yaml'")]
    [InlineData("/api/projects/straight/models/line/trainings", "{}", "The request body lacks 'reason'.")]
    [InlineData("/api/2.0/mlflow/runs/create", "\"\\ud800\"", "no Unicode text")]
    [InlineData("/api/2.0/mlflow/runs/log-metric", """{"run_id": "RUN", "key": "m", "value": "\ud800"}""", "no Unicode text")]
    [InlineData("/api/2.0/mlflow/runs/log-metric", """{"run_id": "RUN", "key": "m", "value": 1, "timestamp": "\ud800"}""", "no Unicode text")]
    [InlineData("/api/users", "{", "The request body is not the JSON this route takes: see $, line 1.")]
    [InlineData("/deployments/line/invocations", "{", "The request body is not the JSON this route takes, line 1.")]
    [InlineData("/v2/models/line/infer", "nonsense", "The request body is not the JSON this route takes, line 1.")]
    [InlineData("/api/2.0/mlflow/runs/create", "{", "The request body is not the JSON this route takes: see $, line 1.")]
    [InlineData("/api/2.0/mlflow/runs/create", "\"{\"", "The request body is not the JSON this route takes: see $, line 1.")]
    [InlineData("/api/2.0/mlflow/runs/log-metric", """{"run_id": "RUN", "key": "m\n", "value": 1, "timestamp": 1}""", "Names may only contain")]
    [InlineData("/api/2.0/mlflow/webhooks", """{"name": "w\n", "url": "https://8.8.8.8/x", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]}""", "It must start and end with a letter or digit")]
    [InlineData("/sign-in", """{"token": "x"}""", "takes the form of one of the server's pages")]
    public async Task Are_refused_with_what_is_wrong(string path, string body, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var run = await flyball.Client.StartRunAsync(await flyball.Client.EnsureExperimentAsync("any", Cancel), "r", Cancel);
        using var answer = await flyball.Http.PostAsync(path, new StringContent(body.Replace("RUN", run, StringComparison.Ordinal).Replace("LONG", new string('n', 501), StringComparison.Ordinal), Encoding.UTF8, "application/json"), Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{(int)answer.StatusCode}: {text}");
        Assert.Contains(said, text);
    }

    [Theory]
    [InlineData("/api/journal?after=x", "'x' cannot be the parameter after.")]
    [InlineData("/api/journal?limit=99999999999999999999", "'99999999999999999999' cannot be the parameter limit.")]
    [InlineData("/api/2.0/mlflow/runs/get", "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.")]
    [InlineData("/api/2.0/mlflow/metrics/get-history?run_id=a", "Missing value for required parameter 'metric_key'. See the API docs for more information about request parameters.")]
    public async Task Name_the_parameter_that_is_missing_or_cannot_be(string path, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var answer = await flyball.Http.GetAsync(path, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(said, json.RootElement.GetProperty(path.Contains("mlflow", StringComparison.Ordinal) ? "message" : "detail").GetString());
    }

    [Fact]
    public async Task Of_whoever_watches_the_server_are_answered_without_a_body()
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/health");
        using var answer = await flyball.Http.SendAsync(request, Cancel);
        Assert.Equal((HttpStatusCode.OK, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)));
    }

    [Theory]
    [InlineData("a%2541.txt")]
    [InlineData("50%2520off.txt")]
    [InlineData("q%253Fx.txt")]
    [InlineData("plain%20name.txt")]
    public async Task Name_the_same_file_under_every_prefix(string path)
    {
        await using var flyball = await TestFlyball.StartAsync();
        string[] prefixes = ["/api/2.0", "/ajax-api/2.0", "/api/3.0", "/ajax-api/3.0"];
        foreach (var prefix in prefixes)
        {
            using var put = await flyball.Http.PutAsync($"{prefix}/mlflow-artifacts/artifacts/D/{path}", new StringContent(prefix), Cancel);
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
            foreach (var other in prefixes) Assert.Equal(prefix, await flyball.Http.GetStringAsync($"{other}/mlflow-artifacts/artifacts/D/{path}", Cancel));
        }

        using var list = JsonDocument.Parse(await flyball.Http.GetStringAsync("/api/2.0/mlflow-artifacts/artifacts?path=D", Cancel));
        Assert.Equal(Uri.UnescapeDataString(path), Assert.Single(list.RootElement.GetProperty("files").EnumerateArray()).GetProperty("path").GetString());
    }

    [Fact]
    public async Task To_add_to_a_tag_that_a_client_has_overwritten_are_refused()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync();
        await flyball.CallAsync("POST", "runs/set-tag", $$"""{"run_id": "{{run}}", "key": "mlflow.log-model.history", "value": "{"}""");
        var model = JsonSerializer.Serialize($$"""{"run_id": "{{run}}", "artifact_path": "model", "utc_time_created": "2024-01-01", "flavors": {} }""");
        var refused = await flyball.RefusedAsync("POST", "runs/log-model", $$"""{"run_id": "{{run}}", "model_json": {{model}}}""");
        Assert.StartsWith("400 INVALID_PARAMETER_VALUE: The run's tag mlflow.log-model.history holds no JSON", refused);
    }

    [Fact]
    public async Task To_sign_in_by_a_form_of_files_are_refused()
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var form = new MultipartFormDataContent { { new StringContent("x"), "token" } };
        using var answer = await flyball.Http.PostAsync("/sign-in", form, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("takes the form of one of the server's pages", await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Of_bytes_that_are_no_text_are_refused()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        using var body = new ByteArrayContent([.. "{\"instances\": [{\"x\": 1, \"note\": \""u8, 0xff, 0xfe, .. "\"}]}"u8]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await flyball.Http.PostAsync("/deployments/line/invocations", body, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task To_a_deployment_that_is_still_loading_are_put_off()
    {
        var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        flyball = await flyball.RestartAsync();
        await using var restarted = flyball;
        using var body = new StringContent("""{"instances": [{"x": 1}]}""", Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await flyball.Http.GetAsync("/v2/health/ready", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await flyball.Http.PostAsync("/deployments/line/invocations", body, Cancel)).StatusCode);
        await flyball.UntilQuietAsync();
        Assert.Equal(HttpStatusCode.OK, (await flyball.Http.GetAsync("/v2/health/ready", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await flyball.Http.GetAsync("/deployments/other/ping", Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_body_too_large_by_its_own_length_is_refused_before_it_is_read()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { MaxRequestBytes = 1000 });
        using var answer = await flyball.Http.PostAsync("/api/projects/plan", new StringContent($"{{\"yaml\":\"{new string('x', 2000)}\"}}", Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("body-too-large", await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static void AssertShape(string path, int status, MediaTypeHeaderValue? type, string text)
    {
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        if (type?.MediaType == "application/problem+json")
        {
            Assert.Equal(status, root.GetProperty("status").GetInt32());
            Assert.Matches("^[a-z0-9-]+$", root.GetProperty("code").GetString());
            Assert.NotEmpty(root.GetProperty("detail").GetString()!);
            return;
        }

        Assert.Equal("application/json", type?.MediaType);
        if (path.StartsWith("/v2/", StringComparison.Ordinal)) Assert.NotEmpty(root.GetProperty("error").GetString()!);
        else
        {
            Assert.Matches("^[A-Z_]+$", root.GetProperty("error_code").GetString());
            Assert.NotEmpty(root.GetProperty("message").GetString()!);
        }
    }

    private static void AssertTellsNothing(TestFlyball flyball, string text)
    {
        foreach (var secret in (string[])[flyball.Folder, Golden.Checkout(), "/root/", "/home/", ".cs:line", "   at ", "System.", "Exception", "Microsoft.", "select ", "insert ", "SQLite", "Flyball.Server"])
        {
            Assert.False(text.Contains(secret, StringComparison.Ordinal), $"'{secret}' is told: {text}");
        }
    }
}
