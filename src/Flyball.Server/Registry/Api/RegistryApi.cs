using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Registry.Pages;
using Flyball.Server.Tracking;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Registry;

internal static class RegistryApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapRegistry()
        {
            routes.MapPage<ModelsPage>("/models");
            routes.MapPage<ModelPage>("/models/{Model}");
            routes.MapPage<ModelVersionPage>("/models/{Model}/{Version:int}");
            routes.MapPage<CompareVersionsPage>("/models/{Model}/compare");
            var services = routes.ServiceProvider;
            services.GetRequiredService<RegisteredModelsApi>().Map(routes.MLflowGroup($"{MLflowApi.Prefix}/mlflow/registered-models"));
            var ofMLflow = services.GetRequiredService<ModelVersionsApi>();
            ofMLflow.Map(routes.MLflowGroup($"{MLflowApi.Prefix}/mlflow/model-versions"));
            ofMLflow.MapDownload(routes.MLflowGroup("/model-versions/get-artifact"));
            var webhooks = services.GetRequiredService<WebhooksApi>();
            webhooks.Map(routes.MLflowGroup($"{MLflowApi.Prefix}/mlflow/webhooks"));
            webhooks.MapDeliveries(routes);
            var models = routes.MapGroup("/api/models/{model}");
            models.MapGet("/versions", async (string model, Models use, CancellationToken cancel) => (await use.VersionsAsync(model, cancel)).Select(Wire)).Needs(Permission.Read);
            models.MapGet("/versions/{version:int}", async (string model, int version, Models use, CancellationToken cancel) =>
            {
                var found = await use.GetAsync(model, version, cancel);
                return new ModelVersionDetails(Wire(found), Json.Element(found.Content));
            }).Needs(Permission.Read);
            models.MapGet("/versions/{version:int}/why", async (string model, int version, Models use, Db db, CancellationToken cancel) =>
                await ChainAsync(db, (await use.GetAsync(model, version, cancel)).Event, cancel)).Needs(Permission.Read);
            models.MapGet("/aliases", async (string model, Models use, CancellationToken cancel) =>
                (await use.AliasesAsync(model, cancel)).Select(alias => new AliasInfo(alias.Model, alias.Alias, alias.Version, alias.Moved, alias.MovedBy, alias.Reason))).Needs(Permission.Read);
            models.MapPut("/aliases/{alias}", async (string model, string alias, MoveAlias body, Models use, Db db, HttpContext http, CancellationToken cancel) =>
            {
                await db.WriteAsync(tx => use.MoveAsync(tx, model, alias, body.Version, http.Actor(), body.Reason), cancel);
                return TypedResults.NoContent();
            }).Needs(Permission.MoveAliases);
            routes.MapApprovals();
            routes.MapRegistryForms();
            var import = routes.MapGroup("/api/import/models");
            import.MapPost("", (ImportModel body, ModelImport use, HttpContext http, CancellationToken cancel) => use.ModelAsync(body, http.Actor().Name, cancel)).Needs(Permission.Administer);
            import.MapPost("/{model}/versions", (string model, ImportModelVersion body, ModelImport use, CancellationToken cancel) => use.VersionAsync(model, body, cancel)).Needs(Permission.Administer);
            import.MapPost("/{model}/aliases", (string model, ImportAliases body, ModelImport use, HttpContext http, CancellationToken cancel) => use.AliasesAsync(model, body, http.Actor(), cancel)).Needs(Permission.Administer);
            routes.MapCards();
            models.MapGet("/history", async (string model, Db db, CancellationToken cancel) => await db.ReadAsync(tx => RegistryHistory.OfAsync(tx, model, 1000), cancel)).Needs(Permission.Read);
            models.MapGet("/why", async (string model, Models use, Db db, CancellationToken cancel) => await WhyAsync(model, use, db, cancel)).Needs(Permission.Read);
        }
    }

    /// <summary>The chain of causes that ends in the present champion, newest first.</summary>
    private static async Task<IEnumerable<JournalEntryInfo>> WhyAsync(string model, Models use, Db db, CancellationToken cancel)
    {
        var champion = (await use.AliasesAsync(model, cancel)).FirstOrDefault(alias => alias.Alias == Aliases.Champion) ?? throw Refusal.NotFound("champion of model", model);
        return await ChainAsync(db, champion.Event, cancel);
    }

    private static async Task<IEnumerable<JournalEntryInfo>> ChainAsync(Db db, string entry, CancellationToken cancel)
    {
        var chain = await db.ReadAsync(tx => Journal.ChainAsync(tx, entry), cancel);
        return chain.Select(RegistryHistory.Info);
    }

    private static ModelVersionInfo Wire(ModelVersion version) => new(
        version.Model, version.Version, version.Run, version.DatasetVersion, version.Digest, version.Status.ToString().ToLowerInvariant(), version.Content.Metrics, version.Created);
}
