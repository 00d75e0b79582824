using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Ui;

/// <summary>How capabilities map their pages: a route, and a component that gets the route's values as parameters.</summary>
internal static class Pages
{
    /// <summary>Only what comes from this server runs or is shown; nobody may frame it.</summary>
    private const string Policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps a page for whoever may read. Route and query values become parameters of the same name, as text.</summary>
        public void MapPage<TPage>(string pattern)
            where TPage : IComponent
        {
            RequestDelegate page = http => Of<TPage>(http).ExecuteAsync(http);
            routes.MapGet(pattern, page).Needs(Permission.Read);
        }
    }

    /// <summary>The page as an answer.</summary>
    public static RazorComponentResult<TPage> Of<TPage>(HttpContext http)
        where TPage : IComponent
    {
        Protect(http);
        var known = typeof(TPage).GetProperties().Where(property => property.IsDefined(typeof(ParameterAttribute), inherit: true)).Select(property => property.Name);
        var parameters = new Dictionary<string, object?>();
        foreach (var name in known)
        {
            var value = http.Request.RouteValues.TryGetValue(name, out var routed) ? routed?.ToString() : http.Request.Query.TryGetValue(name, out var asked) ? asked.ToString() : null;
            if (value is not null) parameters[name] = value;
        }

        return new RazorComponentResult<TPage>(parameters);
    }

    /// <summary>Answers with a page that says why there is no other, if a person with a browser asks.</summary>
    public static async Task<bool> ErrorAsync(HttpContext http, int status, string message)
    {
        if (!IsAskedFor(http.Request)) return false;
        Protect(http);
        await new RazorComponentResult<NoPage>(new Dictionary<string, object?> { [nameof(NoPage.Status)] = status, [nameof(NoPage.Message)] = message }) { StatusCode = status }.ExecuteAsync(http);
        return true;
    }

    private static bool IsAskedFor(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && !request.Path.StartsWithSegments("/api") && !request.Path.StartsWithSegments("/v2") && !request.Path.StartsWithSegments("/ui");

    private static void Protect(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }
}
