using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Flyball.Benchmarks;

/// <summary>The limit for an HTTP answer: Kestrel that reads the body and answers with fixed bytes.</summary>
internal static class BareServer
{
    private static readonly byte[] Answer = Encoding.UTF8.GetBytes("""{"model_name":"trip-duration","model_version":"1","outputs":[{"name":"prediction","datatype":"FP64","shape":[1],"data":[13.604012489318848]},{"name":"prediction_id","datatype":"BYTES","shape":[1],"data":["01a1fc7ae24a741fb123849a435161ae"]}]}""");

    public static async Task RunAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.MapGet("/health", () => "OK");
        app.MapPost("/{**path}", async (HttpContext http) =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
            http.Response.ContentType = "application/json";
            await http.Response.Body.WriteAsync(Answer);
        });
        app.MapPut("/file", async (HttpContext http, string path) =>
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
            await StoreAsync(http.Request.Body, path);
        });
        app.MapGet("/file", (string path) => Results.File(path));
        await app.RunAsync();
    }

    /// <summary>What storing a file takes: its bytes hashed, written and synced.</summary>
    private static async Task StoreAsync(Stream body, string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0, useAsync: true);
        for (int read; (read = await body.ReadAsync(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read));
        }

        file.Flush(flushToDisk: true);
        _ = hash.GetHashAndReset();
    }
}
