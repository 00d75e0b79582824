using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Server.Projects;
using Flyball.Server.Serving;

namespace Flyball.Tests.Serving;

/// <summary>A line that was trained, gated and deployed, asked in every form that it understands.</summary>
public sealed class A_deployment
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"dataframe_records": [{"x": 3}, {"x": 4, "unknown": "passed over"}]}""")]
    [InlineData("""{"dataframe_split": {"columns": ["x"], "index": [7, 8], "data": [[3], [4]]}}""")]
    [InlineData("""{"instances": [{"x": 3}, {"x": 4}], "params": {}}""")]
    [InlineData("""{"inputs": {"x": [3, 4]}}""")]
    public async Task Answers_the_four_forms_of_an_mlflow_invocation(string body)
    {
        await using var flyball = await DeployedAsync();
        var answer = await PostAsync(flyball, "/deployments/line/invocations", body);
        Assert.Equal(6, answer.GetProperty("predictions")[0].GetDouble(), 1e-2);
        Assert.Equal(8, answer.GetProperty("predictions")[1].GetDouble(), 1e-2);
        Assert.Equal(2, answer.GetProperty("predictionIds").GetArrayLength());
    }

    [Theory]
    [InlineData("[3, 4]", "[2]")]
    [InlineData("[[3], [4]]", "[2, 1]")]
    [InlineData("[3, 4]", "[2, 1]")]
    public async Task Answers_the_open_inference_protocol_nested_or_flat(string data, string shape)
    {
        await using var flyball = await DeployedAsync();
        var metadata = await flyball.Http.GetFromJsonAsync<JsonElement>("/v2/models/line", Cancel);
        Assert.Equal("x", metadata.GetProperty("inputs")[0].GetProperty("name").GetString());
        var answer = await PostAsync(flyball, "/v2/models/line/infer", $$"""{"id": "trip-7", "inputs": [{"name": "x", "datatype": "FP64", "shape": {{shape}}, "data": {{data}}}]}""");
        Assert.Equal("line", answer.GetProperty("model_name").GetString());
        Assert.Equal("1", answer.GetProperty("model_version").GetString());
        Assert.Equal("trip-7", answer.GetProperty("id").GetString());
        var outputs = answer.GetProperty("outputs").EnumerateArray().ToDictionary(output => output.GetProperty("name").GetString()!);
        Assert.Equal([6, 8], outputs["prediction"].GetProperty("data").EnumerateArray().Select(value => Math.Round(value.GetDouble(), 2)));
        Assert.Equal(["trip-7-0", "trip-7-1"], outputs["prediction_id"].GetProperty("data").EnumerateArray().Select(value => value.GetString()));
    }

    [Theory]
    [InlineData("/deployments/line/invocations", """{"dataframe_records": [{"X": 3}]}""", "x: is missing")]
    [InlineData("/deployments/line/invocations", """{"dataframe_records": [{"x": "three"}]}""", "x: expected a whole number, got the text")]
    [InlineData("/deployments/line/invocations", """{"dataframe_records": [{"x": 3}, {"x": 5000}]}""", "1 of 2 rows are refused, so none was predicted: row 2: the filter does not hold: x < 1000")]
    [InlineData("/deployments/line/invocations", """{"dataframe_records": []}""", "no rows")]
    [InlineData("/deployments/line/invocations", """{"dataframe_records": [{"x": 1}], "inputs": {}}""", "both dataframe_records and inputs")]
    [InlineData("/deployments/line/invocations", """{"rows": []}""", "exactly one of")]
    [InlineData("/deployments/line/invocations", "not json", "not the JSON")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "FP64", "shape": [3], "data": [1]}]}""", "but 1 values")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "FP16", "shape": [1], "data": [1]}]}""", "datatype FP16")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": ["a"]}]}""", "is INT64, but holds")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "INT8", "shape": [2], "data": [-128, 128]}]}""", "is INT8, but holds 128")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "INT16", "shape": [2], "data": [32767, -32769]}]}""", "is INT16, but holds -32769")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "INT32", "shape": [2], "data": [-2147483648, 2147483648]}]}""", "is INT32, but holds 2147483648")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "INT64", "shape": [2], "data": [1, 9223372036854775808]}]}""", "is INT64, but holds 9223372036854775808")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "INT32", "shape": [2], "data": [1.0, 1.5]}]}""", "is INT32, but holds 1.5")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "UINT8", "shape": [2], "data": [255, -1]}]}""", "is UINT8, but holds -1")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "UINT64", "shape": [1], "data": [18446744073709551616]}]}""", "is UINT64, but holds 18446744073709551616")]
    [InlineData("/v2/models/line/infer", """{"id": "../../etc", "inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [1]}]}""", "letters, digits")]
    [InlineData("/v2/models/line/infer", """{"inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [1]}], "outputs": [{"name": "colour"}]}""", "no output 'colour'")]
    [InlineData("/v2/models/line/versions/9/infer", """{"inputs": []}""", "no served version 'line/9'")]
    [InlineData("/v2/models/other/infer", """{"inputs": []}""", "no deployment 'other'")]
    public async Task Refuses_with_what_is_wrong_and_logs_nothing(string path, string body, string said)
    {
        await using var flyball = await DeployedAsync();
        using var answer = await flyball.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Cancel);
        Assert.InRange((int)answer.StatusCode, 400, 422);
        Assert.Contains(said, await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(0, new FileInfo(Log(flyball, "predictions")).Exists ? new FileInfo(Log(flyball, "predictions")).Length : 0);
    }

    [Fact]
    public async Task Takes_labels_before_and_after_their_prediction_and_the_last_one_counts()
    {
        await using var flyball = await DeployedAsync();
        await LabelAsync(flyball, "early", "5.5");
        await InferAsync(flyball, "early", 3);
        Assert.Equal(5.5, (await flyball.Client.GetPredictionAsync("line", "early", Cancel)).Label);
        await InferAsync(flyball, "late", 4);
        Assert.Null((await flyball.Client.GetPredictionAsync("line", "late", Cancel)).Label);
        await LabelAsync(flyball, "late", "7");
        await LabelAsync(flyball, "late", "7");
        await LabelAsync(flyball, "late", "9");
        var logged = await flyball.Client.GetPredictionAsync("line", "late", Cancel);
        Assert.Equal(9, logged.Label);
        Assert.Equal(8, logged.Prediction, 1e-2);
        Assert.Equal(4, logged.Row.GetProperty("x").GetDouble());
        Assert.Equal(64, logged.Digest.Length);
        foreach (var wrong in (string[])["\"nine\"", "null", "true", "[1]"])
        {
            var refused = await Assert.ThrowsAsync<FlyballException>(() => LabelAsync(flyball, "late", wrong));
            Assert.Contains("a regression's label is a number between -1e18 and 1e18", refused.Message);
        }

        Assert.Equal(9, (await flyball.Client.GetPredictionAsync("line", "late", Cancel)).Label);
    }

    [Fact]
    public async Task Serves_the_same_version_after_a_restart_and_another_once_the_champion_moves()
    {
        var flyball = await DeployedAsync();
        await InferAsync(flyball, "before", 3);
        flyball = await flyball.RestartAsync();
        await using var restarted = flyball;
        await flyball.UntilQuietAsync();
        Assert.Equal(6, (await flyball.Client.GetPredictionAsync("line", "before", Cancel)).Prediction, 1e-2);
        Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "deployment.changed");

        await File.AppendAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "2024-02-01 10:00:00,500,1000\n", Cancel);
        await flyball.UntilQuietAsync();
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("by hand"), Cancel);
        await flyball.UntilQuietAsync();
        var newest = (await flyball.Client.ListModelVersionsAsync("line", Cancel))[0].Version;
        Assert.True(newest > 1);
        await flyball.Client.MoveAliasAsync("line", "champion", new MoveAlias(newest, "by hand"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(newest, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);
        Assert.Equal(newest.ToString(System.Globalization.CultureInfo.InvariantCulture), (await InferAsync(flyball, "after", 3)).GetProperty("model_version").GetString());
    }

    [Fact]
    public async Task Does_not_serve_a_version_whose_package_was_altered_and_keeps_the_old_one()
    {
        await using var flyball = await DeployedAsync();
        await File.AppendAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "2024-02-01 10:00:00,500,1001\n", Cancel);
        await flyball.UntilQuietAsync();
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("by hand"), Cancel);
        await flyball.UntilQuietAsync();
        var second = (await flyball.Client.ListModelVersionsAsync("line", Cancel)).First(version => version.Version == 2);
        var served = (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version;
        var (from, to) = served == 2 ? (2, 1) : (1, 2);
        var details = await flyball.Client.GetModelVersionAsync("line", to, Cancel);
        var digest = details.Content.GetProperty("files").EnumerateArray().First(file => file.GetProperty("path").GetString() == "linear.json").GetProperty("digest").GetString()!;
        var path = Path.Combine(flyball.Folder, "data", "objects", digest[..2], digest[2..]);
        await File.WriteAllTextAsync(path, "{\"intercept\":1000,\"features\":[]}", Cancel);
        await flyball.Client.MoveAliasAsync("line", "champion", new MoveAlias(to, "by hand"), Cancel);
        await flyball.UntilQuietAsync();
        var refused = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "deployment.refused");
        Assert.Contains("linear.json is not the file that training wrote", refused.Data.GetProperty("reason").GetString());
        Assert.StartsWith($"version {to} was refused: ", (await flyball.Client.GetDeploymentAsync("line", Cancel)).Problem);
        Assert.Equal(from, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);
        Assert.Equal("line", (await InferAsync(flyball, "still", 3)).GetProperty("model_name").GetString());
        Assert.Equal(2, second.Version);
    }

    [Fact]
    public async Task Is_served_though_the_package_of_another_is_damaged()
    {
        var flyball = await DeployedAsync();
        var other = LineProject.Yaml.Replace("project: straight", "project: crooked", StringComparison.Ordinal).Replace("  line:", "  bent:", StringComparison.Ordinal);
        await flyball.Client.ApplyAsync(new ApplyProject(other, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var details = await flyball.Client.GetModelVersionAsync("bent", 1, Cancel);
        var digest = details.Content.GetProperty("files").EnumerateArray().First(file => file.GetProperty("path").GetString()!.EndsWith("package.json", StringComparison.Ordinal)).GetProperty("digest").GetString()!;
        await flyball.StopAsync();
        var path = Path.Combine(flyball.Folder, "data", "objects", digest[..2], digest[2..]);
        var whole = await File.ReadAllBytesAsync(path, Cancel);
        await File.WriteAllTextAsync(path, "not json at all", Cancel);
        var restarted = await TestFlyball.StartAsync(flyball.Folder);
        await restarted.UntilQuietAsync();
        Assert.Equal("line", (await InferAsync(restarted, "whole", 3)).GetProperty("model_name").GetString());
        Assert.Contains("bent", Assert.Single(await restarted.JournalAsync(), entry => entry.Type == "deployment.refused").Subject);

        // the damaged one says so, to those who ask it and to those who look, until it is mended
        using (var asked = await restarted.Http.PostAsync("/deployments/bent/invocations", new StringContent("""{"dataframe_records": [{"x": 3}]}""", Encoding.UTF8, "application/json"), Cancel))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, asked.StatusCode);
            Assert.Contains("The deployment 'bent' serves nothing: version 1 was refused: ", await asked.Content.ReadAsStringAsync(Cancel));
        }

        Assert.StartsWith("version 1 was refused: ", (await restarted.Client.GetDeploymentAsync("bent", Cancel)).Problem);
        await restarted.StopAsync();
        await File.WriteAllBytesAsync(path, whole, Cancel);
        await using var mended = await TestFlyball.StartAsync(flyball.Folder);
        await mended.UntilQuietAsync();
        Assert.True((await mended.Client.GetDeploymentAsync("bent", Cancel)).Ready);
    }

    [Fact]
    public async Task Counts_as_new_only_what_is_labelled_for_the_first_time()
    {
        await using var flyball = await DeployedAsync();
        var (collections, rows) = (flyball.Server.Service<Collections>(), (await flyball.Server.Service<ProjectStore>().GetAsync("straight", Cancel)).File.Data[0]);
        for (var i = 0; i < 5; i++) await InferAsync(flyball, $"p{i}", i);
        for (var again = 0; again < 10; again++) await LabelAsync(flyball, "p1", "2");
        await LabelAsync(flyball, "p2", "4");
        await LabelAsync(flyball, "nobody", "4");
        Assert.Equal(2, await collections.NewLabelsAsync("straight", "line", rows, 5, Cancel));
        await LabelAsync(flyball, "p3", "6");
        Assert.Equal(3, await collections.NewLabelsAsync("straight", "line", rows, 5, Cancel));
        // sent for this label, not for another
        Assert.Equal(0, await collections.NewLabelsAsync("straight", "line", rows with { Label = new LabelSpec("target", "y * 2") }, 5, Cancel));
        Assert.Equal(3, await collections.NewLabelsAsync("straight", "line", rows, 5, Cancel));
        await CollectAsync(flyball, "collected");
        Assert.Equal(0, await collections.NewLabelsAsync("straight", "line", rows, 5, Cancel));
        for (var again = 0; again < 10; again++) await LabelAsync(flyball, "p1", "2");
        await LabelAsync(flyball, "p4", "8");
        Assert.Equal(1, await collections.NewLabelsAsync("straight", "line", rows, 5, Cancel));
    }

    [Fact]
    public async Task Makes_training_data_of_labelled_traffic_once()
    {
        await using var flyball = await DeployedAsync();
        for (var i = 0; i < 30; i++) await InferAsync(flyball, $"t{i}", 100 + i);
        for (var i = 0; i < 20; i++) await LabelAsync(flyball, $"t{i}", $"{2 * (100 + i)}");
        await LabelAsync(flyball, "t0", "201");
        await LabelAsync(flyball, "nobody", "1");
        await CollectAsync(flyball, "first");
        var version = (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel))[0];
        Assert.Equal(("traffic", 200 + 20), (version.Origin, version.Rows));
        for (var i = 18; i < 25; i++) await LabelAsync(flyball, $"t{i}", $"{2 * (100 + i)}");
        await CollectAsync(flyball, "second");
        Assert.Equal(200 + 20 + 5, (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel))[0].Rows);
        await CollectAsync(flyball, "second");
        Assert.Equal(3, (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Count);

        // new files keep what traffic brought
        await File.AppendAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "2024-02-01 10:00:00,500,1000\n", Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(201 + 25, (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel))[0].Rows);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("x \"q\"")]
    [InlineData("a/b~c.d")]
    [InlineData("*")]
    [InlineData("it's")]
    public async Task Makes_training_data_of_traffic_whatever_its_column_is_called_and_whenever_it_says_it_was(string column)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var header = $"\"{column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200).Replace("at,x,y", $"at,{header},y", StringComparison.Ordinal), Cancel);
        var sql = JsonSerializer.Serialize(header, Readable);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml.Replace("x: { type: number }", $"x: {{ sql: {sql}, type: number }}", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        string[] times = ["2024-02-01 10:00:00", "2099-01-01 00:00:00", "infinity", "nonsense"];
        foreach (var (time, i) in times.Select((time, i) => (time, i)))
        {
            var row = new Dictionary<string, object> { ["at"] = time, [column] = 500 + i };
            var answer = await PostAsync(flyball, "/deployments/line/invocations", JsonSerializer.Serialize(new { instances = new[] { row } }));
            await LabelAsync(flyball, answer.GetProperty("predictionIds")[0].GetString()!, "1000");
        }

        await CollectAsync(flyball, "once");
        var version = await flyball.Server.Service<Flyball.Server.Datasets.DatasetVersions>().GetAsync("straight", "rows", 2, Cancel);
        var digest = version.Content.Segments.Single(segment => segment.IsTraffic).Object;
        using var database = Flyball.Native.DuckDb.DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        using var rows = duck.Query($"select {header}::bigint, \"at\"::timestamp from read_parquet('{Path.Combine(flyball.Folder, "data", "objects", digest[..2], digest[2..])}') order by 1");
        var read = rows.Rows();
        Assert.Equal([500L, 501L, 502L, 503L], read.Select(row => (long)row[0]!));
        Assert.Equal(new DateTime(2024, 2, 1, 10, 0, 0), (DateTime)read[0][1]!);
        Assert.All(read.Skip(1), row => Assert.InRange((DateTime)row[1]!, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1)));
    }

    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static async Task CollectAsync(TestFlyball flyball, string cause)
    {
        var project = await flyball.Server.Service<Flyball.Server.Projects.ProjectStore>().GetAsync("straight", Cancel);
        var collections = flyball.Server.Service<Flyball.Server.Serving.Collections>();
        var until = TimeProvider.System.GetUtcNow();
        while (!await collections.CollectAsync("straight", "line", project.File.Dataset("rows"), until, cause, Cancel)) await flyball.UntilQuietAsync();
    }

    private static async Task<TestFlyball> DeployedAsync()
    {
        var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        var yaml = LineProject.Yaml.Replace("    label:", "    where: x < 1000\n    label:", StringComparison.Ordinal);
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        return flyball;
    }

    private static string Log(TestFlyball flyball, string kind) => Path.Combine(flyball.Folder, "data", "log", kind, "line", "00000001.ndjson");

    private static Task<TakenLabels> LabelAsync(TestFlyball flyball, string id, string label) =>
        flyball.Client.PostLabelsAsync("line", new PostLabels([new LabelItem(id, JsonSerializer.Deserialize<JsonElement>(label))]), Cancel);

    private static Task<JsonElement> InferAsync(TestFlyball flyball, string id, double x) => PostAsync(
        flyball, "/v2/models/line/infer", string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""{"id": "{{id}}", "inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [{{x}}]}]}"""));

    private static async Task<JsonElement> PostAsync(TestFlyball flyball, string path, string body)
    {
        using var answer = await flyball.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }
}
