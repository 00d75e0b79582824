using System.Buffers.Text;
using System.Text.Json;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Page tokens: the key of a page's last entry as base64 of JSON. Whoever makes one up gets no more than another page.</summary>
internal static class PageToken
{
    private const int Longest = 1 << 20;

    /// <summary>A page may end with an infinite number, or with long texts; nobody shows a token as a page.</summary>
    private static readonly JsonSerializerOptions Options = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(PageKey key) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(key, Options));

    /// <exception cref="Refusal">It is no token of a search with that many order keys.</exception>
    public static PageKey Read(string token, int keys)
    {
        try
        {
            if (token.Length <= Longest && JsonSerializer.Deserialize<PageKey>(Base64Url.DecodeFromChars(token), Options) is { Parts: { } parts, Run: not null } key && parts.Count == keys && parts.All(part => part is not null)) return key;
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException)
        {
            // told below
        }

        throw Refusal.Invalid("page-token", "Invalid page token, or one of a search with another order; start again without it.");
    }
}
