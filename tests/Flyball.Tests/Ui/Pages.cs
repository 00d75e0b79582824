using System.Net;
using System.Text.RegularExpressions;
using Flyball.Client;

namespace Flyball.Tests.Ui;

/// <summary>Every page of a small project that went through the loop, as a browser would ask for it.</summary>
public sealed partial class Pages
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answer_lead_to_each_other_and_run_nothing_from_elsewhere()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var (seen, waiting) = (new HashSet<string>(), new Queue<string>(["/", "/sign-in"]));
        while (waiting.TryDequeue(out var path))
        {
            if (!seen.Add(path)) continue;
            using var answer = await flyball.Http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
            var html = await answer.Content.ReadAsStringAsync(Cancel);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path} answered {(int)answer.StatusCode}");
            if (answer.Content.Headers.ContentType?.MediaType != "text/html") continue;
            Assert.Contains("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Matches("<h1>[^<]+</h1>", html);
            Assert.Matches("<title>[^<]+ · Flyball</title>", html);
            Assert.DoesNotContain("<script>", html);
            foreach (Match link in Links().Matches(html)) waiting.Enqueue(WebUtility.HtmlDecode(link.Groups[1].Value));
        }

        foreach (var page in (string[])["/journal", "/projects/straight", "/datasets/straight/rows/1", "/models/line/1", "/deployments/line"]) Assert.Contains(page, seen);
        Assert.Contains(seen, path => path.StartsWith("/runs/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/projects/none")]
    [InlineData("/models/none/1")]
    [InlineData("/datasets/none/none/1")]
    [InlineData("/runs/none")]
    [InlineData("/deployments/none")]
    [InlineData("/deployments/none/drift/none")]
    [InlineData("/backtests/none")]
    [InlineData("/models/line/first")]
    [InlineData("/models/line/99999999999")]
    [InlineData("/datasets/straight/rows/-1")]
    [InlineData("/nothing/here")]
    public async Task Say_so_when_there_is_no_such_thing(string path)
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var program = await flyball.Http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (program.StatusCode, program.Content.Headers.ContentType?.MediaType));
        using var asked = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html,application/xhtml+xml" } } };
        using var person = await flyball.Http.SendAsync(asked, Cancel);
        Assert.Equal((HttpStatusCode.NotFound, "text/html"), (person.StatusCode, person.Content.Headers.ContentType?.MediaType));
        Assert.Contains("<h1>Not found</h1>", await person.Content.ReadAsStringAsync(Cancel));
        Assert.Contains("default-src 'self'", person.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public async Task Ask_a_stranger_to_sign_in_and_remember_the_way()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var user = await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), Cancel);
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = flyball.Server.Url };
        browser.DefaultRequestHeaders.Add("Accept", "text/html");
        Assert.Equal("/sign-in?to=%2Fjournal", (await browser.GetAsync("/journal", Cancel)).Headers.Location?.ToString());
        Assert.Equal("/sign-in?wrong=1&to=%2Fjournal", (await SignInAsync(browser, "guess", "/journal")).Headers.Location?.ToString());
        Assert.Equal("/", (await SignInAsync(browser, user.Token, "//elsewhere.example.org")).Headers.Location?.ToString());
        var signedIn = await SignInAsync(browser, user.Token, "/journal");
        Assert.Equal("/journal", signedIn.Headers.Location?.ToString());
        var cookie = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/journal", Cancel)).StatusCode);
        await browser.PostAsync("/sign-out", null, Cancel);
        Assert.Equal(HttpStatusCode.Redirect, (await browser.GetAsync("/journal", Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("/journal?Project=a%20b&Type=model.version-registered", true)]
    [InlineData("/experiments/1?Filter=params.%22a%22%20%3D%20%27%C3%BC%27", true)]
    [InlineData("/models/%E6%A8%A1%09/1", true)]
    [InlineData("/\t/elsewhere.example.org", false)]
    [InlineData("/\r\n/elsewhere.example.org", false)]
    [InlineData("\t//elsewhere.example.org", false)]
    [InlineData("/\\elsewhere.example.org", false)]
    [InlineData("https://elsewhere.example.org", false)]
    [InlineData("/journal?Project=\u00fc", false)]
    [InlineData("/\u007f", false)]
    [InlineData("", false)]
    public async Task Lead_back_to_an_address_of_this_server_alone(string to, bool own)
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = flyball.Server.Url };
        using var answer = await SignInAsync(browser, flyball.Server.OwnerToken, to);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(own ? to : "/", Assert.Single(answer.Headers.GetValues("Location")));
    }

    [Fact]
    public async Task Hear_of_it_when_the_journal_grows()
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var answer = await flyball.Http.GetAsync("/api/journal/live", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        Assert.Equal("event: listening", await reader.ReadLineAsync(Cancel));
        await LineProject.ApplyAsync(flyball);
        string? line;
        do line = await reader.ReadLineAsync(Cancel);
        while (line is not (null or "event: grown"));
        Assert.Equal("event: grown", line);
    }

    private static Task<HttpResponseMessage> SignInAsync(HttpClient browser, string token, string to) =>
        browser.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = token, ["to"] = to }), Cancel);

    [GeneratedRegex("""(?:href|src)="(/[^"#]*)"[^>]*>""")]
    private static partial Regex Links();
}
