using System.Net;
using System.Text.Json;

namespace Flyball.Tests.Registry;

public sealed class A_registered_model
{
    private const string MLmodel = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n  sklearn:\n    pickled_model: model.pkl\nrun_id: x\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_the_files_of_its_versions_whatever_becomes_of_the_run()
    {
        var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        var run = await flyball.RunWithAsync(("model/MLmodel", MLmodel), ("model/model.pkl", "pickled"), ("other.txt", "other"));
        await flyball.RegisterAsync("m", run, "model");
        await flyball.PutAsync($"0/{run}/artifacts/model/model.pkl", "overwritten");
        using var gone = await flyball.Http.DeleteAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model", Cancel);
        await flyball.CallAsync("POST", "runs/delete", $$"""{"run_id": "{{run}}"}""");
        var later = await flyball.RestartAsync(options => options with { OrphanGrace = TimeSpan.Zero });
        await using var restarted = later;
        Assert.Equal("pickled", await later.Http.GetStringAsync("/model-versions/get-artifact?name=m&version=1&path=model.pkl", Cancel));
        using var missing = await later.Http.GetAsync("/model-versions/get-artifact?name=m&version=1&path=other.txt", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        // clients that download the model get what was registered, and cannot change it there
        var address = (await later.CallAsync("GET", "model-versions/get-download-uri?name=m&version=1")).GetProperty("artifact_uri").GetString()!["mlflow-artifacts:/".Length..];
        using var listed = JsonDocument.Parse(await later.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts?path={address}", Cancel));
        Assert.Equal(["MLmodel", "model.pkl"], listed.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()));
        var pinned = $"/api/2.0/mlflow-artifacts/artifacts/{address}/model.pkl";
        Assert.Equal("pickled", await later.Http.GetStringAsync(pinned, Cancel));
        foreach (var other in (string[])[pinned, "/api/2.0/mlflow-artifacts/artifacts/pinned", "/api/2.0/mlflow-artifacts/artifacts/pinned/new/file"])
        {
            using var put = await later.Http.PutAsync(other, new StringContent("changed"), Cancel);
            using var deleted = await later.Http.DeleteAsync(other, Cancel);
            using var parts = await later.Http.PostAsync(other.Replace("mlflow-artifacts/artifacts", "mlflow-artifacts/mpu/create", StringComparison.Ordinal), new StringContent("""{"path": "model.pkl", "num_parts": 1}""", null, "application/json"), Cancel);
            Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (put.StatusCode, deleted.StatusCode, parts.StatusCode));
        }

        await later.CallAsync("POST", "model-versions/create", $$"""{"name": "m", "source": "mlflow-artifacts:/{{address}}"}""");
        Assert.Equal("pickled", await later.Http.GetStringAsync("/model-versions/get-artifact?name=m&version=2&path=model.pkl", Cancel));
        await later.CallAsync("DELETE", "model-versions/delete", """{"name": "m", "version": "1"}""");
        using var ended = await later.Http.GetAsync(pinned, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, ended.StatusCode);
        var content = (await later.Client.GetModelVersionAsync("m", 2, Cancel)).Content;
        Assert.Equal(["python_function", "sklearn"], content.GetProperty("flavors").EnumerateArray().Select(flavor => flavor.GetString()));
        Assert.Equal("code", content.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Keeps_its_history_under_a_new_name_and_leaves_none_of_it_to_another_of_the_old_one()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "fares"}""");
        await flyball.CallAsync("DELETE", "registered-models/delete", """{"name": "fares"}""");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "fares"}""");
        await flyball.RegisterAsync("fares", await flyball.RunWithAsync(("model/a.txt", "a")), "model");
        await flyball.CallAsync("POST", "registered-models/rename", """{"name": "fares", "new_name": "fares2"}""");
        Assert.Equal(["model.renamed fares2", "model.version-registered fares/1", "model.registered fares"], await HistoryAsync("fares"));
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "fares"}""");
        await flyball.RegisterAsync("fares2", await flyball.RunWithAsync(("model/b.txt", "b")), "model");
        Assert.Equal(["model.registered fares"], await HistoryAsync("fares"));
        Assert.Equal(["model.version-registered fares2/2", "model.renamed fares2", "model.version-registered fares/1", "model.registered fares"], await HistoryAsync("fares2"));

        // a name that another model gives up is not the first one's past, and what was deleted keeps its own
        await flyball.CallAsync("DELETE", "registered-models/delete", """{"name": "fares"}""");
        Assert.Equal(["model.deleted fares", "model.registered fares"], await HistoryAsync("fares"));
        await flyball.CallAsync("POST", "registered-models/rename", """{"name": "fares2", "new_name": "fares"}""");
        Assert.Equal(["model.renamed fares", "model.version-registered fares2/2", "model.renamed fares2", "model.version-registered fares/1", "model.registered fares"], await HistoryAsync("fares"));

        async Task<IEnumerable<string>> HistoryAsync(string name) => (await flyball.Client.ReadHistoryAsync(name, Cancel)).Select(entry => $"{entry.Type} {entry.Subject[(entry.Subject.IndexOf(':', StringComparison.Ordinal) + 1)..]}");
    }

    [Theory]
    [InlineData("model.onnx", "data")]
    [InlineData("model.PKL", "code")]
    [InlineData("weights.pth", "code")]
    [InlineData("readme.md", "unknown")]
    [InlineData("model.onnx,MLmodel,requirements.txt,input_example.json,weights.data", "data")]
    [InlineData("model.onnx,preprocessor", "unknown")]
    [InlineData("model.onnx,parts.zip", "unknown")]
    [InlineData("model.onnx,code/steps.py", "code")]
    public async Task Is_marked_by_what_loading_it_would_do(string files, string kind)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        await flyball.RegisterAsync("m", await flyball.RunWithAsync([.. files.Split(',').Select(file => ($"model/{file}", "x"))]), "model");
        Assert.Equal(kind, (await flyball.Client.GetModelVersionAsync("m", 1, Cancel)).Content.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Has_dense_and_unique_numbers_however_many_register_at_once_and_one_creation_wins()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var experiments = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => flyball.TryAsync("POST", "experiments/create", """{"name": "x"}""")));
        var created = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => flyball.TryAsync("POST", "registered-models/create", """{"name": "m"}""")));
        foreach (var answers in new[] { experiments, created }) Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(created.Concat(experiments).Where(answer => answer.Status != HttpStatusCode.OK), answer => Assert.Equal((HttpStatusCode.BadRequest, "RESOURCE_ALREADY_EXISTS"), (answer.Status, answer.Json.GetProperty("error_code").GetString())));
        var run = await flyball.RunWithAsync(("model/a.txt", "a"));
        var versions = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => flyball.RegisterAsync("m", run, "model")));
        Assert.Equal(Enumerable.Range(1, 40), versions.Select(version => int.Parse(version.GetProperty("model_version").GetProperty("version").GetString()!, System.Globalization.CultureInfo.InvariantCulture)).Order());
        await flyball.CallAsync("DELETE", "model-versions/delete", """{"name": "m", "version": "40"}""");
        Assert.Equal("41", (await flyball.RegisterAsync("m", run, "model")).GetProperty("model_version").GetProperty("version").GetString());
        await Task.WhenAll(Enumerable.Range(1, 20).Select(version => flyball.CallAsync("POST", "registered-models/alias", $$"""{"name": "m", "alias": "best", "version": "{{version}}"}""")));
        var alias = Assert.Single((await flyball.CallAsync("GET", "registered-models/get?name=m")).GetProperty("registered_model").GetProperty("aliases").EnumerateArray());
        var moves = (await flyball.Client.ReadHistoryAsync("m", Cancel)).Where(entry => entry.Type == "model.alias-moved").ToList();
        Assert.Equal(20, moves.Count);
        Assert.Equal(alias.GetProperty("version").GetString(), moves[0].Data.GetProperty("version").ToString());
    }

    [Theory]
    [InlineData("registered-models/create", """{"name": "a/b"}""", "400 INVALID_PARAMETER_VALUE: Invalid model name 'a/b'. Names cannot contain '/' or ':'.")]
    [InlineData("registered-models/create", """{"name": " "}""", "400 INVALID_PARAMETER_VALUE: Missing value for required parameter 'name'.")]
    [InlineData("registered-models/create", """{}""", "400 INVALID_PARAMETER_VALUE: Missing value for required parameter 'name'. See the API docs for more information about request parameters.")]
    [InlineData("registered-models/alias", """{"name": "m", "alias": "a b", "version": "1"}""", "400 INVALID_PARAMETER_VALUE: Invalid alias name: 'a b'. Names may only contain alphanumerics, underscores (_), and dashes (-).")]
    [InlineData("registered-models/alias", """{"name": "m", "alias": "Latest", "version": "1"}""", "400 INVALID_PARAMETER_VALUE: 'latest' alias name (case insensitive) is reserved.")]
    [InlineData("registered-models/alias", """{"name": "m", "alias": "v12", "version": "1"}""", "400 INVALID_PARAMETER_VALUE: Version alias name 'v12' is reserved.")]
    [InlineData("registered-models/alias", """{"name": "m", "alias": "a", "version": "9"}""", "404 RESOURCE_DOES_NOT_EXIST: Model Version (name=m, version=9) not found")]
    [InlineData("registered-models/alias", """{"name": "m", "alias": "a", "version": "x"}""", "400 INVALID_PARAMETER_VALUE: Parameter 'version' must be an integer, got 'x'.")]
    [InlineData("model-versions/create", """{"name": "none", "source": "s3://b/x"}""", "404 RESOURCE_DOES_NOT_EXIST: Registered Model with name=none not found")]
    [InlineData("model-versions/transition-stage", """{"name": "m", "version": "1", "stage": "Live"}""", "400 INVALID_PARAMETER_VALUE: Invalid Model Version stage: Live. Value must be one of None, Staging, Production, Archived.")]
    [InlineData("model-versions/transition-stage", """{"name": "m", "version": "1", "stage": "archived", "archive_existing_versions": true}""", "500 INTERNAL_ERROR: Model version transition cannot archive existing model versions because 'archived' is not an Active stage. Valid stages are ['Staging', 'Production']")]
    public async Task Is_refused_in_the_words_of_MLflow(string path, string body, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        await flyball.RegisterAsync("m", await flyball.RunWithAsync(("model/a.txt", "a")), "model");
        Assert.Equal(said, await flyball.RefusedAsync("POST", path, body));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("file:///etc/passwd")]
    [InlineData("file://localhost/etc")]
    [InlineData("C:\\\\models")]
    [InlineData("model")]
    [InlineData("s3://bucket")]
    [InlineData("s3://bucket/../other")]
    [InlineData("s3://bucket/%2e%2e/other")]
    [InlineData("s3://bucket/%252e%252e/other")]
    [InlineData("mlflow-artifacts:/0/x/artifacts/../../y")]
    [InlineData("runs:/abc/..%2f..")]
    [InlineData("mlflow-artifacts:/0/a%00b/artifacts")]
    public async Task Takes_no_source_that_leads_elsewhere(string source)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        var refused = await flyball.RefusedAsync("POST", "model-versions/create", $$"""{"name": "m", "source": "{{source}}", "run_id": "abc"}""");
        Assert.StartsWith("400 INVALID_PARAMETER_VALUE: Invalid", refused);
        Assert.Empty(await flyball.Client.ListModelVersionsAsync("m", Cancel));
    }

    [Fact]
    public async Task Is_found_by_name_tag_and_version_and_prompts_are_left_out()
    {
        await using var flyball = await TestFlyball.StartAsync();
        foreach (var name in (string[])["alpha", "beta", "gamma"]) await flyball.CallAsync("POST", "registered-models/create", $$"""{"name": "{{name}}", "tags": [{"key": "team", "value": "{{name[..1]}}"}]}""");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "prompt", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}""");
        var run = await flyball.RunWithAsync(("model/a.txt", "a"));
        for (var i = 0; i < 3; i++) await flyball.RegisterAsync("beta", run, "model");
        Assert.Equal(["alpha", "beta", "gamma"], await NamesAsync(flyball, ""));
        Assert.Equal(["gamma", "beta"], await NamesAsync(flyball, "&filter=name != 'alpha'&order_by=name DESC"));
        Assert.Equal(["alpha", "beta"], await NamesAsync(flyball, "&filter=tags.team = 'a' OR name ILIKE 'BET%25'"));
        Assert.Equal(["prompt"], await NamesAsync(flyball, "&filter=tags.`mlflow.prompt.is_prompt` = 'true'"));
        var page = await flyball.CallAsync("GET", "registered-models/search?max_results=2");
        var next = await flyball.CallAsync("GET", $"registered-models/search?max_results=2&page_token={Uri.EscapeDataString(page.GetProperty("next_page_token").GetString()!)}");
        Assert.Equal("gamma", Assert.Single(next.GetProperty("registered_models").EnumerateArray()).GetProperty("name").GetString());
        var versions = await flyball.CallAsync("GET", "model-versions/search?filter=name = 'beta' and version_number > 1&order_by=version_number ASC");
        Assert.Equal(["2", "3"], versions.GetProperty("model_versions").EnumerateArray().Select(version => version.GetProperty("version").GetString()));
    }

    [Fact]
    public async Task Has_a_latest_version_which_is_MLflows_first_of_the_newest_of_each_stage()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        Assert.Equal("404 RESOURCE_DOES_NOT_EXIST: Latest version not found for model m.", await flyball.RefusedAsync("GET", "registered-models/alias?name=m&alias=latest"));
        for (var i = 0; i < 3; i++) await flyball.CallAsync("POST", "model-versions/create", """{"name": "m", "source": "s3://bucket/m"}""");
        Assert.Equal("3", await LatestAsync());

        // with stages, the newest at the stage that the oldest version is at, as MLflow's own store tells it
        foreach (var (version, stage, latest) in ((string, string, string)[])[("3", "Archived", "2"), ("1", "Production", "1"), ("2", "Production", "2")])
        {
            await flyball.CallAsync("POST", "model-versions/transition-stage", $$"""{"name": "m", "version": "{{version}}", "stage": "{{stage}}", "archive_existing_versions": false}""");
            Assert.Equal(latest, await LatestAsync());
        }

        async Task<string?> LatestAsync() => (await flyball.CallAsync("GET", "registered-models/alias?name=m&alias=Latest")).GetProperty("model_version").GetProperty("version").GetString();
    }

    [Fact]
    public async Task That_a_project_trains_is_not_renamed_deleted_or_led_by_what_Flyball_cannot_serve()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var (_, model) = (0, (await flyball.CallAsync("GET", "registered-models/get?name=line")).GetProperty("registered_model"));
        Assert.Contains(model.GetProperty("aliases").EnumerateArray(), alias => alias.GetProperty("alias").GetString() == "champion");
        Assert.StartsWith("400 INVALID_STATE: The model line is trained by the project straight", await flyball.RefusedAsync("POST", "registered-models/rename", """{"name": "line", "new_name": "bent"}"""));
        Assert.StartsWith("400 INVALID_STATE: The model line is trained by the project straight", await flyball.RefusedAsync("DELETE", "registered-models/delete", """{"name": "line"}"""));
        Assert.StartsWith("400 INVALID_STATE: Version 1 of line cannot be deleted", await flyball.RefusedAsync("DELETE", "model-versions/delete", """{"name": "line", "version": "1"}"""));
        await flyball.RegisterAsync("line", await flyball.RunWithAsync(("model/model.pkl", "x")), "model");
        Assert.StartsWith("400 INVALID_STATE: The champion of line serves the predictions", await flyball.RefusedAsync("POST", "registered-models/alias", """{"name": "line", "alias": "champion", "version": "2"}"""));
        var source = (await flyball.CallAsync("GET", "model-versions/get-download-uri?name=line&version=1")).GetProperty("artifact_uri").GetString()!;
        Assert.Contains("flavors:", await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/{source["mlflow-artifacts:/".Length..]}/MLmodel", Cancel));
        var copied = await flyball.CallAsync("POST", "registered-models/create", """{"name": "copy"}""");
        Assert.Equal("copy", copied.GetProperty("registered_model").GetProperty("name").GetString());
        await flyball.CallAsync("POST", "model-versions/create", """{"name": "copy", "source": "models:/line@champion"}""");
        Assert.Contains("flavors:", await flyball.Http.GetStringAsync("/model-versions/get-artifact?name=copy&version=1&path=MLmodel", Cancel));
    }

    [Theory]
    [InlineData("traces/search")]
    [InlineData("gateway/endpoints/list")]
    [InlineData("scorers/register")]
    [InlineData("prompt-optimization/jobs")]
    [InlineData("issues/search")]
    public async Task Is_what_Flyball_is_about_and_the_rest_is_refused_clearly(string path)
    {
        await using var flyball = await TestFlyball.StartAsync();
        Assert.StartsWith("501 NOT_IMPLEMENTED: ", await flyball.RefusedAsync("POST", path, "{}"));
        Assert.StartsWith("404 ENDPOINT_NOT_FOUND: ", await flyball.RefusedAsync("POST", "no/such/call", "{}"));
    }

    private static async Task<List<string>> NamesAsync(TestFlyball flyball, string query)
    {
        var answer = await flyball.CallAsync("GET", $"registered-models/search?max_results=100{query}");
        return [.. answer.GetProperty("registered_models").EnumerateArray().Select(model => model.GetProperty("name").GetString()!)];
    }
}
