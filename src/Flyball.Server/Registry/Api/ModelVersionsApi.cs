using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Hosting;
using Flyball.Server.Tracking;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Registry;

/// <summary>MLflow's calls on versions of models.</summary>
internal sealed class ModelVersionsApi(ModelSources sources, Models models, ArtifactsApi artifacts, Db db)
{
    private const int MostFound = 200_000;

    public void Map(RouteGroupBuilder group)
    {
        group.Answers("POST", "/create", Permission.Write, async call =>
        {
            var fields = call.Fields;
            var (name, source) = (fields.Text("name"), fields.Text("source"));
            var tags = fields.Pairs("tags").Reverse().DistinctBy(tag => tag.Key).Reverse().ToDictionary();
            return Answer(MlModelVersion.Of(await sources.RegisterAsync(
                name, source, Given(fields, "run_id"), Given(fields, "model_id"), fields.TextOrNull("run_link") ?? "", fields.TextOrNull("description") ?? "", tags, call.User, call.Cancel)));
        });
        group.Answers("GET", "/get", Permission.Read, call => AnswerAsync(call, Version(call)));
        group.Answers("PATCH", "/update", Permission.Write, async call =>
        {
            var (name, version) = Version(call);
            await models.DescribeAsync(name, version, call.Fields.TextOrNull("description"), call.User, call.Cancel);
            return await AnswerAsync(call, (name, version));
        });
        group.Does("DELETE", "/delete", call => Version(call) is var (name, version) ? models.DeleteAsync(name, version, call.Http.Actor(), call.Cancel) : Task.CompletedTask);
        group.Answers("POST", "/transition-stage", Permission.MoveAliases, async call =>
        {
            var stage = call.Fields.Text("stage");
            var (to, archive) = (ModelRules.Stage(stage), call.Fields.Has("archive_existing_versions") && call.Fields.Flag("archive_existing_versions"));
            if (archive && !ModelRules.IsActive(to))
            {
                throw Refusal.Conflict(ErrorAnswers.ToldAsInternal, $"Model version transition cannot archive existing model versions because '{Refusal.Shown(stage)}' is not an Active stage. Valid stages are ['Staging', 'Production']");
            }

            var (name, version) = Version(call);
            await models.MoveToStageAsync(name, version, to, archive, call.Http.Actor(), call.Cancel);
            return await AnswerAsync(call, (name, version));
        });
        group.Answers("GET", "/get-download-uri", Permission.Read, async call =>
        {
            var (name, version) = (ModelRules.Name(call.Fields.TextOrNull("name")), ModelRules.Version(call.Fields.TextOrNull("version") ?? ""));
            return new { artifact_uri = PinnedFiles.AddressOf(await models.GetAsync(name, version, call.Cancel)) };
        });
        group.Answers("GET", "/search", Permission.Read, SearchAsync);
        group.Does("POST", "/set-tag", call =>
        {
            var (name, version) = Version(call);
            return models.SetTagAsync(name, version, call.Fields.Text("key"), call.Fields.TextOrNull("value") ?? "", call.User, call.Cancel);
        });
        group.Does("DELETE", "/delete-tag", call =>
        {
            var (name, version) = Version(call);
            return models.DeleteTagAsync(name, version, call.Fields.Text("key"), call.User, call.Cancel);
        });
    }

    /// <summary>MLflow's download of one file of a version. Pinned files are sent whatever became of the run.</summary>
    public void MapDownload(RouteGroupBuilder group) => group.Calls("GET", "", Permission.Read, async call =>
    {
        var path = RunRules.Path(call.Fields.Text("path"));
        var (name, number) = Version(call);
        var version = await models.GetAsync(name, number, call.Cancel);
        var file = version.Content.Files.FirstOrDefault(known => known.Path == path) ?? throw new Refusal(RefusalKind.NotFound, "artifact-not-found", $"No such artifact: '{Refusal.Shown(path)}'");
        await artifacts.SendAsync(call.Http, file);
    });

    private static (string Name, int Version) Version(MLflowCall call)
    {
        var (name, version) = (call.Fields.Text("name"), call.Fields.Text("version"));
        return (ModelRules.Name(name), ModelRules.Version(version));
    }

    private static string? Given(MLflowFields fields, string name) => fields.TextOrNull(name) is { Length: > 0 } text ? text : null;

    private static object Answer(MlModelVersion version) => new { model_version = version };

    private Task<object> AnswerAsync(MLflowCall call, (string Name, int Version) of) =>
        db.ReadAsync(async tx => Answer(MlModelVersion.Of(await Models.GetAsync(tx, of.Name, of.Version), await ModelsSql.AliasesAsync(tx, of.Name))), call.Cancel);

    private async Task<object> SearchAsync(MLflowCall call)
    {
        var limit = call.Fields.LongOrNull("max_results") ?? MostFound;
        if (limit < 1) throw Refusal.Invalid("max-results", $"Invalid value for max_results. It must be a positive integer, but got {limit}");
        if (limit > MostFound) throw Refusal.Invalid("max-results", $"Invalid value for request parameter max_results. It must be at most {MostFound}, but got value {limit}");
        var fields = new ModelVersionFields();
        var filter = FilterParser.Filter(call.Fields.TextOrNull("filter"), fields);
        var all = await db.ReadAsync(
            async tx =>
            {
                fields.Prompts = await ModelsSql.PromptsAsync(tx);
                return await CandidatesAsync(tx, filter);
            },
            call.Cancel);
        var page = EntitySearch<ModelVersion>.Find(
            all.Where(version => fields.AsksForPrompts || !fields.Prompts.Contains(version.Model)), fields, filter, FilterParser.Order(call.Fields.Texts("order_by"), fields), ModelVersionFields.Default, call.Fields.TextOrNull("page_token"), (int)limit,
            version => $"{version.Model}/{int.MaxValue - version.Version:D10}");
        return new { model_versions = page.Found.Count == 0 ? null : page.Found.Select(MlModelVersion.Of), next_page_token = page.Next };
    }

    /// <summary>The versions among which those that fit are: of one model, or of one run, where the filter says so, as clients mostly ask.</summary>
    private static async Task<List<ModelVersion>> CandidatesAsync(Tx tx, Filter? filter)
    {
        var found = new List<ModelVersion>();
        if (filter?.Required(ModelVersionFields.Name) is { } models)
        {
            foreach (var model in models.Distinct(StringComparer.Ordinal)) found.AddRange(await ModelsSql.VersionsAsync(tx, model));
        }
        else if (filter?.Required(ModelVersionFields.Run) is { } runs)
        {
            foreach (var run in runs.Distinct(StringComparer.Ordinal)) found.AddRange(await ModelsSql.VersionsOfRunAsync(tx, run));
        }
        else return await ModelsSql.AllVersionsAsync(tx);

        return found;
    }
}
