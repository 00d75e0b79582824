using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

internal sealed class ExperimentsApi(Experiments experiments, Db db)
{
    private const int MostListed = 50_000;
    private const int MostExperiments = 20;

    public void Map(RouteGroupBuilder group)
    {
        group.Answers("POST", "/create", Permission.Write, async call =>
        {
            var tags = call.Fields.Pairs("tags").Reverse().DistinctBy(tag => tag.Key).ToDictionary();
            return new { experiment_id = (await experiments.CreateAsync(call.Fields.Text("name"), call.Fields.TextOrNull("artifact_location"), tags, call.Cancel)).Id };
        });
        group.Answers("GET", "/get", Permission.Read, async call => new { experiment = MlExperiment.Of(await experiments.GetAsync(call.Fields.Text("experiment_id"), call.Cancel)) });
        group.Answers("GET", "/get-by-name", Permission.Read, async call => new { experiment = MlExperiment.Of(await experiments.NamedAsync(call.Fields.Text("experiment_name"), call.Cancel)) });
        group.Answers("GET", "/search", Permission.Read, SearchAsync);
        group.Answers("POST", "/search", Permission.Read, SearchAsync);
        group.Does("POST", "/update", call => experiments.RenameAsync(call.Fields.Text("experiment_id"), call.Fields.Text("new_name"), call.Cancel));
        group.Does("POST", "/delete", call => experiments.DeleteAsync(call.Fields.Text("experiment_id"), call.Cancel));
        group.Does("POST", "/restore", call => experiments.RestoreAsync(call.Fields.Text("experiment_id"), call.Cancel));
        group.Does("POST", "/set-experiment-tag", call => experiments.SetTagAsync(call.Fields.Text("experiment_id"), call.Fields.Text("key"), call.Fields.TextOrNull("value") ?? "", call.Cancel));
        group.Does("POST", "/delete-experiment-tag", call => experiments.DeleteTagAsync(call.Fields.Text("experiment_id"), call.Fields.Text("key"), call.Cancel));
        group.Answers("POST", "/search-datasets", Permission.Read, SearchDatasetsAsync);
    }

    private async Task<object> SearchDatasetsAsync(MLflowCall call)
    {
        var wanted = call.Fields.Texts("experiment_ids");
        if (wanted.Count == 0) throw Refusal.Invalid("experiment-ids", "SearchDatasets request must specify at least one experiment_id.");
        if (wanted.Count > MostExperiments) throw Refusal.Invalid("experiment-ids", $"SearchDatasets request cannot specify more than {MostExperiments} experiment_ids. Received {wanted.Count} experiment_ids.");
        var found = await db.ReadAsync(tx => RunInputsSql.SummariesAsync(tx, wanted, 1000), call.Cancel);
        return new { dataset_summaries = found.Select(dataset => new { experiment_id = dataset.Experiment, name = dataset.Name, digest = dataset.Digest, context = dataset.Context }) };
    }

    private async Task<object> SearchAsync(MLflowCall call)
    {
        var fields = call.Fields;
        var limit = fields.MaxResults(1000, long.MaxValue);
        if (limit > MostListed) throw Refusal.Invalid("max-results", $"Invalid value {limit} for parameter 'max_results' supplied. It must be at most {MostListed}");
        var view = RunsApi.View(fields, "view_type");
        var known = (await experiments.AllAsync(call.Cancel)).Where(experiment => view == ViewType.All || experiment.Deleted == (view == ViewType.DeletedOnly));
        var page = EntitySearch<Experiment>.Find(
            known, ExperimentFields.Instance, FilterParser.Filter(fields.TextOrNull("filter"), ExperimentFields.Instance), FilterParser.Order(fields.Texts("order_by"), ExperimentFields.Instance), ExperimentFields.Default, fields.TextOrNull("page_token"), (int)limit, experiment => experiment.Id);
        return new { experiments = page.Found.Count == 0 ? null : page.Found.Select(MlExperiment.Of), next_page_token = page.Next };
    }
}
