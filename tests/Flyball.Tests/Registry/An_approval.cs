using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Flyball.Client;

namespace Flyball.Tests.Registry;

public sealed class An_approval
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task By_someone_other_than_the_author_lets_a_protected_alias_move()
    {
        await using var flyball = await StartAsync();
        using var engineer = await UserAsync(flyball, "engineer");
        using var approver = await UserAsync(flyball, "approver");
        using var admin = await UserAsync(flyball, "admin");
        await RegisterAsync(engineer);
        await RegisterAsync(admin);
        Assert.Equal(403, (await Assert.ThrowsAsync<FlyballException>(() => Api(flyball, engineer).ProtectAliasAsync(null, "production", Cancel))).Status);
        await Api(flyball, admin).ProtectAliasAsync(null, "production", Cancel);
        await Api(flyball, admin).ProtectAliasAsync(null, "production", Cancel);
        Assert.Equal("production", Assert.Single(await Api(flyball, engineer).ListProtectedAliasesAsync("m", Cancel)).Alias);

        // the author cannot, neither by moving nor, being an admin, by approving
        Assert.Equal("403 PERMISSION_DENIED: The alias production of m is protected; an approver other than engineer@example.org, who registered version 1, must approve it first (flyball approve m 1 --alias production).", await AliasAsync(engineer, 1));
        Assert.StartsWith("403 PERMISSION_DENIED: The alias production of m is protected; an approver other than admin@example.org", await AliasAsync(admin, 2));
        Assert.Contains("somebody else must decide", (await Assert.ThrowsAsync<FlyballException>(() => Api(flyball, admin).DecideAsync("m", 2, new DecideVersion("production", true, ""), Cancel))).Message);
        Assert.Equal("200", await AliasAsync(engineer, 1, "other"));

        // approved, whoever may write moves it; an approval is of one version and one alias
        var decided = await Api(flyball, approver).DecideAsync("m", 1, new DecideVersion("production", true, "looked at the slices"), Cancel);
        Assert.Equal(("m", 1, "production", true, "approver@example.org"), (decided.Model, decided.Version, decided.Alias, decided.Approved, decided.By));
        Assert.Equal("200", await AliasAsync(engineer, 1));
        Assert.StartsWith("403", await AliasAsync(engineer, 2));

        // deleting needs an approver, and a later rejection holds for everyone until somebody decides anew
        Assert.StartsWith("403 PERMISSION_DENIED: The alias production of m is protected; deleting it", await SendAsync(engineer, "DELETE", "registered-models/alias", """{"name": "m", "alias": "production"}"""));
        Assert.Equal(400, (await Assert.ThrowsAsync<FlyballException>(() => Api(flyball, approver).DecideAsync("m", 1, new DecideVersion("production", false, " "), Cancel))).Status);
        await Api(flyball, approver).DecideAsync("m", 1, new DecideVersion("production", false, "a slice fails"), Cancel);
        Assert.Equal("200", await SendAsync(admin, "DELETE", "registered-models/alias", """{"name": "m", "alias": "production"}"""));
        Assert.Equal("403 PERMISSION_DENIED: approver@example.org rejected version 1 of m for production: a slice fails An approver may decide anew.", await AliasAsync(admin, 1));
        Assert.Equal([false, true], (await Api(flyball, engineer).ListApprovalsAsync("m", 1, Cancel)).Select(known => known.Approved));

        // an approver moves what is not theirs without another word; unprotected, anyone does
        using var move = await SendAsync(approver, HttpMethod.Put, "/api/models/m/aliases/production", """{"version": 2, "reason": "agreed"}""");
        Assert.Equal(HttpStatusCode.NoContent, move.StatusCode);
        await Api(flyball, admin).UnprotectAliasAsync(null, "production", Cancel);
        Assert.Equal("200", await AliasAsync(engineer, 1));
        var history = await flyball.Client.ReadHistoryAsync("m", Cancel);
        Assert.Equal(2, history.Count(entry => entry.Type is "model.version-approved" or "model.version-rejected"));
    }

    [Fact]
    public async Task Holds_for_stages_too_and_follows_a_renamed_model_and_ends_with_a_deleted_one()
    {
        await using var flyball = await StartAsync();
        using var engineer = await UserAsync(flyball, "engineer");
        using var approver = await UserAsync(flyball, "approver");
        await RegisterAsync(engineer);
        await flyball.Client.ProtectAliasAsync("m", "production", Cancel);
        const string Stage = """{"name": "m", "version": "1", "stage": "production"}""";
        Assert.StartsWith("403 PERMISSION_DENIED: The alias production of m is protected", await SendAsync(engineer, "POST", "model-versions/transition-stage", Stage));
        Assert.Equal("200", await SendAsync(engineer, "POST", "model-versions/transition-stage", """{"name": "m", "version": "1", "stage": "Staging"}"""));
        Assert.Equal("200", await SendAsync(engineer, "POST", "registered-models/rename", """{"name": "m", "new_name": "n"}"""));
        Assert.StartsWith("403", await SendAsync(engineer, "POST", "model-versions/transition-stage", Stage.Replace("\"m\"", "\"n\"", StringComparison.Ordinal)));
        await Api(flyball, approver).DecideAsync("n", 1, new DecideVersion("production", true, ""), Cancel);
        Assert.Equal("200", await SendAsync(engineer, "POST", "model-versions/transition-stage", Stage.Replace("\"m\"", "\"n\"", StringComparison.Ordinal)));
        Assert.StartsWith("403", await SendAsync(engineer, "POST", "model-versions/transition-stage", """{"name": "n", "version": "1", "stage": "Archived"}"""));

        // numbers begin anew with a model of that name: what was decided about another must not count
        using var admin = await UserAsync(flyball, "admin");
        Assert.StartsWith("403", await SendAsync(engineer, "DELETE", "registered-models/delete", """{"name": "n"}"""));
        Assert.Equal("200", await SendAsync(admin, "DELETE", "registered-models/delete", """{"name": "n"}"""));
        Assert.Equal("200", await SendAsync(engineer, "POST", "registered-models/create", """{"name": "n"}"""));
        await RegisterAsync(engineer, "n");
        Assert.Empty(await flyball.Client.ListApprovalsAsync("n", 1, Cancel));
        Assert.StartsWith("403", await AliasAsync(engineer, 1, model: "n"));
    }

    [Fact]
    public async Task Is_not_asked_of_the_one_person_of_a_machine_without_users_and_is_given_on_the_page()
    {
        await using var flyball = await StartAsync();
        await RegisterAsync(flyball.Http);
        await flyball.Client.ProtectAliasAsync("m", "production", Cancel);
        Assert.Contains("production moves only to a version that is approved", await flyball.Http.GetStringAsync("/models/m/1", Cancel));
        using (var form = await flyball.Http.PostAsync("/models/m/1/decide", new FormUrlEncodedContent([new("alias", "production"), new("decision", "reject"), new("comment", "")]), Cancel))
        {
            Assert.Equal(HttpStatusCode.BadRequest, form.StatusCode);
            Assert.Contains("A rejection needs a comment", await form.Content.ReadAsStringAsync(Cancel));
        }

        using (var form = await flyball.Http.PostAsync("/models/m/1/decide", new FormUrlEncodedContent([new("alias", "production"), new("decision", "approve"), new("comment", "<b>fine</b>")]), Cancel))
        {
            Assert.Contains("&lt;b&gt;fine&lt;/b&gt;", await form.Content.ReadAsStringAsync(Cancel));
        }

        Assert.Equal("200", await AliasAsync(flyball.Http, 1));

        // with users there are others to ask
        using var admin = await UserAsync(flyball, "admin");
        Assert.Contains("somebody else must decide", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.DecideAsync("m", 1, new DecideVersion("champion", true, ""), Cancel))).Message);
        foreach (var name in (string[])["owner", "Flyball"]) Assert.Contains("names no person here", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.AddUserAsync(new AddUser(name, "admin"), Cancel))).Message);
        Assert.Contains("in other letter case", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.AddUserAsync(new AddUser("ADMIN@example.org", "admin"), Cancel))).Message);
    }

    [Fact]
    public async Task Is_not_got_round_by_giving_the_name_of_one_model_to_another()
    {
        await using var flyball = await StartAsync();
        using var engineer = await UserAsync(flyball, "engineer");
        using var approver = await UserAsync(flyball, "approver");
        await flyball.Client.ProtectAliasAsync(null, "production", Cancel);
        await RegisterAsync(engineer);
        Assert.Equal("200", await SendAsync(engineer, "POST", "registered-models/create", """{"name": "toy"}"""));
        await RegisterAsync(engineer, "toy");
        foreach (var model in (string[])["m", "toy"]) Assert.Equal("200", await AliasAsync(approver, 1, model: model));
        foreach (var model in (string[])["m", "toy"])
        {
            Assert.Contains("deleting it, or renaming the model away from it, needs the role approver", await SendAsync(engineer, "POST", "registered-models/rename", $$"""{"name": "{{model}}", "new_name": "away"}"""));
        }

        using var admin = await UserAsync(flyball, "admin");
        Assert.Equal("200", await SendAsync(admin, "POST", "registered-models/rename", """{"name": "m", "new_name": "away"}"""));
    }

    [Fact]
    public async Task Is_not_got_round_by_names_stages_deletions_or_texts()
    {
        await using var flyball = await StartAsync();
        using var engineer = await UserAsync(flyball, "engineer");
        using var approver = await UserAsync(flyball, "approver");
        await RegisterAsync(engineer);
        await RegisterAsync(engineer);
        await flyball.Client.ProtectAliasAsync("m", "production", Cancel);

        // a name given to itself, taken away, or taken over
        Assert.Equal("200", await SendAsync(engineer, "POST", "registered-models/rename", """{"name": "m", "new_name": "m"}"""));
        Assert.StartsWith("403", await AliasAsync(engineer, 1));
        Assert.Equal("200", await SendAsync(engineer, "POST", "registered-models/create", """{"name": "evil"}"""));
        await RegisterAsync(engineer, "evil");
        Assert.Equal("200", await AliasAsync(engineer, 1, model: "evil"));
        Assert.Equal("200", await SendAsync(engineer, "POST", "registered-models/rename", """{"name": "m", "new_name": "away"}"""));
        Assert.StartsWith("403 PERMISSION_DENIED: The alias production of m is protected; version 1 of evil would stand under it", await SendAsync(engineer, "POST", "registered-models/rename", """{"name": "evil", "new_name": "m"}"""));
        Assert.StartsWith("403", await AliasAsync(engineer, 1, model: "away"));
        Assert.Equal("200", await SendAsync(engineer, "POST", "registered-models/rename", """{"name": "away", "new_name": "m"}"""));

        // what is approved and stands is not deleted or archived by whoever may not put another there
        await Api(flyball, approver).DecideAsync("m", 1, new DecideVersion("production", true, ""), Cancel);
        Assert.Equal("200", await AliasAsync(engineer, 1));
        Assert.Equal("200", await AliasAsync(engineer, 1));
        Assert.StartsWith("403", await SendAsync(engineer, "DELETE", "model-versions/delete", """{"name": "m", "version": "1"}"""));
        Assert.StartsWith("403", await SendAsync(engineer, "DELETE", "registered-models/delete", """{"name": "m"}"""));
        Assert.Equal("200", await SendAsync(engineer, "POST", "model-versions/transition-stage", """{"name": "m", "version": "1", "stage": "Production"}"""));
        await flyball.Client.UnprotectAliasAsync("m", "production", Cancel);
        Assert.Equal("200", await SendAsync(engineer, "POST", "model-versions/transition-stage", """{"name": "m", "version": "2", "stage": "Production"}"""));
        await flyball.Client.ProtectAliasAsync("m", "production", Cancel);
        Assert.StartsWith("403", await SendAsync(engineer, "POST", "model-versions/transition-stage", """{"name": "m", "version": "2", "stage": "Production", "archive_existing_versions": true}"""));

        // a prompt's text is its content
        Assert.Equal("200", await SendAsync(engineer, "POST", "model-versions/set-tag", """{"name": "m", "version": "1", "key": "mlflow.prompt.text", "value": "hi"}"""));
        Assert.Contains("does not change", await SendAsync(engineer, "POST", "model-versions/set-tag", """{"name": "m", "version": "1", "key": "mlflow.prompt.text", "value": "ho"}"""));
        Assert.Contains("does not change", await SendAsync(engineer, "DELETE", "model-versions/delete-tag", """{"name": "m", "version": "1", "key": "mlflow.prompt.text"}"""));
        Assert.StartsWith("400", await SendAsync(engineer, "POST", "registered-models/alias", """{"name": "m", "alias": "production\n", "version": "2"}"""));
        Assert.Equal(400, (await Assert.ThrowsAsync<FlyballException>(() => Api(flyball, approver).DecideAsync("m", 1, new DecideVersion("production", false, "a\0"), Cancel))).Status);
        using var form = await SendAsync(approver, HttpMethod.Post, "/models/m/1/decide", "", new StringContent("decision=approve&alias=production&comment=a%00b", null, "application/x-www-form-urlencoded"));
        Assert.Equal(HttpStatusCode.BadRequest, form.StatusCode);
    }

    [Fact]
    public async Task Is_asked_of_the_loop_where_an_admin_protects_the_champion_and_nothing_is_promoted_that_no_gate_passed()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.ProtectAliasAsync(null, "champion", Cancel);
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        Assert.Equal("challenger", Assert.Single(await flyball.Client.ListAliasesAsync("line", Cancel)).Alias);
        await flyball.Client.UnprotectAliasAsync(null, "champion", Cancel);
        await flyball.UntilQuietAsync();
        Assert.Contains(await flyball.Client.ListAliasesAsync("line", Cancel), alias => alias is { Alias: "champion", Version: 1 });

        await RegisterAsync(flyball.Http, "line");
        Assert.Equal("200", await AliasAsync(flyball.Http, 2, "challenger", "line"));
        await flyball.UntilQuietAsync();
        Assert.Contains(await flyball.Client.ListAliasesAsync("line", Cancel), alias => alias is { Alias: "champion", Version: 1 });
    }

    [Fact]
    public async Task Is_not_given_by_whoever_started_the_training()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        using var approver = await UserAsync(flyball, "approver");
        using var admin = await UserAsync(flyball, "admin");
        await Api(flyball, admin).StartTrainingAsync("straight", "line", new StartTraining("to see"), Cancel);
        await flyball.UntilQuietAsync();
        var refused = await Assert.ThrowsAsync<FlyballException>(() => Api(flyball, admin).DecideAsync("line", 2, new DecideVersion("champion", true, ""), Cancel));
        Assert.StartsWith("Version 2 of line was registered by admin@example.org; somebody else must decide", refused.Message);
        await Api(flyball, approver).DecideAsync("line", 2, new DecideVersion("champion", true, ""), Cancel);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Is_what_the_loop_waits_for_where_the_project_requires_it(bool approved)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml + "\n    retrain: { approval: required }\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.DoesNotContain(await flyball.Client.ListAliasesAsync("line", Cancel), alias => alias.Alias == "champion");
        Assert.Contains("line version 1 waits for approval", await flyball.Http.GetStringAsync("/", Cancel));

        await flyball.Client.DecideAsync("line", 1, new DecideVersion("champion", approved, "as agreed"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.DoesNotContain("waits for approval", await flyball.Http.GetStringAsync("/", Cancel));
        var aliases = await flyball.Client.ListAliasesAsync("line", Cancel);
        if (!approved)
        {
            Assert.DoesNotContain(aliases, alias => alias.Alias == "champion");
            return;
        }

        Assert.StartsWith("approved by owner (as agreed); there was no champion", Assert.Single(aliases, alias => alias.Alias == "champion").Reason);
        Assert.Contains(await flyball.Client.WhyAsync("line", Cancel), entry => entry.Type == "model.version-approved");
        Assert.Contains(await flyball.Client.ListDeploymentsAsync(Cancel), deployment => deployment is { Name: "line", Version: 1 });
    }

    private static async Task<TestFlyball> StartAsync()
    {
        var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        return flyball;
    }

    private static async Task<HttpClient> UserAsync(TestFlyball flyball, string role)
    {
        var token = (await flyball.Client.AddUserAsync(new AddUser($"{role}@example.org", role), Cancel)).Token;
        return new HttpClient { BaseAddress = flyball.Http.BaseAddress, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
    }

    private static FlyballClient Api(TestFlyball flyball, HttpClient of) => new(flyball.Http.BaseAddress!, of.DefaultRequestHeaders.Authorization!.Parameter);

    [Fact]
    public async Task Lets_an_approver_move_aliases_and_stages_with_a_client_of_MLflow_and_change_nothing_else()
    {
        await using var flyball = await StartAsync();
        using var engineer = await UserAsync(flyball, "engineer");
        using var approver = await UserAsync(flyball, "approver");
        await flyball.Client.ProtectAliasAsync("m", "production", Cancel);
        await RegisterAsync(engineer);
        Assert.Equal("200", await AliasAsync(approver, 1));
        Assert.Equal("200", await SendAsync(approver, "POST", "model-versions/transition-stage", """{"name": "m", "version": "1", "stage": "production"}"""));
        Assert.Equal("200", await SendAsync(approver, "DELETE", "registered-models/alias", """{"name": "m", "alias": "production"}"""));
        Assert.StartsWith("403 PERMISSION_DENIED", await SendAsync(approver, "POST", "model-versions/set-tag", """{"name": "m", "version": "1", "key": "k", "value": "v"}"""));
        Assert.StartsWith("403 PERMISSION_DENIED", await SendAsync(approver, "DELETE", "model-versions/delete", """{"name": "m", "version": "1"}"""));
    }

    [Fact]
    public async Task Is_of_files_that_are_there()
    {
        await using var flyball = await StartAsync();
        using var engineer = await UserAsync(flyball, "engineer");
        using var approver = await UserAsync(flyball, "approver");
        using var admin = await UserAsync(flyball, "admin");
        await flyball.Client.ProtectAliasAsync("m", "production", Cancel);
        using var created = await SendAsync(engineer, HttpMethod.Post, "/api/2.0/mlflow/runs/create", """{"experiment_id": "0"}""");
        var run = JsonSerializer.Deserialize<JsonElement>(await created.Content.ReadAsStringAsync(Cancel)).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
        var register = $$"""{"name": "m", "source": "mlflow-artifacts:/0/{{run}}/artifacts/model", "run_id": "{{run}}"}""";
        Assert.Equal("200", await SendAsync(engineer, "POST", "model-versions/create", register));
        using var put = await engineer.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model/weights.json", new StringContent("{}"), Cancel);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);

        const string Open = "Version 1 of m was registered before its files were there, so what it would be is open; register it again now that they are, or once they are.";
        Assert.Equal(Open, (await Assert.ThrowsAsync<FlyballException>(() => Api(flyball, approver).DecideAsync("m", 1, new DecideVersion("production", true, ""), Cancel))).Message);
        Assert.Equal($"400 INVALID_PARAMETER_VALUE: {Open}", await AliasAsync(admin, 1));
        Assert.Equal($"400 INVALID_PARAMETER_VALUE: {Open}", await SendAsync(admin, "POST", "model-versions/transition-stage", """{"name": "m", "version": "1", "stage": "production"}"""));
        Assert.Equal("200", await AliasAsync(engineer, 1, "other"));
        await Api(flyball, approver).DecideAsync("m", 1, new DecideVersion("production", false, "nothing there"), Cancel);

        Assert.Equal("200", await SendAsync(engineer, "POST", "model-versions/create", register));
        await Api(flyball, approver).DecideAsync("m", 2, new DecideVersion("production", true, ""), Cancel);
        Assert.Equal("200", await AliasAsync(engineer, 2));
    }

    private static async Task RegisterAsync(HttpClient by, string model = "m")
    {
        using var created = await SendAsync(by, HttpMethod.Post, "/api/2.0/mlflow/runs/create", """{"experiment_id": "0"}""");
        var run = JsonSerializer.Deserialize<JsonElement>(await created.Content.ReadAsStringAsync(Cancel)).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
        using var put = await by.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model/weights.json", new StringContent("{}"), Cancel);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("200", await SendAsync(by, "POST", "model-versions/create", $$"""{"name": "{{model}}", "source": "mlflow-artifacts:/0/{{run}}/artifacts/model", "run_id": "{{run}}"}"""));
    }

    private static Task<string> AliasAsync(HttpClient by, int version, string alias = "production", string model = "m") =>
        SendAsync(by, "POST", "registered-models/alias", $$"""{"name": "{{model}}", "alias": "{{alias}}", "version": "{{version}}"}""");

    /// <summary>The status of an MLflow call, with its error where it is one.</summary>
    private static async Task<string> SendAsync(HttpClient by, string method, string path, string body)
    {
        using var answer = await SendAsync(by, new HttpMethod(method), $"/api/2.0/mlflow/{path}", body);
        if (answer.IsSuccessStatusCode) return ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var json = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(Cancel));
        return $"{(int)answer.StatusCode} {json.GetProperty("error_code").GetString()}: {json.GetProperty("message").GetString()}";
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient by, HttpMethod method, string path, string body, HttpContent? content = null)
    {
        using var message = new HttpRequestMessage(method, path) { Content = content ?? new StringContent(body, null, "application/json") };
        return await by.SendAsync(message, Cancel);
    }
}
