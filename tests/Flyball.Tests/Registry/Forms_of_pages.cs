using System.Net;
using System.Net.Http.Headers;
using Flyball.Client;

namespace Flyball.Tests.Registry;

/// <summary>What people change on the pages of models, versions and runs.</summary>
public sealed class Forms_of_pages
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Describe_and_tag_a_model_and_let_an_alias_stand_for_a_version_with_its_reason()
    {
        await using var flyball = await StartAsync();
        Assert.Contains("<p class=\"text\">minutes of a trip &lt;b&gt;</p>", await SendAsync(flyball, "/models/m/description", ("text", " minutes of a trip <b> ")));
        Assert.Contains("<dt>team</dt><dd>city &lt;i&gt;</dd>", await SendAsync(flyball, "/models/m/tags", ("key", "team"), ("value", "city <i>"), ("do", "set")));
        Assert.DoesNotContain("<dt>team</dt>", await SendAsync(flyball, "/models/m/tags", ("key", "team"), ("value", ""), ("do", "delete")));
        var page = await SendAsync(flyball, "/models/m/aliases", ("alias", "production"), ("version", "2"), ("reason", "agreed <script>"), ("do", "set"));
        Assert.Contains("agreed &lt;script&gt;", page);
        var moved = Assert.Single(await flyball.Client.ListAliasesAsync("m", Cancel));
        Assert.Equal(("production", 2, "agreed <script>"), (moved.Alias, moved.Version, moved.Reason));
        await SendAsync(flyball, "/models/m/aliases", ("alias", "production"), ("version", "1"), ("reason", ""), ("do", "delete"));
        Assert.Empty(await flyball.Client.ListAliasesAsync("m", Cancel));
        Assert.Contains((await flyball.Client.ReadHistoryAsync("m", Cancel)), entry => entry.Type == "model.alias-moved" && entry.Data.GetProperty("reason").GetString() == "agreed <script>");
    }

    [Fact]
    public async Task Describe_tag_and_move_a_version_to_a_stage()
    {
        await using var flyball = await StartAsync();
        Assert.Contains("<p class=\"text\">first try</p>", await SendAsync(flyball, "/models/m/1/description", ("text", "first try")));
        Assert.Contains("<dt>k</dt><dd>v</dd>", await SendAsync(flyball, "/models/m/1/tags", ("key", "k"), ("value", "v"), ("do", "set")));
        await SendAsync(flyball, "/models/m/1/stage", ("stage", "Production"));
        Assert.Contains("<p>Production</p>", await SendAsync(flyball, "/models/m/2/stage", ("stage", "Production"), ("archive", "true")));
        Assert.Contains("<p>Archived</p>", await flyball.Http.GetStringAsync("/models/m/1", Cancel));
    }

    [Fact]
    public async Task Write_a_note_and_tags_of_a_run()
    {
        await using var flyball = await StartAsync();
        var run = await flyball.RunWithAsync();
        Assert.Contains("<strong>bold</strong>", await SendAsync(flyball, $"/runs/{run}/note", ("text", "**bold** <script>alert(1)</script>")));
        Assert.DoesNotContain("<script>alert", await flyball.Http.GetStringAsync($"/runs/{run}", Cancel));
        Assert.Contains("<dt>why</dt><dd>a try</dd>", await SendAsync(flyball, $"/runs/{run}/tags", ("key", "why"), ("value", "a try"), ("do", "set")));
        Assert.DoesNotContain("<dt>why</dt>", await SendAsync(flyball, $"/runs/{run}/tags", ("key", "why"), ("value", ""), ("do", "delete")));
        await flyball.CallAsync("POST", "runs/delete", $$"""{"run_id": "{{run}}"}""");
        Assert.DoesNotContain("<form method=\"post\"", await flyball.Http.GetStringAsync($"/runs/{run}", Cancel));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(flyball, $"/runs/{run}/note", ("text", "late")));
    }

    [Theory]
    [InlineData("/models/m/aliases", "alias=production&version=9&reason=&do=set", 404, "version=9) not found")]
    [InlineData("/models/m/aliases", "alias=production&version=one&reason=&do=set", 400, "must be an integer")]
    [InlineData("/models/m/aliases", "alias=a+b&version=1&reason=&do=set", 400, "Invalid alias name")]
    [InlineData("/models/m/aliases", "alias=latest&version=1&reason=&do=set", 400, "is reserved")]
    [InlineData("/models/m/aliases", "alias=production&version=1&reason=x", 400, "sets or deletes")]
    [InlineData("/models/m/tags", "key=&value=v&do=set", 400, "key")]
    [InlineData("/models/m/1/stage", "stage=Somewhere", 400, "Invalid Model Version stage")]
    [InlineData("/models/m/1/stage", "stage=Archived&archive=true", 400, "untick the box")]
    [InlineData("/models/none/description", "text=x", 404, "not found")]
    [InlineData("/models/m/description", "text=a%00b", 400, "NUL")]
    public async Task Say_on_the_page_what_was_wrong_and_change_nothing(string path, string form, int status, string said)
    {
        await using var flyball = await StartAsync();
        using var answer = await flyball.Http.PostAsync(path, new StringContent(form, null, "application/x-www-form-urlencoded"), Cancel);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(said, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(Cancel)));
        Assert.Empty(await flyball.Client.ListAliasesAsync("m", Cancel));
        Assert.Contains("\"current_stage\":\"None\"", (await flyball.CallAsync("GET", "model-versions/get?name=m&version=1")).ToString());
    }

    [Fact]
    public async Task Find_models_by_MLflows_filters_a_hundred_at_a_time()
    {
        await using var flyball = await TestFlyball.StartAsync();
        for (var i = 0; i < 130; i++) await flyball.CallAsync("POST", "registered-models/create", $$"""{"name": "m{{i:d3}}", "tags": [{"key": "team", "value": "t{{i % 2}}"}]}""");
        await flyball.CallAsync("POST", "model-versions/create", """{"name": "m129", "source": "s3://bucket/m"}""");
        await flyball.CallAsync("POST", "registered-models/alias", """{"name": "m129", "alias": "production", "version": "1"}""");
        var first = await flyball.Http.GetStringAsync("/models", Cancel);
        var next = WebUtility.HtmlDecode(System.Text.RegularExpressions.Regex.Match(first, "rel=\"next\" href=\"([^\"]+)\"").Groups[1].Value);
        var second = await flyball.Http.GetStringAsync(next, Cancel);
        Assert.Contains("production v1", first);
        Assert.Equal(Enumerable.Range(0, 130).Select(i => $"m{i:d3}"), Names(first).Concat(Names(second)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("rel=\"next\"", second);
        var filtered = await flyball.Http.GetStringAsync("/models?filter=" + Uri.EscapeDataString("tags.team = 't1' AND name LIKE 'm00%'"), Cancel);
        Assert.Equal(["m001", "m003", "m005", "m007", "m009"], Names(filtered).Order(StringComparer.Ordinal));
        Assert.Contains("The filter is not understood", await flyball.Http.GetStringAsync("/models?filter=" + Uri.EscapeDataString("metrics.a > 1"), Cancel));
        Assert.Contains("No model is like that", await flyball.Http.GetStringAsync("/models?filter=" + Uri.EscapeDataString("name = 'none'"), Cancel));
        using var wrong = await flyball.Http.GetAsync(new Uri("/models?after=zz", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Are_neither_shown_to_nor_taken_from_whoever_may_only_look()
    {
        await using var flyball = await StartAsync();
        var run = await flyball.RunWithAsync();
        var added = await flyball.Client.AddUserAsync(new AddUser("viewer@example.org", "viewer"), Cancel);
        using var viewer = new HttpClient { BaseAddress = flyball.Server.Url };
        viewer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", added.Token);
        foreach (var page in (string[])["/models/m", "/models/m/1", $"/runs/{run}"])
        {
            Assert.DoesNotContain("<form method=\"post\" action=\"/models", await viewer.GetStringAsync(page, Cancel));
            Assert.DoesNotContain("<form method=\"post\" action=\"/runs", await viewer.GetStringAsync(page, Cancel));
        }

        using var answer = await viewer.PostAsync("/models/m/description", new FormUrlEncodedContent([new("text", "x")]), Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static IEnumerable<string> Names(string page) => System.Text.RegularExpressions.Regex.Matches(page, "<a href=\"/models/(m[0-9]+)\"").Select(match => match.Groups[1].Value);

    private static async Task<TestFlyball> StartAsync()
    {
        var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        for (var i = 0; i < 2; i++) await flyball.CallAsync("POST", "model-versions/create", """{"name": "m", "source": "s3://bucket/m"}""");
        return flyball;
    }

    /// <summary>The page that follows.</summary>
    private static async Task<string> SendAsync(TestFlyball flyball, string path, params (string Name, string Value)[] fields)
    {
        using var answer = await flyball.Http.PostAsync(path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))), Cancel);
        var page = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, page);
        return page;
    }

    private static async Task<HttpStatusCode> StatusAsync(TestFlyball flyball, string path, params (string Name, string Value)[] fields)
    {
        using var answer = await flyball.Http.PostAsync(path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))), Cancel);
        return answer.StatusCode;
    }
}
