using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>What MLflow's API does not tell of runs: a table of the columns that are asked for, with how many there are in all, and a metric as a curve of few points.</summary>
internal static class RunTableApi
{
    private const int Most = 10_000;
    private const int MostColumns = 1000;

    public static void MapRunTable(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/runs/{id}/curve", async (string id, string metric, int? points, Runs runs, CancellationToken cancel) =>
        {
            var most = points ?? 1000;
            if (most is < 2 or > 100_000) throw Refusal.Invalid("curve-points", $"A curve has 2 to 100,000 points, not {most:N0}.");
            var curve = await runs.CurveAsync(id, metric, most, cancel);
            return new MetricCurve(curve.Step, curve.Time, curve.Value);
        }).Needs(Permission.Read);
        routes.MapPost("/api/runs/search", async (SearchRuns body, RunIndex index, CancellationToken cancel) =>
        {
            if (body.Limit is < 1 or > Most) throw Refusal.Invalid("search-limit", $"A page has 1 to {Most:N0} runs, not {body.Limit:N0}.");
            if (body.Columns?.Count > MostColumns) throw Refusal.Invalid("search-columns", $"A table has at most {MostColumns:N0} columns, not {body.Columns.Count:N0}.");
            var view = body.View switch { null or "active" => ViewType.ActiveOnly, "deleted" => ViewType.DeletedOnly, "all" => ViewType.All, var other => throw Refusal.Invalid("search-view", $"'{Refusal.Shown(other)}' is not one of active, deleted, all.") };
            List<Field> fields = [.. (body.Columns ?? []).Select(name => RunFields.Instance.Resolve(name, order: true))];
            var order = RunFields.Order(body.OrderBy ?? []);
            var query = new RunQuery(body.Experiments, FilterParser.Filter(body.Filter, RunFields.Instance), order, view, body.Limit, body.PageToken is { Length: > 0 } token ? PageToken.Read(token, order.Count) : null, cancel);
            var (page, rows) = await index.LookAsync(
                columns =>
                {
                    var found = RunSearch.Find(columns, query);
                    return (found, RunTable.Rows(columns, found, fields));
                },
                cancel);
            return new RunTableInfo([.. rows.Select(Wire)], page.Total, page.Next is { } next ? PageToken.Write(next) : null);
        }).Needs(Permission.Read);
    }

    private static RunRowInfo Wire(RunRow row) => new(
        row.Id, row.Experiment, row.Name, row.User, row.Status.ToString().ToLowerInvariant(), row.Started, row.Ended, [.. row.Cells.Select(cell => cell.Number is { } number ? Json.Element(number) : cell.Text is { } text ? Json.Element(text) : Json.Element<string?>(null))]);
}
