using Microsoft.AspNetCore.Http;

namespace Flyball.Server.Tracking;

/// <summary>
/// MLflow's clients ask the same under four prefixes: /api and /ajax-api, 2.0 and 3.0. The API is mapped once; this brings the others there before routes are looked for.
/// </summary>
internal sealed class MLflowPrefixes(RequestDelegate next)
{
    private static readonly string[] Others = ["/ajax-api/2.0/", "/api/3.0/", "/ajax-api/3.0/"];

    public Task InvokeAsync(HttpContext http)
    {
        // a client that puts an address with a slash at its end before a path
        if (http.Request.Path.Value is { } doubled && doubled.StartsWith("//", StringComparison.Ordinal)) http.Request.Path = new PathString("/" + doubled.TrimStart('/'));
        if (http.Request.Path.Value is { } path && path.StartsWith("/a", StringComparison.Ordinal))
        {
            foreach (var prefix in Others)
            {
                if (path.StartsWith(prefix, StringComparison.Ordinal) && path.AsSpan(prefix.Length).StartsWith("mlflow", StringComparison.Ordinal)) http.Request.Path = new PathString($"{MLflowApi.Prefix}/{path[prefix.Length..]}");
            }
        }

        return next(http);
    }
}
