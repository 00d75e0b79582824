using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
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
        await app.RunAsync();
    }
}
