using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Tracking.Pages;

/// <summary>The pages of experiments, what they export, and what their forms change.</summary>
internal static class ExperimentPages
{
    private const int MostChanged = 1000;

    public static void MapExperimentPages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage<ExperimentsPage>("/experiments");
        routes.MapPage<ExperimentPage>("/experiments/{Id}");
        routes.MapPage<ComparePage>("/experiments/compare");
        routes.MapPage<DeletedPage>("/experiments/deleted");
        routes.MapForm<DeletedPage>("/experiments/deleted/remove", Permission.Administer, async (http, form) =>
        {
            if (form["sure"] != "yes") throw Refusal.Invalid("not-sure", "Nothing was removed: the box that says that you know it cannot be undone was not ticked.");
            var days = int.TryParse(http.Request.Query["days"], out var asked) ? Math.Clamp(asked, 0, 36_500) : throw Refusal.Invalid("garbage-days", "The form lacks the days.");
            var before = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() - TimeSpan.FromDays(days);
            await http.RequestServices.GetRequiredService<Garbage>().CollectAsync(before, null, int.MaxValue, http.Actor().Name, http.RequestAborted);
            return $"/experiments/deleted?days={days}";
        });
        RequestDelegate curves = SendCurvesAsync;
        routes.MapGet("/experiments/compare/curves", curves).Needs(Permission.Read);
        RequestDelegate csv = http => RunsCsv.WriteAsync(
            http.Response, http.RequestServices.GetRequiredService<RunIndex>(), (string)http.Request.RouteValues["Id"]!, RunsView.Of(http.Request.Query), http.Request.Query["all"] == "true", http.RequestAborted);
        routes.MapGet("/experiments/{Id}/runs.csv", csv).Needs(Permission.Read);
        routes.Changes("delete", (runs, ids, _, cancel) => runs.MoveAsync(ids, deleted: true, cancel));
        routes.Changes("restore", (runs, ids, _, cancel) => runs.MoveAsync(ids, deleted: false, cancel));
        routes.Changes("tag", (runs, ids, form, cancel) => runs.SetTagAsync(ids, form["key"].ToString().Trim(), form["value"].ToString(), cancel));
    }

    /// <summary>The curves of a metric, for the element that draws them: few enough points for a screen, whatever was logged.</summary>
    private static async Task SendCurvesAsync(HttpContext http)
    {
        var wanted = RunsToCompare.Of(http.Request.Query);
        var metric = http.Request.Query["metric"].ToString();
        var runs = await http.RequestServices.GetRequiredService<RunIndex>().LookAsync(
            columns => wanted.Find(columns).Slots.Where(slot => columns.Metric(metric) is { } known && !NumberColumn.IsAbsent(known[slot]))
                .Select(slot => (columns.Number(slot), columns.Id(slot).ToString(), columns.Text(new Field(FieldKind.Attribute, "run_name"))?.Text(slot) ?? "")).ToList(),
            http.RequestAborted);
        var found = await RunCurves.ReadAsync(http.RequestServices.GetRequiredService<Db>(), runs, metric, http.RequestAborted);
        await http.Response.WriteAsJsonAsync(new { curves = found }, Json.Options, http.RequestAborted);
    }

    /// <summary>
    /// Maps a change of the runs that the form of an experiment's page names: all of them or none.
    /// </summary>
    private static void Changes(this IEndpointRouteBuilder routes, string change, Func<Runs, IReadOnlyList<string>, IFormCollection, CancellationToken, Task> apply) => routes.MapForm<ExperimentPage>(
        $"/experiments/{{Id}}/runs/{change}",
        Permission.Write,
        async (http, form) =>
        {
            string[] ids = [.. form["runs"].OfType<string>().Distinct(StringComparer.Ordinal)];
            if (ids.Length is 0 or > MostChanged) throw Refusal.Invalid("runs-chosen", ids.Length == 0 ? "No run is chosen: choose some by their boxes." : $"At most {MostChanged:N0} runs are changed at once; {ids.Length:N0} are chosen.");
            await apply(http.RequestServices.GetRequiredService<Runs>(), ids, form, http.RequestAborted);
            return $"/experiments/{Uri.EscapeDataString((string)http.Request.RouteValues["Id"]!)}{http.Request.QueryString}";
        });
}
