using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Datasets;

/// <summary>The catalogue, and what of a version is fetched by itself: tags, rows, suite and validation.</summary>
internal static class CatalogueApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapCatalogue()
        {
            routes.MapGet("/api/datasets", async (string? q, Catalogue use, CancellationToken cancel) => (await use.FindAsync(q, cancel)).Select(Wire)).Needs(Permission.Read);
            routes.MapGet("/api/projects/{project}/datasets/{dataset}/suite", async (string project, string dataset, ProjectStore projects, CancellationToken cancel) =>
            {
                var declared = (await projects.GetAsync(project, cancel)).File.Data.FirstOrDefault(one => one.Name == dataset) ?? throw Refusal.NotFound("dataset", $"{project}/{dataset}");
                return TypedResults.Text(SuiteJson.Write(SuiteJson.Of(dataset, declared.Expect)).ToJsonString(), "application/json");
            }).Needs(Permission.Read);
            const string retention = "/api/projects/{project}/datasets/{dataset}/retention";
            routes.MapGet(retention, async (string project, string dataset, int keep, double? olderThanDays, DatasetRetention use, CancellationToken cancel) =>
                (await use.PreviewAsync(project, dataset, keep, Age(olderThanDays), cancel)).Select(Wire)).Needs(Permission.Read);
            routes.MapPost(retention, async (string project, string dataset, RemoveDatasetVersions body, DatasetRetention use, HttpContext http, CancellationToken cancel) =>
                (await use.RemoveAsync(project, dataset, body.Keep, Age(body.OlderThanDays), body.Numbers ?? [], http.Actor().Name, cancel)).Select(Wire)).Needs(Permission.Administer);
            var version = routes.MapGroup("/api/projects/{project}/datasets/{dataset}/versions/{number:int}");
            version.MapPost("/tags", async (string project, string dataset, int number, SetDatasetTag body, DatasetTags use, HttpContext http, CancellationToken cancel) =>
            {
                await use.SetAsync(project, dataset, number, body.Key ?? "", body.Value ?? throw Refusal.Invalid("dataset-tag", "A tag has a value, which may be empty."), http.Actor().Name, cancel);
                return TypedResults.NoContent();
            }).Needs(Permission.Write);
            version.MapDelete("/tags/{key}", async (string project, string dataset, int number, string key, DatasetTags use, HttpContext http, CancellationToken cancel) =>
            {
                await use.SetAsync(project, dataset, number, key, null, http.Actor().Name, cancel);
                return TypedResults.NoContent();
            }).Needs(Permission.Write);
            version.MapGet("/segments/{segment:int}", async (string project, string dataset, int number, int segment, DatasetVersions use, ObjectStore objects, CancellationToken cancel) =>
            {
                var known = (await use.GetAsync(project, dataset, number, cancel)).Content.Segments;
                if (segment < 0 || segment >= known.Count) throw Refusal.NotFound("segment", $"{project}/{dataset} v{number}/{segment}");
                return TypedResults.File(await objects.OpenAsync(known[segment].Object, cancel), "application/vnd.apache.parquet", $"{dataset}-v{number}-{segment}.parquet", enableRangeProcessing: true);
            }).Needs(Permission.Read);
            version.MapGet("/validation", async (string project, string dataset, int number, DatasetVersions use, CancellationToken cancel) =>
            {
                var found = await use.GetAsync(project, dataset, number, cancel);
                var results = found.Content.Validation.Results;
                var suite = SuiteJson.Of(dataset, results.Select(result => new ExpectationSpec(result.Type, result.Kwargs, result.Severity)));
                return TypedResults.Text(ValidationJson.Of(suite, results, new ResultOptions(), found.Created).ToJsonString(), "application/json");
            }).Needs(Permission.Read);
        }
    }

    private static RemovableDatasetVersion Wire(RemovableVersion version) => new(version.Number, version.Rows, version.Bytes, version.Created);

    private static TimeSpan? Age(double? days) => days switch { null => null, >= 0 and <= 36_500 and var known => TimeSpan.FromDays(known), _ => throw Refusal.Invalid("retention-days", "olderThanDays is 0 to 36,500.") };

    private static DatasetInfo Wire(CatalogueEntry entry) => new(
        entry.Project, entry.Declared.Name, entry.Declared.Description, entry.Declared.Owner, entry.Latest is { } latest ? DatasetsApi.Wire(latest) : null, [.. (entry.Latest?.Content.Columns ?? []).Select(column => column.Name)], entry.Tags,
        entry.NewestRow, entry.Latest?.Content.Validation.Results.Count(result => result.Success) ?? 0, entry.Latest?.Content.Validation.Results.Count ?? 0, entry.Quarantined);
}
