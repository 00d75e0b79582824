using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Ui;

/// <summary>
/// Forms that pages send. The gate has checked the origin, and other sites cannot send the cookie, so a form needs no token.
/// </summary>
internal static class Forms
{
    /// <summary>The fields of a page's form.</summary>
    /// <exception cref="Refusal">The body is no such form, or holds more or longer fields than one has.</exception>
    public static async Task<IFormCollection> ReadAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType || http.Request.ContentType!.StartsWith("multipart", StringComparison.OrdinalIgnoreCase)) throw Malformed();
        try
        {
            return await http.Request.ReadFormAsync(http.RequestAborted);
        }
        catch (InvalidDataException)
        {
            throw Malformed();
        }
    }

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>
        /// Maps what a form on the page <typeparamref name="TPage"/> changes. Afterwards the browser is sent where <paramref name="change"/> says; where it refuses, the page is shown again with what is wrong (<see cref="FailureOf{TPage}"/>).
        /// </summary>
        public void MapForm<TPage>(string pattern, Permission permission, Func<HttpContext, IFormCollection, Task<string>> change)
            where TPage : IComponent
        {
            RequestDelegate handler = async http =>
            {
                var form = await ReadAsync(http);
                try
                {
                    http.Response.Redirect(await change(http, form));
                }
                catch (Refusal refusal)
                {
                    http.Response.StatusCode = (int)refusal.Kind;
                    http.Items[typeof(TPage)] = refusal.Message;
                    await Pages.Of<TPage>(http).ExecuteAsync(http);
                }
            };
            routes.MapPost(pattern, handler).Needs(permission);
        }
    }

    /// <summary>What was wrong with the form that this page has sent; null where nothing was.</summary>
    public static string? FailureOf<TPage>(HttpContext http)
        where TPage : IComponent => http.Items[typeof(TPage)] as string;

    /// <summary>Whether a form sets what it names, or deletes it, by its field <c>do</c>.</summary>
    /// <exception cref="Refusal">It says neither.</exception>
    public static bool IsSet(IFormCollection form) => form["do"].ToString() switch
    {
        "set" => true,
        "delete" => false,
        _ => throw Refusal.Invalid("form-malformed", "This form sets or deletes."),
    };

    private static Refusal Malformed() => Refusal.Invalid("form-malformed", "This takes the form of one of the server's pages: fields in the URL's encoding, no NUL characters, and no longer than the page lets them be.");
}
