using System.Net;
using Flyball.Client;

namespace Flyball.Tests.Ui;

/// <summary>Browsers send the cookies of a host to every port of it, so whoever runs two servers on one machine shows each the sessions of both.</summary>
public sealed class Several_servers_in_one_browser
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_keep_their_own_session()
    {
        await using var one = await TestFlyball.StartAsync();
        await using var two = await TestFlyball.StartAsync();
        using var browser = Browser();
        await SignInAsync(browser, one, "ann");
        await SignInAsync(browser, two, "bob");
        Assert.Contains("<span class=\"who\">ann</span>", await PageAsync(browser, one));
        Assert.Contains("<span class=\"who\">bob</span>", await PageAsync(browser, two));
        await browser.PostAsync(new Uri(two.Server.Url, "/sign-out"), null, Cancel);
        Assert.Contains("<span class=\"who\">ann</span>", await PageAsync(browser, one));
        Assert.Null(await PageAsync(browser, two));
    }

    [Fact]
    public async Task Let_in_the_owner_where_nobody_is_named()
    {
        await using var one = await TestFlyball.StartAsync();
        await using var two = await TestFlyball.StartAsync();
        using var browser = Browser();
        await SignInAsync(browser, one, "ann");
        await IsOwnersAsync(browser, two);

        // a session outlives its user, and with the last of them nobody is left who could sign in
        await one.Client.RemoveUserAsync("ann", Cancel);
        await IsOwnersAsync(browser, one);
    }

    [Fact]
    public async Task Do_not_let_in_an_ended_session_where_somebody_is_named()
    {
        await using var one = await TestFlyball.StartAsync();
        using var browser = Browser();
        await SignInAsync(browser, one, "ann");
        await one.Client.AddUserAsync(new AddUser("bob", "admin"), Cancel);
        await one.Client.RemoveUserAsync("ann", Cancel);
        Assert.Null(await PageAsync(browser, one));
        using var answer = await browser.GetAsync(new Uri(one.Server.Url, "/api/projects"), Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("token-unknown", await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static HttpClient Browser() => new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });

    /// <summary>The owner sees the page and has not signed in.</summary>
    private static async Task IsOwnersAsync(HttpClient browser, TestFlyball flyball)
    {
        var page = await PageAsync(browser, flyball);
        Assert.NotNull(page);
        Assert.DoesNotContain("class=\"who\"", page);
    }

    /// <summary>The home page; null where it asks to sign in.</summary>
    private static async Task<string?> PageAsync(HttpClient browser, TestFlyball flyball)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, flyball.Server.Url) { Headers = { { "Accept", "text/html" } } };
        using var answer = await browser.SendAsync(request, Cancel);
        if (answer.StatusCode == HttpStatusCode.Redirect) return null;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private static async Task SignInAsync(HttpClient browser, TestFlyball flyball, string name)
    {
        var token = (await flyball.Client.AddUserAsync(new AddUser(name, "admin"), Cancel)).Token;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = token, ["to"] = "/" });
        using var answer = await browser.PostAsync(new Uri(flyball.Server.Url, "/sign-in"), form, Cancel);
        Assert.Equal("/", answer.Headers.Location?.ToString());
    }
}
