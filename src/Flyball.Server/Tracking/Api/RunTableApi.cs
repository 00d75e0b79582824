using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>Runs as a table of the columns that are asked for, with how many there are in all: MLflow's search tells everything of every run, and no count.</summary>
internal static class RunTableApi
{
    private const int Most = 10_000;
    private const int MostColumns = 1000;

    public static void MapRunTable(this IEndpointRouteBuilder routes) => routes.MapPost("/api/runs/search", async (SearchRuns body, RunIndex index, CancellationToken cancel) =>
    {
        if (body.Limit is < 1 or > Most) throw Refusal.Invalid("search-limit", $"A page has 1 to {Most:N0} runs, not {body.Limit:N0}.");
        if (body.Columns?.Count > MostColumns) throw Refusal.Invalid("search-columns", $"A table has at most {MostColumns:N0} columns, not {body.Columns.Count:N0}.");
        var view = body.View switch { null or "active" => ViewType.ActiveOnly, "deleted" => ViewType.DeletedOnly, "all" => ViewType.All, var other => throw Refusal.Invalid("search-view", $"'{Refusal.Shown(other)}' is not one of active, deleted, all.") };
        List<Field> fields = [.. (body.Columns ?? []).Select(name => RunFields.Instance.Resolve(name, order: true))];
        var order = FilterParser.Order(body.OrderBy ?? [], RunFields.Instance);
        var started = new Field(FieldKind.Attribute, "start_time");
        if (!order.Exists(key => key.Field == started)) order.Add(new OrderKey(started, Descending: true));
        var query = new RunQuery(body.Experiments, FilterParser.Filter(body.Filter, RunFields.Instance), order, view, body.Limit, body.PageToken is { Length: > 0 } token ? PageToken.Read(token, order.Count) : null);
        var (page, rows) = await index.LookAsync(
            columns =>
            {
                var found = RunSearch.Find(columns, query);
                return (found, RunTable.Rows(columns, found, fields));
            },
            cancel);
        return new RunTableInfo([.. rows.Select(Wire)], page.Total, page.Next is { } next ? PageToken.Write(next) : null);
    }).Needs(Permission.Read);

    private static RunRowInfo Wire(RunRow row) => new(
        row.Id, row.Experiment, row.Name, row.User, row.Status.ToString().ToLowerInvariant(), row.Started, row.Ended, [.. row.Cells.Select(cell => cell.Number is { } number ? Json.Element(number) : cell.Text is { } text ? Json.Element(text) : Json.Element<string?>(null))]);
}
