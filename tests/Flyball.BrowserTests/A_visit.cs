using Flyball.Client;
using Flyball.Tests;
using static Microsoft.Playwright.Assertions;

namespace Flyball.BrowserTests;

/// <summary>What a person does with the pages of a server that is just starting.</summary>
public sealed class A_visit(Browser browser)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_an_empty_server_says_what_to_do_next()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await using var tab = await browser.OpenAsync(flyball.Server.Url, 390);
        await tab.GoAsync("/");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("flyball init");
        await Looks.KeepAsync(tab.Page, "home-empty-390-light");
        await tab.GoAsync("/journal");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("flyball up");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Sees_the_journal_grow_without_loading_again()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync("/journal");
        await tab.Page.EvaluateAsync("() => { window.sameVisit = true; }");
        await Expect(tab.Page.Locator(".entry")).ToHaveCountAsync(0);
        await LineProject.ApplyAsync(flyball);
        await Expect(tab.Page.Locator(".entry").First).ToContainTextAsync("straight");
        await flyball.UntilQuietAsync();
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("line serves version 1");
        Assert.True(await tab.Page.EvaluateAsync<bool>("() => window.sameVisit === true"));
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Sees_what_traffic_there_is_while_the_rest_of_the_page_changes()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync("/deployments/line");
        var ask = new StringContent("""{"instances": [{"x": 3}]}""", System.Text.Encoding.UTF8, "application/json");
        (await flyball.Http.PostAsync("/deployments/line/invocations", ask, Cancel)).EnsureSuccessStatusCode();
        await Expect(tab.Page.Locator("[data-traffic=p50]")).Not.ToHaveTextAsync("–", new() { Timeout = 20_000 });
        await tab.Page.EvaluateAsync("() => { window.dashes = 0; new MutationObserver(() => { if (document.querySelector('[data-traffic=p50]').textContent === '–') window.dashes++; }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true }); }");
        await tab.Page.RunAndWaitForResponseAsync(() => flyball.Client.StartRunAsync("0", "the journal grows", Cancel), response => response.Url.EndsWith("/deployments/line", StringComparison.Ordinal), new() { Timeout = 20_000 });
        await tab.Page.WaitForResponseAsync(response => response.Url.EndsWith("/traffic", StringComparison.Ordinal));
        Assert.Equal(0, await tab.Page.EvaluateAsync<int>("() => window.dashes"));
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Shows_only_what_the_filter_of_the_journal_asks_for()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync("/journal");
        await tab.Page.Locator("select[name=Type]").SelectOptionAsync("deployment.changed");
        await tab.Page.Locator("form.row button").ClickAsync();
        await Expect(tab.Page.Locator(".entry")).ToHaveCountAsync(1);
        Assert.Contains("Type=deployment.changed", tab.Page.Url);
        await Expect(tab.Page.Locator("select[name=Type]")).ToHaveValueAsync("deployment.changed");
    }

    [Fact]
    public async Task Needs_a_known_token_where_users_are_named_and_ends_with_signing_out()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var user = await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), Cancel);
        await using var tab = await browser.OpenAsync(flyball.Server.Url, 390);
        await tab.GoAsync("/journal");
        Assert.Equal("Sign in", await tab.HeadingAsync());
        await tab.Page.Locator("input[name=token]").FillAsync("guess");
        await tab.Page.Locator("form.row button").ClickAsync();
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("not known");
        await tab.Page.Locator("input[name=token]").FillAsync(user.Token);
        await tab.Page.Locator("form.row button").ClickAsync();
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Journal");
        Assert.Equal("/journal", new Uri(tab.Page.Url).AbsolutePath);
        Assert.DoesNotContain(user.Token, await tab.Page.EvaluateAsync<string>("() => document.cookie"));
        await Expect(tab.Page.Locator(".top")).ToContainTextAsync("someone@example.org");
        await Looks.KeepAsync(tab.Page, "signed-in-390-light");
        Assert.Empty(await tab.Page.BeyondTheScreenAsync());
        await tab.Page.Locator(".top form button").ClickAsync();
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Sign in");
        await tab.GoAsync("/");
        Assert.Equal("Sign in", await tab.HeadingAsync());
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task To_a_page_that_is_not_there_leads_home()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await using var tab = await browser.OpenAsync(flyball.Server.Url, 390, dark: true);
        Assert.Equal(404, (await tab.Page.GotoAsync("/models/none/1"))!.Status);
        Assert.Equal("Not found", await tab.HeadingAsync());
        await Expect(tab.Page.Locator(".lead")).ToContainTextAsync("Model Version (name=none, version=1) not found");
        Assert.Empty(await tab.Page.BeyondTheScreenAsync());
        await Looks.KeepAsync(tab.Page, "not-found-390-dark");
        await tab.Page.Locator("main a").ClickAsync();
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("All is well");
    }

    [Fact]
    public async Task Keeps_the_chosen_theme()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync("/");
        Assert.InRange(await tab.Page.GroundAsync(), 0.8, 1);
        await tab.Page.Locator("[data-theme-toggle]").ClickAsync();
        Assert.InRange(await tab.Page.GroundAsync(), 0, 0.2);
        await tab.GoAsync("/journal");
        Assert.InRange(await tab.Page.GroundAsync(), 0, 0.2);
    }

    [Fact]
    public async Task Reads_the_curves_that_come_into_view_and_no_others()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync(await flyball.Client.EnsureExperimentAsync("many", Cancel), "many", Cancel);
        var values = Enumerable.Range(0, 40 * 3).Select(i => new MetricValue($"m{i / 3:00}", i % 3, DateTimeOffset.UnixEpoch.AddDays(19_000), i % 3));
        await flyball.Client.LogAsync(run, [.. values], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        await using var tab = await browser.OpenAsync(flyball.Server.Url, width: 390);
        await tab.GoAsync($"/runs/{run}");
        await Expect(tab.Page.Locator("metric-curves")).ToHaveCountAsync(40);
        await tab.Page.Locator("metric-curves").First.ScrollIntoViewIfNeededAsync();
        await Expect(tab.Page.Locator("metric-curves").First.Locator("path.curve")).ToHaveCountAsync(1);
        Assert.InRange(await tab.Page.Locator("path.curve").CountAsync(), 1, 20);
        await tab.Page.Locator("metric-curves").Last.ScrollIntoViewIfNeededAsync();
        await Expect(tab.Page.Locator("metric-curves").Last.Locator("path.curve")).ToHaveCountAsync(1);
        Assert.InRange(await tab.Page.Locator("path.curve").CountAsync(), 2, 30);
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Draws_the_curve_of_a_metric_with_steps_and_none_of_one_without()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var experiment = await flyball.Client.EnsureExperimentAsync("curves", Cancel);
        var run = await flyball.Client.StartRunAsync(experiment, "falling", Cancel);
        var values = Enumerable.Range(0, 200).Select(step => new MetricValue("loss", 1 / (1.0 + step), DateTimeOffset.UnixEpoch.AddDays(19_000).AddSeconds(step), step));
        await flyball.Client.LogAsync(run, [.. values, new MetricValue("accuracy", 0.9, DateTimeOffset.UnixEpoch.AddDays(19_000), 0)], new Dictionary<string, string> { ["eta"] = "0.1" }, new Dictionary<string, string>(), Cancel);
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync($"/runs/{run}");
        await Expect(tab.Page.Locator("metric-curves path.curve")).ToHaveCountAsync(1);
        Assert.Equal(200, (await tab.Page.Locator("path.curve").GetAttributeAsync("d"))!.Count(c => c is 'M' or 'L'));
        await tab.Page.Locator("input[name=log]").CheckAsync();
        Assert.Contains("log=true", tab.Page.Url);
        await Expect(tab.Page.Locator("svg text", new() { HasTextString = "0.01" })).ToHaveCountAsync(1);
        Assert.Empty(tab.Complaints);
    }
}
