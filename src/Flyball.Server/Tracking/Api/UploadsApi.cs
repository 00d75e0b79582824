using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>MLflow's multipart uploads through the artifact proxy, and downloads by an address that needs no credentials for a while.</summary>
internal sealed class UploadsApi(Uploads uploads, Artifacts artifacts, ArtifactsApi files, TimeProvider time)
{
    private static readonly TimeSpan Valid = TimeSpan.FromHours(1);

    /// <summary>Addresses are signed for the life of this process.</summary>
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);

    public void Map(RouteGroupBuilder group)
    {
        group.Answers("POST", "/mpu/create/{**path}", Permission.Write, async call =>
        {
            var parts = (int)Math.Clamp(call.Fields.LongOrNull("num_parts") ?? 1, 0, int.MaxValue);
            var id = await uploads.CreateAsync(ArtifactsApi.PlaceOf(call.Http), parts, call.Cancel);
            var at = $"{call.Http.Request.Scheme}://{call.Http.Request.Host}{MLflowApi.Prefix}/mlflow-artifacts/mpu/parts/{id}";
            return new { upload_id = id, credentials = Enumerable.Range(1, parts).Select(number => new { url = $"{at}/{number}", part_number = number, headers = new Dictionary<string, string>() }) };
        });
        group.Does("POST", "/mpu/complete/{**path}", call => uploads.CompleteAsync(
            ArtifactsApi.PlaceOf(call.Http), call.Fields.Text("upload_id"), [.. call.Fields.List("parts").Select(part => ((int)(part.LongOrNull("part_number") ?? 0), part.Text("etag").Trim('"')))]));
        group.Does("POST", "/mpu/abort/{**path}", call => uploads.AbortAsync(call.Fields.Text("upload_id"), call.Cancel));
        RequestDelegate part = async http =>
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
            if (!int.TryParse((string?)http.Request.RouteValues["number"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw Refusal.Invalid("upload-part", "The number of a part is a whole number.");
            var digest = await uploads.PutAsync((string)http.Request.RouteValues["id"]!, number, http.Request.Body, http.RequestAborted);
            http.Response.Headers.ETag = $"\"{digest}\"";
        };
        group.MapPut("/mpu/parts/{id}/{number}", part).Open().WithMetadata(part.Method);

        group.Answers("GET", "/presigned/{**path}", Permission.Read, async call =>
        {
            var path = (string?)call.Http.Request.RouteValues["path"] ?? "";
            var file = await artifacts.GetAsync(ArtifactsApi.PlaceOf(call.Http), call.Cancel);
            var until = (time.GetUtcNow() + Valid).ToUnixTimeSeconds();
            var url = $"{call.Http.Request.Scheme}://{call.Http.Request.Host}{MLflowApi.Prefix}/mlflow-artifacts/signed/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}?until={until}&signature={Signature(path, until)}";
            return new { url, headers = new Dictionary<string, string>(), file_size = file.Size };
        });
        RequestDelegate signed = async http =>
        {
            var path = (string?)http.Request.RouteValues["path"] ?? "";
            var given = http.Request.Query["signature"].ToString();
            if (!long.TryParse(http.Request.Query["until"], NumberStyles.None, CultureInfo.InvariantCulture, out var until) || until < time.GetUtcNow().ToUnixTimeSeconds()
                || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Signature(path, until)), Encoding.UTF8.GetBytes(given)))
            {
                throw Refusal.Forbidden("This address is not signed by this server, or no longer valid; ask for another one.");
            }

            await files.SendAsync(http, await artifacts.GetAsync(ArtifactsApi.PlaceOf(http), http.RequestAborted));
        };
        group.MapGet("/signed/{**path}", signed).Open().WithMetadata(signed.Method);
    }

    private string Signature(string path, long until) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{until}\n{path}")));
}
