using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Flyball.Client;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Tests.Access;

public sealed partial class Roles_and_tokens
{
    /// <summary>What each role may do, written down a second time on purpose.</summary>
    public static TheoryData<string, Permission[]> Roles => new()
    {
        { "viewer", [Permission.Read] },
        { "engineer", [Permission.Read, Permission.Predict, Permission.Label, Permission.Write, Permission.MoveAliases] },
        { "approver", [Permission.Read, Permission.Approve, Permission.MoveAliases] },
        { "application", [Permission.Predict, Permission.Label] },
        { "admin", [Permission.Read, Permission.Predict, Permission.Label, Permission.Write, Permission.Approve, Permission.Administer, Permission.Work, Permission.MoveAliases] },
        { "worker", [Permission.Work] },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Open_the_routes_of_their_permissions_and_no_other(string role, Permission[] granted)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var token = (await flyball.Client.AddUserAsync(new AddUser($"{role}@example.org", role), Cancel)).Token;
        var (opened, closed) = (0, 0);
        foreach (var (method, path, permission) in Routes(flyball))
        {
            using var answer = await SendAsync(flyball, method, path, Bearer(token));
            if (granted.Contains(permission))
            {
                Assert.False(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, $"{role} may {permission}, but {method} {path} answered {(int)answer.StatusCode}");
                opened++;
            }
            else
            {
                Assert.True(answer.StatusCode == HttpStatusCode.Forbidden, $"{role} may not {permission}, but {method} {path} answered {(int)answer.StatusCode}");
                closed++;
            }
        }

        Assert.True(opened > 0);
        Assert.Equal(granted.Length == Enum.GetValues<Permission>().Length, closed == 0);
    }

    [Fact]
    public async Task Are_kept_as_hashes_only()
    {
        var flyball = await TestFlyball.StartAsync();
        var token = (await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), Cancel)).Token;
        Assert.Matches("^fb_[0-9a-f]{64}$", token);
        await flyball.StopAsync();
        var needles = new[] { token, token[3..] }.Select(Encoding.ASCII.GetBytes).ToList();
        foreach (var file in Directory.GetFiles(Path.Combine(flyball.Folder, "data"), "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file, Cancel);
            Assert.All(needles, needle => Assert.Equal(-1, bytes.AsSpan().IndexOf(needle)));
        }

        await using var again = await TestFlyball.StartAsync(flyball.Folder);
        using var answer = await SendAsync(again, "GET", "/api/projects", Bearer(token));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData(null, "token-required")]
    [InlineData("Bearer ", "token-required")]
    [InlineData("Bearer fb_0000000000000000000000000000000000000000000000000000000000000000", "token-unknown")]
    [InlineData("Basic !!!", "token-required")]
    [InlineData("Basic YTpi", "token-unknown")]
    [InlineData("Digest x", "token-required")]
    public async Task Without_a_good_one_nobody_comes_in(string? authorization, string code)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), Cancel);
        using var answer = await SendAsync(flyball, "GET", "/api/projects", authorization);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("Bearer", answer.Headers.WwwAuthenticate.ToString());
        Assert.Contains(code, await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Are_taken_as_the_password_of_basic_authentication_too()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var token = (await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), Cancel)).Token;
        using var answer = await SendAsync(flyball, "GET", "/api/projects", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{token}")));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Stop_working_when_replaced_or_when_their_user_is_removed()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var first = (await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), Cancel)).Token;
        await flyball.Client.AddUserAsync(new AddUser("other@example.org", "viewer"), Cancel);
        var second = (await flyball.Client.IssueTokenAsync("someone@example.org", Cancel)).Token;
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(flyball, "GET", "/api/projects", Bearer(first))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(flyball, "GET", "/api/projects", Bearer(second))).StatusCode);
        await flyball.Client.RemoveUserAsync("someone@example.org", Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(flyball, "GET", "/api/projects", Bearer(second))).StatusCode);
        Assert.Equal(["access.user-added", "access.user-added", "access.token-issued", "access.user-removed"], (await flyball.JournalAsync()).Select(entry => entry.Type));
    }

    [Theory]
    [InlineData("someone@example.org", "king", "role-unknown")]
    [InlineData("someone@example.org", "4", "role-unknown")]
    [InlineData("", "viewer", "user-name")]
    [InlineData("a b", "viewer", "user-name")]
    [InlineData("ab\n", "viewer", "user-name")]
    [InlineData("taken@example.org", "viewer", "user-exists")]
    public async Task Are_not_issued_to(string name, string role, string code)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.AddUserAsync(new AddUser("taken@example.org", "viewer"), Cancel);
        Assert.Equal(code, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.AddUserAsync(new AddUser(name, role), Cancel))).Code);
        Assert.Single(await flyball.Client.ListUsersAsync(Cancel));
    }

    private static string Bearer(string token) => $"Bearer {token}";

    /// <summary>Every route with its permission, its parameters filled with names of nothing. What waits for work or streams is asked last: by nobody.</summary>
    private static IEnumerable<(string Method, string Path, Permission Permission)> Routes(TestFlyball flyball) =>
        from route in flyball.Server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where route.Metadata.GetMetadata<RouteAccess>()?.Permission is not null && route.RoutePattern.RawText != "/api/jobs/claim"
        from method in route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        select (method, Parameter().Replace(route.RoutePattern.RawText!, "1"), route.Metadata.GetMetadata<RouteAccess>()!.Permission!.Value);

    private static Task<HttpResponseMessage> SendAsync(TestFlyball flyball, string method, string path, string? authorization)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (method is "POST" or "PUT" or "PATCH") request.Content = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        return flyball.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
