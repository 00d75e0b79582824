using System.Globalization;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Datasets.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Datasets;

internal static class DatasetsApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapDatasets()
        {
            routes.MapPage<DatasetsPage>("/datasets");
            routes.MapPage<DatasetPage>("/datasets/{Project}/{Dataset}");
            routes.MapPage<QuarantinePage>("/datasets/{Project}/{Dataset}/quarantine");
            routes.MapPage<DatasetVersionPage>("/datasets/{Project}/{Dataset}/{Number:int}");
            routes.MapPage<ValidationPage>("/datasets/{Project}/{Dataset}/{Number:int}/validation");
            routes.MapForm<QuarantinePage>("/datasets/{Project}/{Dataset}/quarantine/{Id}/discard", Permission.Write, async (http, _) =>
            {
                var (project, dataset) = (Route(http, "Project"), Route(http, "Dataset"));
                await http.RequestServices.GetRequiredService<Quarantine>().DiscardAsync(project, dataset, Route(http, "Id"), http.Actor().Name, http.RequestAborted);
                return $"/datasets/{Uri.EscapeDataString(project)}/{Uri.EscapeDataString(dataset)}/quarantine";
            });
            routes.MapForm<DatasetVersionPage>("/datasets/{Project}/{Dataset}/{Number:int}/tags", Permission.Write, async (http, form) =>
            {
                var (project, dataset, number) = (Route(http, "Project"), Route(http, "Dataset"), Route(http, "Number"));
                await http.RequestServices.GetRequiredService<DatasetTags>().SetAsync(
                    project, dataset, int.Parse(number, CultureInfo.InvariantCulture), form["key"].ToString().Trim(), Forms.IsSet(form) ? form["value"].ToString() : null, http.Actor().Name, http.RequestAborted);
                return $"/datasets/{Uri.EscapeDataString(project)}/{Uri.EscapeDataString(dataset)}/{number}";
            });
            routes.MapCatalogue();
            routes.MapPushes();
            routes.MapQuarantine();
            var versions = routes.MapGroup("/api/projects/{project}/datasets/{dataset}/versions");
            versions.MapGet("/", async (string project, string dataset, DatasetVersions use, CancellationToken cancel) => (await use.ListAsync(project, dataset, cancel)).Select(Wire)).Needs(Permission.Read);
            versions.MapGet("/{number:int}", async (string project, string dataset, int number, DatasetVersions use, CancellationToken cancel) =>
            {
                var version = await use.GetAsync(project, dataset, number, cancel);
                return new DatasetVersionDetails(Wire(version), Json.Element(version.Content));
            }).Needs(Permission.Read);
        }
    }

    private static string Route(HttpContext http, string name) => (string)http.Request.RouteValues[name]!;

    internal static DatasetVersionInfo Wire(DatasetVersion version) => new(
        version.Id, version.Project, version.Dataset, version.Number, version.Digest, version.Rows, version.Origin.ToString().ToLowerInvariant(), version.Usable, version.Created);
}
