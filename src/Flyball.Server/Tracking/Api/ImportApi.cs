using Flyball.Client;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>What an import of another store sends of experiments, runs and logged models; files go through the artifact proxy.</summary>
internal static class ImportApi
{
    public static void MapRunImport(this IEndpointRouteBuilder routes)
    {
        var import = routes.MapGroup("/api/import");
        import.MapPost("/experiments", (ImportExperiment body, RunImport use, CancellationToken cancel) => use.ExperimentAsync(body, cancel)).Needs(Permission.Administer);
        import.MapPost("/experiments/{id}/delete", (string id, RunImport use, CancellationToken cancel) => use.DeleteExperimentAsync(id, cancel)).Needs(Permission.Administer);
        import.MapPost("/runs", (ImportRun body, RunImport use, HttpContext http, CancellationToken cancel) => use.RunAsync(body, http.Actor().Name, cancel)).Needs(Permission.Administer);
        import.MapPost("/runs/{id}/models", (string id, ImportRunModels body, RunImport use, CancellationToken cancel) => use.ModelsAsync(id, body, cancel)).Needs(Permission.Administer);
        import.MapPost("/runs/{id}/metrics", (string id, ImportMetrics body, RunImport use, CancellationToken cancel) => use.MetricsAsync(id, body.Metrics, cancel)).Needs(Permission.Administer);
        import.MapPost("/runs/{id}/finish", (string id, FinishImport body, RunImport use, CancellationToken cancel) => use.FinishAsync(id, body.Deleted, cancel)).Needs(Permission.Administer);
        import.MapPost("/logged-models", (ImportLoggedModel body, RunImport use, CancellationToken cancel) => use.LoggedModelAsync(body, cancel)).Needs(Permission.Administer);
        import.MapPost("/logged-models/{id}/metrics", (string id, ImportModelMetrics body, RunImport use, CancellationToken cancel) => use.LoggedModelMetricsAsync(id, body.Metrics, cancel)).Needs(Permission.Administer);
    }
}
