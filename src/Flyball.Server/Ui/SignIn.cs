using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Ui;

/// <summary>Signing in on the pages: the token becomes a cookie that scripts cannot read and other sites cannot send.</summary>
internal static class SignIn
{
    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        RequestDelegate page = http => Pages.Of<SignInPage>(http).ExecuteAsync(http);
        routes.MapGet("/sign-in", page).Open();

        // the gate has checked the origin; there is no session yet that a forged form could use
        routes.MapPost("/sign-in", async (HttpContext http, Users users, DataDirectory data) =>
        {
            var form = await Forms.ReadAsync(http);
            var (token, to) = (form["token"].ToString(), Local(form["to"].ToString()));
            if (users.Find(token) is null) return Results.Redirect($"/sign-in?wrong=1&to={Uri.EscapeDataString(to)}");
            http.Response.Cookies.Append(AccessGate.Cookie(data), token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/" });
            return Results.Redirect(to);
        }).Open().DisableAntiforgery();
        routes.MapPost("/sign-out", (HttpContext http, DataDirectory data) =>
        {
            http.Response.Cookies.Delete(AccessGate.Cookie(data));
            return Results.Redirect("/sign-in");
        }).Open().DisableAntiforgery();
    }

    /// <summary>
    /// A path of this server, never another site's. Browsers leave out tabs and line breaks and take a backslash for a slash, so "/", a tab and "/elsewhere" would lead elsewhere;
    /// addresses that the gate sends here are percent-encoded and hold none of them.
    /// </summary>
    private static string Local(string to) => to.StartsWith('/') && !to.StartsWith("//", StringComparison.Ordinal) && to.All(sign => sign is > ' ' and <= '~' and not '\\') ? to : "/";
}
