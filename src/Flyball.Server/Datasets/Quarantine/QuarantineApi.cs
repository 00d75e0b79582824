using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Datasets;

internal static class QuarantineApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapQuarantine()
        {
            var quarantine = routes.MapGroup("/api/projects/{project}/datasets/{dataset}/quarantine");
            quarantine.MapGet("/", async (string project, string dataset, Quarantine use, CancellationToken cancel) => (await use.ListAsync(project, dataset, cancel)).Select(Wire)).Needs(Permission.Read);
            quarantine.MapGet("/{id}", async (string project, string dataset, string id, Quarantine use, CancellationToken cancel) => Wire(await use.GetAsync(project, dataset, id, cancel))).Needs(Permission.Read);
            quarantine.MapGet("/{id}/rows", async (string project, string dataset, string id, Quarantine use, ITableReader tables, CancellationToken cancel) =>
            {
                var batch = await use.GetAsync(project, dataset, id, cancel);
                var head = batch.Rows is null ? null : await tables.HeadAsync(batch.Object, cancel);
                return new QuarantinedRows(head?.Columns ?? [], head?.Rows ?? [], head?.Total ?? 0);
            }).Needs(Permission.Read);
            quarantine.MapGet("/{id}/content", async (string project, string dataset, string id, Quarantine use, ObjectStore objects, CancellationToken cancel) =>
            {
                var batch = await use.GetAsync(project, dataset, id, cancel);
                return TypedResults.File(await objects.OpenAsync(batch.Object, cancel), batch.Rows is null ? "application/octet-stream" : "application/vnd.apache.parquet", $"quarantine-{batch.Id}{(batch.Rows is null ? Path.GetExtension(batch.File) : ".parquet")}");
            }).Needs(Permission.Read);
            quarantine.MapPost("/{id}/discard", async (string project, string dataset, string id, Quarantine use, HttpContext http, CancellationToken cancel) => Wire(await use.DiscardAsync(project, dataset, id, http.Actor().Name, cancel))).Needs(Permission.Write);
        }
    }

    private static QuarantineInfo Wire(QuarantinedBatch batch) => new(batch.Id, batch.File, batch.Rows, batch.Reasons, QuarantineSql.Word(batch.State), batch.Created, batch.Closed, batch.ClosedBy);
}
