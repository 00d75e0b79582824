using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Datasets;

/// <summary>Rows that are sent, and what became of them.</summary>
internal static class PushApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapPushes()
        {
            const string dataset = "/api/projects/{project}/datasets/{dataset}";
            RequestDelegate push = async http =>
            {
                if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = Pushes.Largest;
                var (project, name) = ((string)http.Request.RouteValues["project"]!, (string)http.Request.RouteValues["dataset"]!);
                string? Asked(string key) => http.Request.Query.TryGetValue(key, out var given) ? given.ToString() : null;
                var taken = await http.RequestServices.GetRequiredService<Pushes>().TakeAsync(project, name, http.Request.Body, Kind(http.Request), Asked("key"), Asked("resolves"), http.Actor().Name, http.RequestAborted);
                http.Response.StatusCode = StatusCodes.Status202Accepted;
                await http.Response.WriteAsJsonAsync(new PushInfo(taken.Id, taken.Key, taken.Bytes, taken.Received, "waiting", null, null), Json.Options, http.RequestAborted);
            };
            routes.MapPost(dataset + "/rows", push).Needs(Permission.Write).WithMetadata(push.Method);
            routes.MapGet(dataset + "/pushes/{id}", (string project, string dataset, string id, Pushes use, CancellationToken cancel) => use.FateAsync(project, dataset, id, cancel)).Needs(Permission.Read);
        }
    }

    /// <summary>What the body is, as the ending of a file name.</summary>
    /// <exception cref="Refusal">It is of no kind that can be read.</exception>
    private static string Kind(HttpRequest request)
    {
        var kind = request.ContentType?.Split(';')[0].Trim().ToLowerInvariant() switch
        {
            "application/x-ndjson" or "application/jsonl" or "application/x-jsonlines" => ".ndjson",
            "application/json" => ".json",
            "text/csv" => ".csv",
            "application/vnd.apache.parquet" or "application/x-parquet" => ".parquet",
            _ => throw new Refusal((RefusalKind)StatusCodes.Status415UnsupportedMediaType, "push-kind", "Rows are sent as application/x-ndjson, application/json (a list of objects), text/csv or application/vnd.apache.parquet."),
        };
        return request.Headers.ContentEncoding.ToString().ToLowerInvariant() switch
        {
            "" or "identity" => kind,
            "gzip" when kind != ".parquet" => kind + ".gz",
            "zstd" when kind != ".parquet" => kind + ".zst",
            _ => throw new Refusal((RefusalKind)StatusCodes.Status415UnsupportedMediaType, "push-encoding", "Rows are sent as they are, or with Content-Encoding gzip or zstd; Parquet is compressed in itself."),
        };
    }
}
