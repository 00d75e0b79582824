using Flyball.Foundation;
using Microsoft.AspNetCore.Http;

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

    private static Refusal Malformed() => Refusal.Invalid("form-malformed", "This takes the form of one of the server's pages: fields in the URL's encoding, no NUL characters, and no longer than the page lets them be.");
}
