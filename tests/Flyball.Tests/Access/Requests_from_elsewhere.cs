using System.Net;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server;

namespace Flyball.Tests.Access;

/// <summary>A page in a browser can make it send requests to loopback: neither another name for this machine nor another origin gets anything done.</summary>
public sealed class Requests_from_elsewhere
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "evil.example.org", null, null, HttpStatusCode.BadRequest, "host-unknown")]
    [InlineData("GET", "127.0.0.1.evil.example.org", null, null, HttpStatusCode.BadRequest, "host-unknown")]
    [InlineData("POST", "evil.example.org", null, null, HttpStatusCode.BadRequest, "host-unknown")]
    [InlineData("POST", null, "http://evil.example.org", null, HttpStatusCode.Forbidden, "cross-origin")]
    [InlineData("POST", null, "null", null, HttpStatusCode.Forbidden, "cross-origin")]
    [InlineData("POST", null, "http://127.0.0.1:1", null, HttpStatusCode.Forbidden, "cross-origin")]
    [InlineData("DELETE", null, "http://evil.example.org", null, HttpStatusCode.Forbidden, "cross-origin")]
    [InlineData("PUT", null, "http://evil.example.org", null, HttpStatusCode.Forbidden, "cross-origin")]
    [InlineData("POST", null, null, "cross-site", HttpStatusCode.Forbidden, "cross-origin")]
    public async Task Are_refused(string method, string? host, string? origin, string? site, HttpStatusCode status, string code)
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var answer = await SendAsync(flyball, method, host, origin, site);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(code, await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Empty(await flyball.Client.ListUsersAsync(Cancel));
        Assert.Empty(await flyball.JournalAsync());
    }

    [Theory]
    [InlineData("localhost", null, null)]
    [InlineData("[::1]", null, null)]
    [InlineData("mlops.example.org", null, null)]
    [InlineData(null, "own", "same-origin")]
    [InlineData(null, null, "none")]
    public async Task Are_taken_under_the_servers_own_names_and_from_its_own_pages(string? host, string? origin, string? site)
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { AllowedHosts = ["mlops.example.org"] });
        using var answer = await SendAsync(flyball, "POST", host, origin == "own" ? flyball.Server.Url.GetLeftPart(UriPartial.Authority) : origin, site);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(await flyball.Client.ListUsersAsync(Cancel));
    }

    [Theory]
    [InlineData("/health", HttpStatusCode.OK)]
    [InlineData("/version", HttpStatusCode.OK)]
    [InlineData("/api/users", HttpStatusCode.BadRequest)]
    [InlineData("/health/x", HttpStatusCode.BadRequest)]
    public async Task May_ask_under_any_name_whether_the_server_lives(string path, HttpStatusCode status)
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = "10.1.2.3";
        using var answer = await flyball.Http.SendAsync(request, Cancel);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task May_come_to_an_address_that_others_can_reach_only_with_a_token()
    {
        var flyball = await TestFlyball.StartAsync();
        var wide = new FlyballServerOptions { DataDirectory = Path.Combine(flyball.Folder, "data"), Urls = ["http://0.0.0.0:0"], ManualLoops = true };
        await flyball.StopAsync();
        Assert.Contains("needs named users", (await Assert.ThrowsAsync<StartupException>(() => FlyballServer.StartAsync(wide, Cancel))).Message);

        flyball = await TestFlyball.StartAsync(flyball.Folder);
        var token = (await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), Cancel)).Token;
        await flyball.StopAsync();
        await using (var server = await FlyballServer.StartAsync(wide, Cancel))
        {
            using var http = new HttpClient { BaseAddress = server.Url };
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/api/projects", Cancel)).StatusCode);
            using var client = new FlyballClient(server.Url, token);
            Assert.Empty(await client.ListProjectsAsync(Cancel));
        }

        Directory.Delete(flyball.Folder, recursive: true);
    }

    private static Task<HttpResponseMessage> SendAsync(TestFlyball flyball, string method, string? host, string? origin, string? site)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), method == "POST" ? "/api/users" : "/api/users/someone") { Content = method == "POST" ? new StringContent("""{"name": "someone", "role": "viewer"}""", null, "application/json") : null };
        if (method == "GET") request.RequestUri = new Uri("/api/users", UriKind.Relative);
        if (host is not null) request.Headers.Host = $"{host}:{flyball.Server.Url.Port}";
        if (origin is not null) request.Headers.TryAddWithoutValidation("Origin", origin);
        if (site is not null) request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", site);
        return flyball.Http.SendAsync(request, Cancel);
    }
}
