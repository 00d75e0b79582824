using System.Net;
using System.Text;
using Flyball.Foundation;
using Microsoft.AspNetCore.Http;

namespace Flyball.Server.Access;

/// <summary>Stands in front of every route: own hosts only, same origin for unsafe verbs, then the route's permission. What states no permission is refused.</summary>
internal sealed class AccessGate(RequestDelegate next, Users users, ListenAddresses addresses, DataDirectory data)
{
    private readonly string cookie = Cookie(data);

    /// <summary>The cookie of a session. Browsers send a host's cookies to all of its ports, so the name tells one Flyball of a machine from the others.</summary>
    public static string Cookie(DataDirectory data) => $"flyball_session_{data.Identity[..8]}";

    public Task InvokeAsync(HttpContext http)
    {
        // whoever asks whether the server lives does it by any of the machine's addresses, and learns nothing
        if (!addresses.Knows(http.Request.Host.Host) && http.Request.Path.Value is not ("/health" or "/version"))
        {
            throw new Refusal(RefusalKind.Invalid, "host-unknown", $"This server does not answer for the host '{Refusal.Shown(http.Request.Host.Host)}'; start it with --allowed-host to add one.");
        }

        var request = http.Request;
        var safe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        if (!safe && !SameOrigin(request))
        {
            throw new Refusal(RefusalKind.Forbidden, "cross-origin", "A page of another origin may not change anything here.");
        }

        if (http.GetEndpoint() is not { } endpoint || IsRoutingsOwn(endpoint)) return next(http);
        var actor = Authenticate(request);
        if (actor is not null) http.Items[typeof(Actor)] = actor;
        if (endpoint.Metadata.GetMetadata<RouteAccess>() is not { } access) throw Refusal.Forbidden("This route states no permission.");
        if (access.Permission is not { } needed) return next(http);
        if (actor is null)
        {
            if (safe && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
            {
                http.Response.Redirect($"/sign-in?to={Uri.EscapeDataString(request.Path + request.QueryString)}");
                return Task.CompletedTask;
            }

            throw (Token(request) ?? request.Cookies[cookie]) is { Length: > 0 }
                ? new Refusal(RefusalKind.Unauthenticated, "token-unknown", "This token is not known here, or no longer; `flyball user token NAME` issues a new one.")
                : new Refusal(RefusalKind.Unauthenticated, "token-required", "This needs a token, since the server has named users: send `Authorization: Bearer …` (verbs: FLYBALL_TOKEN). An admin makes one with `flyball user add`; on the server's own machine, verbs that name its --data-dir need none.");
        }

        return actor.May(needed) ? next(http) : throw Refusal.Forbidden($"The role {Users.Text(actor.Role)} of '{actor.Name}' may not {needed.ToString().ToLowerInvariant()} here; ask an admin for another role.");
    }

    /// <summary>The answers of routing itself to another verb or media type than a path takes: they do nothing.</summary>
    private static bool IsRoutingsOwn(Endpoint endpoint) => endpoint is not Microsoft.AspNetCore.Routing.RouteEndpoint && endpoint.DisplayName is "405 HTTP Method Not Supported" or "415 HTTP Unsupported Media Type";

    private Actor? Authenticate(HttpRequest request)
    {
        if (Token(request) is { } token) return users.Find(token);
        if (request.Cookies.TryGetValue(cookie, out var session) && users.Find(session) is { } signedIn)
        {
            request.HttpContext.Items[typeof(SignedIn)] = new SignedIn(signedIn);
            return signedIn;
        }

        // a session that has ended is as good as none: with the last user removed, nobody could begin another
        // nobody but the machine's own people reaches a server that listens on loopback; whoever comes from elsewhere came another way
        return !users.Any && addresses.LoopbackOnly && request.HttpContext.Connection.RemoteIpAddress is { } peer && IPAddress.IsLoopback(peer) ? Actor.Owner : null;
    }

    /// <summary>What a program says of itself; null where the request is a browser's, or nobody's.</summary>
    private static string? Token(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return header[7..].Trim();
        if (header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            var buffer = new byte[header.Length];
            if (!Convert.TryFromBase64String(header[6..].Trim(), buffer, out var length)) return "";
            var pair = Encoding.UTF8.GetString(buffer, 0, length);
            return pair[(pair.IndexOf(':') + 1)..];
        }

        return null;
    }

    private static bool SameOrigin(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is "cross-site") return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>The names under which this server may be asked.</summary>
public sealed class ListenAddresses(IReadOnlyList<string> hosts, IReadOnlyList<string> allowed)
{
    public bool LoopbackOnly { get; } = hosts.All(IsLoopback);

    public bool Knows(string host) =>
        IsLoopback(host) || hosts.Contains(host, StringComparer.OrdinalIgnoreCase) || allowed.Contains(host, StringComparer.OrdinalIgnoreCase);

    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

internal static class ActorOfRequest
{
    extension(HttpContext http)
    {
        /// <summary>Whoever makes this request; only behind a route that needs a permission.</summary>
        public Actor Actor() => http.Items[typeof(Actor)] as Actor ?? throw new InvalidOperationException("an open route has no actor");

        /// <summary>Whoever has signed in on the pages and makes this request; null for all others.</summary>
        public Actor? SignedIn() => (http.Items[typeof(SignedIn)] as SignedIn)?.Actor;
    }
}

/// <summary>Marks a request that came in by a session of the sign-in page.</summary>
internal sealed record SignedIn(Actor Actor);
