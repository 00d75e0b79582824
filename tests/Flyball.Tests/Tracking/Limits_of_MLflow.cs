using System.Text.Json;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

/// <summary>What MLflow takes of each thing is taken, and one more is refused, in its words.</summary>
public sealed class Limits_of_MLflow
{
    private static readonly Dictionary<string, Func<int, string, (string Path, object Body)>> Calls = new()
    {
        ["metrics"] = (n, run) => ("runs/log-batch", new { run_id = run, metrics = Metrics(n) }),
        ["params"] = (n, run) => ("runs/log-batch", new { run_id = run, @params = Pairs(n) }),
        ["tags"] = (n, run) => ("runs/log-batch", new { run_id = run, tags = Pairs(n) }),
        ["all"] = (n, run) => ("runs/log-batch", new { run_id = run, metrics = Metrics(n), @params = Pairs(100), tags = Pairs(100) }),
        ["metric key"] = (n, run) => ("runs/log-metric", new { run_id = run, key = Text(n), value = 1, timestamp = 1 }),
        ["param key"] = (n, run) => ("runs/log-parameter", new { run_id = run, key = Text(n), value = "1" }),
        ["tag key"] = (n, run) => ("runs/set-tag", new { run_id = run, key = Text(n), value = "1" }),
        ["param key of a batch"] = (n, run) => ("runs/log-batch", new { run_id = run, @params = new[] { new { key = Text(n), value = "1" } } }),
        ["run name"] = (n, _) => ("runs/create", new { experiment_id = "0", run_name = Text(n) }),
        ["experiment name"] = (n, _) => ("experiments/create", new { name = Text(n) }),
        ["experiment tag"] = (n, _) => ("experiments/set-experiment-tag", new { experiment_id = "0", key = "k", value = Text(n) }),
        ["tag of a new experiment"] = (n, _) => ("experiments/create", new { name = "tagged", tags = new[] { new { key = "k", value = Text(n) } } }),
        ["location"] = (n, _) => ("experiments/create", new { name = "elsewhere", artifact_location = $"s3://{Text(n - 5)}" }),
        ["dataset name"] = (n, run) => Dataset(run, new { name = Text(n), digest = "d", source_type = "local", source = "s" }),
        ["dataset digest"] = (n, run) => Dataset(run, new { name = "n", digest = Text(n), source_type = "local", source = "s" }),
        ["dataset source"] = (n, run) => Dataset(run, new { name = "n", digest = "d", source_type = "local", source = Text(n) }),
        ["dataset schema"] = (n, run) => Dataset(run, new { name = "n", digest = "d", source_type = "local", source = "s", schema = Text(n) }),
        ["dataset tag key"] = (n, run) => Dataset(run, new { name = "n", digest = "d", source_type = "local", source = "s" }, new { key = Text(n), value = "v" }),
        ["dataset tag"] = (n, run) => Dataset(run, new { name = "n", digest = "d", source_type = "local", source = "s" }, new { key = "k", value = Text(n) }),
        ["model tag"] = (n, _) => ("registered-models/set-tag", new { name = "m", key = "k", value = Text(n) }),
        ["version tag"] = (n, _) => ("model-versions/set-tag", new { name = "m", version = "1", key = "k", value = Text(n) }),
        ["alias"] = (n, _) => ("registered-models/alias", new { name = "m", alias = Text(n), version = "1" }),
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10 << 20, "", 200, "")]
    [InlineData((10 << 20) + 1, "", 400, "Artifact size is too large. Max size is 10MB.")]
    [InlineData(0, "", 400, "Request must specify data.")]
    [InlineData(1, "run_uuid", 400, "Request must specify run_uuid.")]
    [InlineData(1, "path", 400, "Request must specify path.")]
    [InlineData(1, "run", 404, "not found")]
    public async Task Hold_for_a_file_that_a_page_sends(int bytes, string wrong, int status, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync();
        var content = new byte[bytes];
        new Random(1).NextBytes(content);
        var query = $"{(wrong == "run_uuid" ? "" : $"run_uuid={(wrong == "run" ? new string('0', 32) : run)}")}&{(wrong == "path" ? "" : "path=folder/a.bin")}";
        using var answer = await flyball.Http.PostAsync($"/ajax-api/2.0/mlflow/upload-artifact?{query}", new ByteArrayContent(content), Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(said, text);
        if (status == 200) Assert.Equal(content, await flyball.Http.GetByteArrayAsync($"/get-artifact?run_id={run}&path=folder/a.bin", Cancel));
        else Assert.False((await flyball.CallAsync("GET", $"artifacts/list?run_id={run}")).TryGetProperty("files", out _));
    }

    [Theory]
    [InlineData("metrics", 1000, "A batch logging request can contain at most 1000 metrics. Got 1001 metrics. Please split up metrics across multiple requests and try again.")]
    [InlineData("params", 100, "A batch logging request can contain at most 100 params. Got 101 params. Please split up params across multiple requests and try again.")]
    [InlineData("tags", 100, "A batch logging request can contain at most 100 tags. Got 101 tags. Please split up tags across multiple requests and try again.")]
    [InlineData("all", 800, "A batch logging request can contain at most 1000 metrics, params, and tags. Got 1001 metrics, params, and tags. Please split up metrics, params, and tags across multiple requests and try again.")]
    [InlineData("metric key", 250, "'Metric name' exceeds the maximum length of 250 characters")]
    [InlineData("param key", 250, "'Param key' exceeds the maximum length of 250 characters")]
    [InlineData("tag key", 250, "'key' exceeds the maximum length of 250 characters")]
    [InlineData("param key of a batch", 250, "'Param key' exceeds the maximum length of 250 characters")]
    [InlineData("run name", 500, "A run's name has at most 500 characters; this one has 501.")]
    [InlineData("experiment name", 500, "'name' exceeds the maximum length of 500 characters")]
    [InlineData("experiment tag", 5000, "'value' exceeds the maximum length of 5000 characters")]
    [InlineData("tag of a new experiment", 5000, "'value' exceeds the maximum length of 5000 characters")]
    [InlineData("location", 2048, "Invalid artifact path length. The length of the artifact path cannot be greater than 2048 characters. To configure this limit, please set the MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable.")]
    [InlineData("dataset name", 500, "'name' exceeds the maximum length of 500 characters")]
    [InlineData("dataset digest", 36, "'digest' exceeds the maximum length of 36 characters")]
    [InlineData("dataset source", 65_535, "'source' exceeds the maximum length of 65535 characters")]
    [InlineData("dataset schema", 1_048_575, "'schema' exceeds the maximum length of 1048575 characters")]
    [InlineData("dataset tag key", 255, "'key' exceeds the maximum length of 255 characters")]
    [InlineData("dataset tag", 500, "'value' exceeds the maximum length of 500 characters")]
    [InlineData("model tag", 100_000, "'value' exceeds the maximum length of 100000 characters")]
    [InlineData("version tag", 100_000, "'value' exceeds the maximum length of 100000 characters")]
    [InlineData("alias", 255, "'Registered model alias name' exceeds the maximum length of 255 characters")]
    public async Task Are_its_own(string what, int most, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync(("model/a.txt", "a"));
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        await flyball.RegisterAsync("m", run, "model");
        var (path, body) = Calls[what](most + 1, run);
        Assert.Equal($"400 INVALID_PARAMETER_VALUE: {said}", await flyball.RefusedAsync("POST", path, JsonSerializer.Serialize(body)));
        (path, body) = Calls[what](most, run);
        await flyball.CallAsync("POST", path, JsonSerializer.Serialize(body));
    }

    [Fact]
    public async Task Cut_values_that_are_longer()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        await flyball.CallAsync("POST", "runs/log-parameter", JsonSerializer.Serialize(new { run_id = run, key = "p", value = Text(6001) }));
        await flyball.CallAsync("POST", "runs/set-tag", JsonSerializer.Serialize(new { run_id = run, key = "t", value = Text(8001) }));
        await flyball.CallAsync("POST", "runs/log-batch", JsonSerializer.Serialize(new { run_id = run, @params = new[] { new { key = "q", value = Text(7000) } }, tags = new[] { new { key = "u", value = Text(9000) } } }));
        var data = (await flyball.CallAsync("GET", $"runs/get?run_id={run}")).GetProperty("run").GetProperty("data");
        int Length(string of, string key) => data.GetProperty(of).EnumerateArray().Single(pair => pair.GetProperty("key").GetString() == key).GetProperty("value").GetString()!.Length;
        Assert.Equal((6000, 6000, 8000, 8000), (Length("params", "p"), Length("params", "q"), Length("tags", "t"), Length("tags", "u")));
    }

    [Fact]
    public async Task Name_how_many_runs_have_their_histories_read_at_once()
    {
        await using var flyball = await TestFlyball.StartAsync();
        string Of(int runs) => string.Join('&', Enumerable.Range(0, runs).Select(i => $"run_ids={i:x32}"));
        Assert.Contains("at most 100 run_ids. Received 101 run_ids", await flyball.RefusedAsync("GET", $"metrics/get-history-bulk-interval?metric_key=m&{Of(101)}"));
        await flyball.CallAsync("GET", $"metrics/get-history-bulk-interval?metric_key=m&{Of(100)}");
    }

    [Fact]
    public async Task Leave_of_a_param_of_many_megabytes_what_is_kept_of_one_and_refuse_one_of_a_hundred()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        var large = JsonSerializer.Serialize(new { run_id = run, key = "p", value = Text(60_000_000) });
        await flyball.CallAsync("POST", "runs/log-parameter", large);
        Assert.Equal(6000, Assert.Single((await flyball.CallAsync("GET", $"runs/get?run_id={run}")).GetProperty("run").GetProperty("data").GetProperty("params").EnumerateArray()).GetProperty("value").GetString()!.Length);
        // who asks first is told before a hundred megabytes are sent
        var larger = new StringContent(JsonSerializer.Serialize(new { run_id = run, key = "q", value = Text(100_000_000) }), System.Text.Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/2.0/mlflow/runs/log-parameter") { Content = larger, Headers = { ExpectContinue = true } };
        using var answer = await flyball.Http.SendAsync(request, Cancel);
        Assert.Equal("""413 {"error_code":"INVALID_PARAMETER_VALUE","message":"The request body is larger than this route takes; send it in parts."}""", $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancel)}");
        Assert.True(await flyball.Client.IsHealthyAsync(Cancel));
    }

    private static string Text(int length) => new('x', length);

    private static object[] Metrics(int count) => [.. Enumerable.Range(0, count).Select(i => new { key = $"m{i}", value = 1.0, timestamp = 1, step = 0 })];

    private static object[] Pairs(int count) => [.. Enumerable.Range(0, count).Select(i => new { key = $"k{i}", value = "v" })];

    private static (string Path, object Body) Dataset(string run, object dataset, object? tag = null) => ("runs/log-inputs", new { run_id = run, datasets = new[] { new { tags = tag is null ? [] : new[] { tag }, dataset } } });
}
