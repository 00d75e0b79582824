using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Tracking;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Registry;

/// <summary>MLflow's calls on registered models and their aliases.</summary>
internal sealed class RegisteredModelsApi(RegisteredModels registered, Models models, Db db)
{
    private const int MostFound = 1000;

    public void Map(RouteGroupBuilder group)
    {
        group.Answers("POST", "/create", Permission.Write, async call =>
        {
            var tags = call.Fields.Pairs("tags").Reverse().DistinctBy(tag => tag.Key).Reverse().ToDictionary();
            return Answer(MlRegisteredModel.Of(await registered.CreateAsync(call.Fields.Text("name"), call.Fields.TextOrNull("description") ?? "", tags, call.User, call.Cancel), [], []));
        });
        group.Answers("GET", "/get", Permission.Read, call => AnswerAsync(call, ModelRules.Name(call.Fields.Text("name"))));
        group.Answers("PATCH", "/update", Permission.Write, async call =>
        {
            var name = call.Fields.Text("name");
            await registered.DescribeAsync(name, call.Fields.TextOrNull("description") ?? "", call.User, call.Cancel);
            return await AnswerAsync(call, name);
        });
        group.Answers("POST", "/rename", Permission.Write, async call =>
        {
            var (name, to) = (call.Fields.Text("name"), call.Fields.Text("new_name"));
            await registered.RenameAsync(name, to, call.Http.Actor(), call.Cancel);
            return await AnswerAsync(call, to);
        });
        group.Does("DELETE", "/delete", call => registered.DeleteAsync(call.Fields.Text("name"), call.Http.Actor(), call.Cancel));
        group.Answers("GET", "/search", Permission.Read, SearchAsync);
        group.Answers("GET", "/get-latest-versions", Permission.Read, LatestAsync);
        group.Answers("POST", "/get-latest-versions", Permission.Read, LatestAsync);
        group.Does("POST", "/set-tag", call => registered.SetTagAsync(call.Fields.Text("name"), call.Fields.Text("key"), call.Fields.TextOrNull("value") ?? "", call.User, call.Cancel));
        group.Does("DELETE", "/delete-tag", call => registered.DeleteTagAsync(call.Fields.Text("name"), call.Fields.Text("key"), call.User, call.Cancel));
        group.Answers("GET", "/alias", Permission.Read, ByAliasAsync);
        group.Does("POST", "/alias", call =>
        {
            var (name, alias, version) = (ModelRules.Name(call.Fields.Text("name")), call.Fields.Text("alias"), call.Fields.Text("version"));
            ModelRules.CheckNewAlias(alias);
            var number = ModelRules.Version(version);
            return db.WriteAsync(tx => models.MoveAsync(tx, name, alias, number, call.Http.Actor(), "set by an MLflow client"), call.Cancel);
        }, Permission.MoveAliases);
        group.Does("DELETE", "/alias", call => models.DeleteAliasAsync(ModelRules.Name(call.Fields.Text("name")), call.Fields.Text("alias"), call.Http.Actor(), call.Cancel), Permission.MoveAliases);
    }

    private static object Answer(MlRegisteredModel model) => new { registered_model = model };

    private Task<object> AnswerAsync(MLflowCall call, string name) => db.ReadAsync(
        async tx => Answer(MlRegisteredModel.Of(await RegisteredModels.GetAsync(tx, name), await ModelsSql.NewestOfStagesAsync(tx, name), await ModelsSql.AliasesAsync(tx, name))), call.Cancel);

    private async Task<object> SearchAsync(MLflowCall call)
    {
        var limit = call.Fields.LongOrNull("max_results") ?? 100;
        if (limit is < 1 or > MostFound) throw Refusal.Invalid("max-results", $"Invalid value for request parameter max_results. It must be at least 1 and at most {MostFound}, but got value {limit}");
        return await db.ReadAsync<object>(
            async tx =>
            {
                var fields = new ModelFields();
                var all = await ModelsSql.AllAsync(tx);
                var page = EntitySearch<RegisteredModel>.Find(
                    all.Where(model => fields.AsksForPrompts || !model.IsPrompt), fields, FilterParser.Filter(call.Fields.TextOrNull("filter"), fields), FilterParser.Order(call.Fields.Texts("order_by"), fields), ModelFields.Default, call.Fields.TextOrNull("page_token"), (int)limit, model => model.Name);
                var found = new List<MlRegisteredModel>();
                foreach (var model in page.Found) found.Add(MlRegisteredModel.Of(model, await ModelsSql.NewestOfStagesAsync(tx, model.Name), await ModelsSql.AliasesAsync(tx, model.Name)));
                return new { registered_models = found.Count == 0 ? null : found, next_page_token = page.Next };
            },
            call.Cancel);
    }

    private Task<object> LatestAsync(MLflowCall call)
    {
        var name = ModelRules.Name(call.Fields.Text("name"));
        return db.ReadAsync<object>(
            async tx =>
            {
                await RegisteredModels.GetAsync(tx, name);
                var stages = call.Fields.Texts("stages").Select(ModelRules.Stage).ToHashSet();
                var aliases = await ModelsSql.AliasesAsync(tx, name);
                var latest = (await ModelsSql.NewestOfStagesAsync(tx, name)).Where(version => stages.Count == 0 || stages.Contains(version.Stage)).Select(version => MlModelVersion.Of(version, aliases)).ToList();
                return new { model_versions = latest.Count == 0 ? null : latest };
            },
            call.Cancel);
    }

    private Task<object> ByAliasAsync(MLflowCall call)
    {
        var (name, alias) = (ModelRules.Name(call.Fields.Text("name")), call.Fields.Text("alias"));
        ModelRules.CheckAlias(alias);
        return db.ReadAsync<object>(
            async tx =>
            {
                if (alias.Equals("latest", StringComparison.OrdinalIgnoreCase))
                {
                    var newest = (await ModelsSql.NewestOfStagesAsync(tx, name)).FirstOrDefault() ?? throw new Refusal(RefusalKind.NotFound, "model-version-not-found", $"Latest version not found for model {name}.");
                    return new { model_version = MlModelVersion.Of(newest, await ModelsSql.AliasesAsync(tx, name)) };
                }

                await RegisteredModels.GetAsync(tx, name);
                var found = await Models.ByAliasAsync(tx, name, alias) ?? throw ModelRules.NoAlias(alias);
                return new { model_version = MlModelVersion.Of(found, await ModelsSql.AliasesAsync(tx, name)) };
            },
            call.Cancel);
    }
}
