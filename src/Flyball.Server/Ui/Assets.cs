using System.Collections.Frozen;
using System.Security.Cryptography;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Ui;

/// <summary>Stylesheet, script and icon, from within the program.</summary>
internal static class Assets
{
    private static readonly FrozenDictionary<string, byte[]> Files = Read();

    /// <summary>Changes whenever a file does, so that browsers may keep what they have.</summary>
    public static string Version { get; } = Convert.ToHexStringLower(SHA256.HashData([.. Files.OrderBy(file => file.Key, StringComparer.Ordinal).SelectMany(file => file.Value)]))[..12];

    public static void MapAssets(this IEndpointRouteBuilder routes) => routes.MapGet("/ui/{file}", (string file, HttpContext http) =>
    {
        if (!Files.TryGetValue(file, out var bytes)) return Results.NotFound();
        http.Response.Headers.CacheControl = http.Request.Query.ContainsKey("v") ? "public, max-age=31536000, immutable" : "no-cache";
        return Results.Bytes(bytes, TypeOf(file));
    }).Open();

    /// <summary>One of the files as text, for pages that bring all they need.</summary>
    public static string Text(string file) => System.Text.Encoding.UTF8.GetString(Files[file]);

    private static string TypeOf(string file) => Path.GetExtension(file) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    };

    private static FrozenDictionary<string, byte[]> Read()
    {
        var assembly = typeof(Assets).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith("wwwroot/", StringComparison.Ordinal)).ToFrozenDictionary(name => name["wwwroot/".Length..], name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            return memory.ToArray();
        });
    }
}
