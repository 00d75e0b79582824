using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Datasets.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Datasets;

internal static class DatasetsApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapDatasets()
        {
            routes.MapPage<DatasetVersionPage>("/datasets/{Project}/{Dataset}/{Number:int}");
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

    private static DatasetVersionInfo Wire(DatasetVersion version) => new(
        version.Id, version.Project, version.Dataset, version.Number, version.Digest, version.Rows, version.Origin.ToString().ToLowerInvariant(), version.Usable, version.Created);
}
