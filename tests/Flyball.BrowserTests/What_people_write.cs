using System.Text;
using Flyball.Client;
using Flyball.Tests;
using static Microsoft.Playwright.Assertions;

namespace Flyball.BrowserTests;

/// <summary>Notes, descriptions, tags, stages and aliases, changed on the pages that show them.</summary>
public sealed class What_people_write(Browser browser)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1400)]
    [InlineData(390)]
    public async Task Is_where_they_wrote_it(int width)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "first", Cancel);
        await flyball.Client.LogArtifactAsync("0", run, "model/weights.json", new MemoryStream(Encoding.UTF8.GetBytes("{}")), Cancel);
        await flyball.Client.RegisterModelAsync("m", null, null, Cancel);
        for (var i = 0; i < 2; i++) await flyball.Client.RegisterModelVersionAsync(new RegisterVersion("m", "0", run, "model"), Cancel);
        await using var tab = await browser.OpenAsync(flyball.Server.Url, width);
        var page = tab.Page;

        await tab.GoAsync($"/runs/{run}");
        await page.GetByText("Write a note").ClickAsync();
        await page.Locator(".text-form textarea").FillAsync("**bold** <b>not</b>");
        // the run goes on meanwhile: its page is live, and leaves what is being written
        await flyball.Client.LogAsync(run, [new MetricValue("rmse", 0.5, DateTimeOffset.UnixEpoch.AddDays(19_000), 0)], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        await Expect(page.GetByText("rmse").First).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await Expect(page.Locator(".text-form textarea")).ToHaveValueAsync("**bold** <b>not</b>");
        await page.Locator(".text-form button").ClickAsync();
        await Expect(page.Locator("main strong", new() { HasTextString = "bold" })).ToHaveCountAsync(1);
        await Expect(page.GetByText("Change the note")).ToBeVisibleAsync();
        await Expect(page.Locator("main b")).ToHaveCountAsync(0);
        await page.Locator("#tags summary").ClickAsync();
        await page.Locator("#tags input[name=key]").FillAsync("why");
        await page.Locator("#tags input[name=value]").FillAsync("a try");
        await page.Locator("#tags button").First.ClickAsync();
        await Expect(page.Locator("#tags dd")).ToContainTextAsync(["a try"]);

        await tab.GoAsync("/models/m");
        await page.GetByText("Write a description").ClickAsync();
        await page.Locator(".text-form textarea").FillAsync("weighs");
        await page.Locator(".text-form button").ClickAsync();
        await Expect(page.Locator("p.text")).ToHaveTextAsync("weighs");
        await page.Locator("#aliases summary").ClickAsync();
        await page.Locator("#aliases input[name=alias]").FillAsync("a b");
        await page.Locator("#aliases button").First.ClickAsync();
        await Expect(page.Locator("main")).ToContainTextAsync("Invalid alias name");
        await page.Locator("#aliases summary").ClickAsync();
        await page.Locator("#aliases input[name=alias]").FillAsync("best");
        await page.Locator("#aliases input[name=version]").FillAsync("1");
        await page.Locator("#aliases input[name=reason]").FillAsync("fewer errors");
        await page.Locator("#aliases button").First.ClickAsync();
        await Expect(page.Locator("#aliases td", new() { HasTextString = "fewer errors" })).ToHaveCountAsync(1);
        Assert.Empty(await page.BeyondTheScreenAsync());

        await tab.GoAsync("/models/m/1");
        await page.Locator("#stage summary").ClickAsync();
        await page.Locator("select[name=stage]").SelectOptionAsync("Production");
        await page.Locator("form[action$='/stage'] button").ClickAsync();
        await Expect(page.Locator("#stage p")).ToHaveTextAsync("Production");
        Assert.Equal("Production", Assert.Single(await flyball.Client.ReadLatestVersionsAsync("m", ["Production"], Cancel)).Stage);
        // the browser tells of the one form that was refused
        Assert.All(tab.Complaints, complaint => Assert.Contains("400", complaint));
    }
}
