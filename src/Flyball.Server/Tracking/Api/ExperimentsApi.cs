using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

internal static class ExperimentsApi
{
    private const int MostListed = 50_000;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/create", async (HttpRequest request, Experiments experiments, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            var tags = fields.Pairs("tags").Reverse().DistinctBy(tag => tag.Key).ToDictionary();
            return MLflowJson.Answer(new { experiment_id = (await experiments.CreateAsync(fields.Text("name"), fields.TextOrNull("artifact_location"), tags, cancel)).Id });
        }).Needs(Permission.Write);
        group.MapGet("/get", async (HttpRequest request, Experiments experiments, CancellationToken cancel) =>
            MLflowJson.Answer(new { experiment = MlExperiment.Of(await experiments.GetAsync((await MLflowFields.ReadAsync(request, cancel)).Text("experiment_id"), cancel)) })).Needs(Permission.Read);
        group.MapGet("/get-by-name", async (HttpRequest request, Experiments experiments, CancellationToken cancel) =>
            MLflowJson.Answer(new { experiment = MlExperiment.Of(await experiments.NamedAsync((await MLflowFields.ReadAsync(request, cancel)).Text("experiment_name"), cancel)) })).Needs(Permission.Read);
        group.MapGet("/search", SearchAsync).Needs(Permission.Read);
        group.MapPost("/search", SearchAsync).Needs(Permission.Read);
        group.MapPost("/update", async (HttpRequest request, Experiments experiments, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            await experiments.RenameAsync(fields.Text("experiment_id"), fields.Text("new_name"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/delete", async (HttpRequest request, Experiments experiments, CancellationToken cancel) =>
        {
            await experiments.DeleteAsync((await MLflowFields.ReadAsync(request, cancel)).Text("experiment_id"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/restore", async (HttpRequest request, Experiments experiments, CancellationToken cancel) =>
        {
            await experiments.RestoreAsync((await MLflowFields.ReadAsync(request, cancel)).Text("experiment_id"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/set-experiment-tag", async (HttpRequest request, Experiments experiments, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            await experiments.SetTagAsync(fields.Text("experiment_id"), fields.Text("key"), fields.TextGiven("value"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/delete-experiment-tag", async (HttpRequest request, Experiments experiments, CancellationToken cancel) =>
        {
            var fields = await MLflowFields.ReadAsync(request, cancel);
            await experiments.DeleteTagAsync(fields.Text("experiment_id"), fields.Text("key"), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapPost("/search-datasets", async (HttpRequest request, Db db, CancellationToken cancel) =>
        {
            var wanted = (await MLflowFields.ReadAsync(request, cancel)).Texts("experiment_ids");
            if (wanted.Count == 0) throw Refusal.Invalid("experiment-ids", "SearchDatasets request must specify at least one experiment_id.");
            if (wanted.Count > 20) throw Refusal.Invalid("experiment-ids", $"SearchDatasets request cannot specify more than 20 experiment_ids. Received {wanted.Count} experiment_ids.");
            var found = await db.ReadAsync(tx => RunInputsSql.SummariesAsync(tx, wanted, 1000), cancel);
            return MLflowJson.Answer(new { dataset_summaries = found.Select(dataset => new { experiment_id = dataset.Experiment, name = dataset.Name, digest = dataset.Digest, context = dataset.Context }) });
        }).Needs(Permission.Read);
    }

    private static async Task<IResult> SearchAsync(HttpRequest request, Experiments experiments, CancellationToken cancel)
    {
        var fields = await MLflowFields.ReadAsync(request, cancel);
        var limit = fields.LongOrNull("max_results") ?? 1000;
        if (limit is < 1 or > MostListed) throw Refusal.Invalid("max-results", $"Invalid value {limit} for parameter 'max_results' supplied. It must be at least 1 and at most {MostListed}");
        var view = RunsApi.View(fields, "view_type");
        var known = (await experiments.AllAsync(cancel)).Where(experiment => view == ViewType.All || experiment.Deleted == (view == ViewType.DeletedOnly));
        var page = EntitySearch<Experiment>.Find(
            known, ExperimentFields.Instance, fields.TextOrNull("filter"), fields.Texts("order_by"), ExperimentFields.Default, fields.TextOrNull("page_token"), (int)limit, experiment => experiment.Id);
        return MLflowJson.Answer(new { experiments = page.Found.Count == 0 ? null : page.Found.Select(MlExperiment.Of), next_page_token = page.Next });
    }
}
