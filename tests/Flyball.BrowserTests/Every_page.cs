namespace Flyball.BrowserTests;

/// <summary>Each page of the demo, on a desk and on a phone, by day and by night.</summary>
public sealed class Every_page(Browser browser, DemoCity demo) : IClassFixture<DemoCity>
{
    private static readonly (string Page, string Title, string Heading)[] Pages =
    [
        ("home", "Home", "^(All is well|One thing needs attention|\\d+ things need attention)$"),
        ("project", "city-trips", "^city-trips$"),
        ("data", "Data", "^Data$"),
        ("dataset", "orders", "^orders$"),
        ("dataset version", "trips v1", "^trips v1$"),
        ("validation", "Is it as expected?", "^Is it as expected\\?$"),
        ("quarantine", "What was set aside", "^What was set aside$"),
        ("model version", "trip-minutes version 2", "^trip-minutes version 2$"),
        ("model card", "Model card of trip-minutes version 2", "^Model card of trip-minutes version 2$"),
        ("lineage", "Lineage of trip-minutes v2", "^Lineage of trip-minutes v2$"),
        ("models", "Models", "^Models$"),
        ("model", "trip-minutes", "^trip-minutes$"),
        ("compare versions", "trip-minutes: version 1 against 2", "^trip-minutes: version 1 against 2$"),
        ("registered version", "<img src=x onerror=alert(1)> version 1", "^<img src=x onerror=alert\\(1\\)> version 1$"),
        ("run", "trip-minutes", "^trip-minutes"),
        ("run with curves", "trip-minutes-4-files", "^trip-minutes-4-files$"),
        ("deployment", "trip-minutes", "^trip-minutes$"),
        ("drift", "Drift of trip-minutes", "^Drift of trip-minutes$"),
        ("backtest", "Backtest of trip-minutes", "^Backtest of trip-minutes$"),
        ("journal", "Journal", "^Journal$"),
        ("journal entry", "Journal", "^Journal$"),
        ("sign-in", "Sign in", "^Sign in$"),
    ];

    public static TheoryData<string, int, bool> Cases()
    {
        var cases = new TheoryData<string, int, bool>();
        foreach (var (page, _, _) in Pages) foreach (var width in (int[])[1400, 390]) foreach (var dark in (bool[])[false, true]) cases.Add(page, width, dark);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Is_whole_and_readable(string page, int width, bool dark)
    {
        await using var tab = await browser.OpenAsync(demo.Url, width, dark);
        await tab.GoAsync(demo.Paths[page]);
        await tab.Page.WaitForFunctionAsync("() => [...document.querySelectorAll('traffic-line')].every(element => element.querySelector('svg'))");
        await tab.Page.DrawnAsync();
        await Looks.KeepAsync(tab.Page, $"{page.Replace(' ', '-')}-{width}-{(dark ? "dark" : "light")}");

        var (_, title, heading) = Array.Find(Pages, known => known.Page == page);
        Assert.StartsWith(title, await tab.Page.TitleAsync());
        Assert.EndsWith(" · Flyball", await tab.Page.TitleAsync());
        Assert.Matches(heading, await tab.HeadingAsync());
        Assert.Empty(tab.Complaints);
        Assert.Equal([demo.Url.Authority], tab.Asked);
        Assert.Empty(await tab.Page.BeyondTheScreenAsync());
        Assert.Empty(await tab.Page.FaintTextsAsync());
        Assert.Empty(await tab.Page.AstrayTextsAsync());
        if (dark) Assert.InRange(await tab.Page.GroundAsync(), 0, 0.2);
        else Assert.InRange(await tab.Page.GroundAsync(), 0.8, 1);
    }

    [Fact]
    public async Task Can_be_reached_by_following_links()
    {
        await using var tab = await browser.OpenAsync(demo.Url, 390);
        await tab.GoAsync("/");
        await FollowAsync("a.card", "city-trips");
        await FollowAsync("td a[href='/models/trip-minutes/2']", "trip-minutes version 2");
        await FollowAsync("dd a[href^='/runs/']", "trip-minutes");
        await tab.Page.GoBackAsync();
        await FollowAsync("dd a[href^='/datasets/']", "trips v");
        await FollowAsync(".crumbs a[href^='/projects/']", "city-trips");
        await FollowAsync(".loop-list a[href='/deployments/trip-minutes']", "trip-minutes");
        await FollowAsync("td a[href*='/drift/']", "Drift of trip-minutes");
        await FollowAsync(".crumbs a", "trip-minutes");
        await FollowAsync(".top a[href='/journal']", "Journal");
        await FollowAsync("a[href^='/journal?Entry=']", "Journal");
        Assert.True(await tab.Page.Locator(".chain li").CountAsync() > 0);
        Assert.Empty(tab.Complaints);

        async Task FollowAsync(string link, string heading)
        {
            await tab.Page.Locator(link).First.ClickAsync();
            await tab.Page.WaitForFunctionAsync("heading => document.querySelector('h1')?.textContent.startsWith(heading)", heading);
        }
    }

    [Fact]
    public async Task Shows_traffic_as_it_comes()
    {
        await using var tab = await browser.OpenAsync(demo.Url);
        await tab.GoAsync(demo.Paths["deployment"]);
        var counted = tab.Page.Locator("[data-traffic=requests]");
        var before = await counted.InnerTextAsync();
        await tab.Page.WaitForFunctionAsync("before => Number(document.querySelector('[data-traffic=requests]').textContent.replaceAll(',', '')) > Number(before.replaceAll(',', '')) + 3", before);
        Assert.Empty(tab.Complaints);
    }
}
