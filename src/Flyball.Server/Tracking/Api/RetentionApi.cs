using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>Removing deleted things for good, and the rules by which it happens.</summary>
internal static class RetentionApi
{
    /// <summary>How a path names the rule of all experiments.</summary>
    private const string All = "all";
    private const int MostDays = 36_500;
    private const int MostAtOnce = 10_000;

    public static void MapRetention(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/garbage", async (double? olderThanDays, string[] experiment, Db db, TimeProvider time, CancellationToken cancel) =>
        {
            var before = Before(olderThanDays ?? 0, time);
            return await db.ReadAsync(async tx => await InfoAsync(tx, await Garbage.FindAsync(tx, before, experiment.Length == 0 ? null : experiment)), cancel);
        }).Needs(Permission.Read);
        routes.MapPost("/api/garbage/remove", async (RemoveGarbage body, Garbage garbage, TimeProvider time, HttpContext http, CancellationToken cancel) =>
        {
            if (body.Most is < 1 or > MostAtOnce) throw Refusal.Invalid("garbage-most", $"1 to {MostAtOnce:N0} things are removed at once, not {body.Most:N0}.");
            var (removed, bytes, left) = await garbage.CollectAsync(Before(body.OlderThanDays, time), body.Experiments, body.Most, http.Actor().Name, cancel);
            return new GarbageRemovedInfo(removed.Runs.Count, removed.LoggedModels.Count, removed.Experiments.Count, bytes, left);
        }).Needs(Permission.Administer);
        routes.MapGet("/api/retention-rules", async (RetentionRules rules, CancellationToken cancel) => (await rules.AllAsync(cancel)).Select(Wire)).Needs(Permission.Read);
        routes.MapPut("/api/retention-rules/{experiment}", async (string experiment, SetRetentionRule body, RetentionRules rules, HttpContext http, CancellationToken cancel) =>
            Wire(await rules.SetAsync(Of(experiment), body.DeleteAfterDays, body.RemoveAfterDays, http.Actor().Name, cancel))).Needs(Permission.Administer);
        routes.MapDelete("/api/retention-rules/{experiment}", async (string experiment, RetentionRules rules, HttpContext http, CancellationToken cancel) =>
        {
            await rules.RemoveAsync(Of(experiment), http.Actor().Name, cancel);
            return TypedResults.NoContent();
        }).Needs(Permission.Administer);
    }

    /// <summary>What was found, with its size and by experiment.</summary>
    public static async Task<GarbageInfo> InfoAsync(Tx tx, GarbageFound found)
    {
        var size = await Garbage.SizeAsync(tx, found);
        var names = (await ExperimentsSql.AllAsync(tx)).ToDictionary(experiment => experiment.Id, experiment => experiment.Name);
        var (runs, models) = (found.Runs.CountBy(run => run.Experiment).ToDictionary(), found.LoggedModels.CountBy(model => model.Experiment).ToDictionary());
        return new GarbageInfo(
            found.Runs.Count, found.LoggedModels.Count, size.Files, size.Bytes, [.. found.Experiments.Select(experiment => experiment.Id)],
            [.. runs.Keys.Union(models.Keys).OrderByDescending(id => runs.GetValueOrDefault(id)).Select(id => new GarbageOfExperiment(id, names[id], runs.GetValueOrDefault(id), models.GetValueOrDefault(id)))],
            [.. found.Kept.Select(kept => new KeptGarbage(kept.Thing.ToString(), kept.Version.ToString()))]);
    }

    private static DateTimeOffset Before(double days, TimeProvider time) => days is >= 0 and <= MostDays
        ? time.GetUtcNow() - TimeSpan.FromDays(days)
        : throw Refusal.Invalid("garbage-days", $"olderThanDays is 0 to {MostDays:N0}, not {days}.");

    private static string? Of(string experiment) => experiment == All ? null : experiment;

    private static RetentionRuleInfo Wire(RetentionRule rule) => new(rule.Experiment, rule.DeleteAfter, rule.RemoveAfter, rule.Since, rule.By);
}
