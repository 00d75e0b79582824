using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

internal sealed class LoggedModelsApi(LoggedModels models, Artifacts artifacts)
{
    private const int MostFound = 50;

    public void Map(RouteGroupBuilder group)
    {
        group.Answers("POST", "", Permission.Write, async call => Answer(await models.CreateAsync(
            call.Fields.Text("experiment_id"), call.Fields.TextOrNull("name"), call.Fields.TextOrNull("model_type"), call.Fields.TextOrNull("source_run_id") is { Length: > 0 } run ? run : null,
            call.Fields.Pairs("params"), call.Fields.Pairs("tags"), call.Cancel)));
        group.Answers("GET", "/{id}", Permission.Read, async call => Answer(await models.GetAsync(call.Route("id"), call.Cancel)));
        group.Answers("PATCH", "/{id}", Permission.Write, async call =>
        {
            var status = call.Fields.NamedOrNull<LoggedModelStatus>("status", MlLoggedModel.StatusName) ?? throw call.Fields.Missing("status");
            return Answer(await models.FinishAsync(call.Route("id"), status, call.Cancel));
        });
        group.Does("DELETE", "/{id}", call => models.DeleteAsync(call.Route("id"), call.Cancel));
        group.Answers("POST", "/search", Permission.Read, SearchAsync);
        group.Does("POST", "/{id}/params", call => models.AddParamsAsync(call.Route("id"), call.Fields.Pairs("params"), call.Cancel));
        group.Does("PATCH", "/{id}/tags", call => models.SetTagsAsync(call.Route("id"), call.Fields.Pairs("tags"), call.Cancel));
        group.Does("DELETE", "/{id}/tags/{key}", call => models.DeleteTagAsync(call.Route("id"), call.Route("key"), call.Cancel));
        group.Answers("GET", "/{id}/artifacts/directories", Permission.Read, async call =>
        {
            var model = await models.GetAsync(call.Route("id"), call.Cancel);
            var folder = ArtifactsApi.Folder(call.Fields.TextOrNull("artifact_directory_path"));
            return new { root_uri = model.ArtifactUri, files = ArtifactsApi.Listed(await artifacts.LevelAsync(new ArtifactPlace(model.Id, folder), call.Cancel)) };
        });
    }

    private async Task<object> SearchAsync(MLflowCall call)
    {
        var fields = call.Fields;
        var limit = (int)fields.MaxResults(MostFound, MostFound);
        var datasets = fields.List("datasets").Select(dataset => (Name: dataset.TextOrNull("dataset_name") is { Length: > 0 } name ? name : throw Unnamed("dataset_name", "datasets"), Digest: dataset.TextOrNull("dataset_digest"))).ToList();
        var searched = new LoggedModelFields(datasets);
        var order = fields.List("order_by").Select(key => new OrderKey(
            searched.Resolve(key.TextOrNull("field_name") is { Length: > 0 } field ? field : throw Unnamed("field_name", "order_by"), key.TextOrNull("dataset_name"), key.TextOrNull("dataset_digest")),
            Descending: key.Has("ascending") && !key.Flag("ascending"))).ToList();
        // the newest first where nothing else decides
        order.AddRange(LoggedModelFields.Default.Where(last => !order.Exists(key => key.Field == last.Field)));
        var page = EntitySearch<LoggedModel>.Find(
            (await models.OfAsync(fields.Texts("experiment_ids"), call.Cancel)).Where(searched.IsMeasured), searched, FilterParser.Filter(fields.TextOrNull("filter"), searched), order, LoggedModelFields.Default, fields.TextOrNull("page_token"), limit, model => model.Id);
        return new { models = page.Found.Count == 0 ? null : page.Found.Select(MlLoggedModel.Of), next_page_token = page.Next };
    }

    private static Refusal Unnamed(string field, string clause) => Refusal.Invalid("value-missing", $"`{field}` in the `{clause}` clause must be specified.");

    private static object Answer(LoggedModel model) => new { model = MlLoggedModel.Of(model) };
}
