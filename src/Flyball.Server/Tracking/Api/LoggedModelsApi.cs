using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

internal static class LoggedModelsApi
{
    private const int MostFound = 50;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("", async (HttpRequest request, LoggedModels models, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            return Answer(await models.CreateAsync(
                fields.Text("experiment_id"), fields.TextOrNull("name"), fields.TextOrNull("model_type"), fields.TextOrNull("source_run_id") is { Length: > 0 } run ? run : null, fields.Pairs("params"), fields.Pairs("tags"), cancel));
        }).Needs(Permission.Write);
        group.MapGet("/{id}", async (string id, LoggedModels models, CancellationToken cancel) => Answer(await models.GetAsync(id, cancel))).Needs(Permission.Read);
        group.MapPatch("/{id}", async (string id, HttpRequest request, LoggedModels models, CancellationToken cancel) =>
        {
            var status = (await MLflowFields.ReadAsync(request, cancel)).NamedOrNull<LoggedModelStatus>("status", MlLoggedModel.StatusName) ?? throw MLflowFields.Missing("status");
            return Answer(await models.FinishAsync(id, status, cancel));
        }).Needs(Permission.Write);
        group.MapDelete("/{id}", async (string id, LoggedModels models, CancellationToken cancel) =>
        {
            await models.DeleteAsync(id, cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/search", SearchAsync).Needs(Permission.Read);
        group.MapPost("/{id}/params", async (string id, HttpRequest request, LoggedModels models, CancellationToken cancel) =>
        {
            await models.AddParamsAsync(id, (await MLflowFields.ReadAsync(request, cancel)).Pairs("params"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPatch("/{id}/tags", async (string id, HttpRequest request, LoggedModels models, CancellationToken cancel) =>
        {
            await models.SetTagsAsync(id, (await MLflowFields.ReadAsync(request, cancel)).Pairs("tags"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapDelete("/{id}/tags/{key}", async (string id, string key, LoggedModels models, CancellationToken cancel) =>
        {
            await models.DeleteTagAsync(id, key, cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapGet("/{id}/artifacts/directories", async (string id, HttpRequest request, LoggedModels models, Artifacts artifacts, CancellationToken cancel) =>
        {
            var model = await models.GetAsync(id, cancel);
            var folder = ArtifactsApi.Folder((await MLflowFields.ReadAsync(request, cancel)).TextOrNull("artifact_directory_path"));
            return MLflowJson.Answer(new { root_uri = model.ArtifactUri, files = ArtifactsApi.Listed(ArtifactsApi.Level(await artifacts.BelowAsync(new ArtifactPlace(model.Id, folder), cancel), folder)) });
        }).Needs(Permission.Read);
    }

    private static async Task<IResult> SearchAsync(HttpRequest request, LoggedModels models, CancellationToken cancel)
    {
        var fields = await MLflowFields.ReadAsync(request, cancel);
        var limit = fields.LongOrNull("max_results") ?? MostFound;
        if (limit is < 1 or > MostFound) throw Refusal.Invalid("max-results", $"Invalid value {limit} for parameter 'max_results' supplied: it must be at least 1 and at most {MostFound}.");
        var datasets = fields.List("datasets").Select(dataset => (Name: dataset.Text("dataset_name"), Digest: dataset.TextOrNull("dataset_digest"))).ToList();
        var order = fields.List("order_by").Select(key => $"{Quoted(key.Text("field_name"))} {(key.Has("ascending") && !key.Flag("ascending") ? "DESC" : "ASC")}").ToList();
        var page = EntitySearch<LoggedModel>.Find(
            await models.OfAsync(fields.Texts("experiment_ids"), cancel), new LoggedModelFields(datasets), fields.TextOrNull("filter"), order, LoggedModelFields.Default, fields.TextOrNull("page_token"), (int)limit, model => model.Id);
        return MLflowJson.Answer(new { models = page.Found.Count == 0 ? null : page.Found.Select(MlLoggedModel.Of), next_page_token = page.Next });
    }

    /// <summary>A field's name is given without quotes; the part behind the first dot may hold anything.</summary>
    private static string Quoted(string field) => field.IndexOf('.') is var dot and >= 0 && field.AsSpan(dot + 1).IndexOfAny('`', '"') < 0 ? $"{field[..(dot + 1)]}`{field[(dot + 1)..]}`" : field;

    private static IResult Answer(LoggedModel model) => MLflowJson.Answer(new { model = MlLoggedModel.Of(model) });
}
