using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>The rules by which runs are deleted and removed, and their application once an hour.</summary>
internal sealed class RetentionRules(Db db, Journal journal, Runs runs, Garbage garbage, TimeProvider time) : ILoop
{
    /// <summary>A run with this tag is not deleted by a rule, whatever its value.</summary>
    public const string KeepTag = "flyball.keep";

    private const int MostDays = 36_500;
    private const int Together = 200;
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private DateTimeOffset? due;

    public string Name => "retention";

    public Task<List<RetentionRule>> AllAsync(CancellationToken cancel) => db.ReadAsync(RetentionSql.AllAsync, cancel);

    /// <summary>Sets the rule of an experiment, or the one for all that have none.</summary>
    /// <exception cref="Refusal">The days are no such numbers, both are left out, or there is no such experiment.</exception>
    public async Task<RetentionRule> SetAsync(string? experiment, int? deleteAfter, int? removeAfter, string actor, CancellationToken cancel)
    {
        if (deleteAfter is null && removeAfter is null) throw Refusal.Invalid("retention-days", "A retention rule says after how many days runs are deleted, after how many deleted ones are removed for good, or both.");
        if (deleteAfter is < 1 or > MostDays || removeAfter is < 0 or > MostDays) throw Refusal.Invalid("retention-days", $"Runs are deleted after 1 to {MostDays:N0} days, and removed for good 0 to {MostDays:N0} days after their deletion.");
        var rule = await db.WriteAsync(
            async tx =>
            {
                if (experiment is not null) await Experiments.GetAsync(tx, experiment);
                var set = new RetentionRule(experiment, deleteAfter, removeAfter, time.GetUtcNow(), actor);
                await RetentionSql.PutAsync(tx, set);
                await journal.AppendAsync(tx, new RetentionRuleSet(experiment, deleteAfter, removeAfter), actor, null);
                return set;
            },
            cancel);
        due = null;
        return rule;
    }

    /// <exception cref="Refusal">There is no such rule.</exception>
    public Task RemoveAsync(string? experiment, string actor, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            if (!await RetentionSql.DeleteAsync(tx, experiment)) throw Refusal.NotFound("retention rule", experiment ?? "all");
            await journal.AppendAsync(tx, new RetentionRuleRemoved(experiment), actor, null);
        },
        cancel);

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (now < due) return false;
        due = now + Every;
        var rules = await AllAsync(cancel);
        if (rules.Count == 0) return false;
        var changed = false;
        foreach (var experiment in await db.ReadAsync(ExperimentsSql.AllAsync, cancel))
        {
            if ((rules.Find(rule => rule.Experiment == experiment.Id) ?? rules.Find(rule => rule.Experiment is null)) is not { } rule) continue;
            if (rule.DeleteAfter is { } delete) changed |= await ExpireAsync(experiment, now - TimeSpan.FromDays(delete), cancel);
            if (rule.RemoveAfter is { } remove && (await garbage.CollectAsync(now - TimeSpan.FromDays(remove), [experiment.Id], int.MaxValue, "flyball", cancel)).Removed is var gone) changed |= gone.Runs.Count + gone.LoggedModels.Count + gone.Experiments.Count > 0;
        }

        return changed;
    }

    /// <summary>Deletes what ended before a time and no version of a model was made from.</summary>
    private async Task<bool> ExpireAsync(Experiment experiment, DateTimeOffset before, CancellationToken cancel)
    {
        var expired = await db.ReadAsync(
            async tx =>
            {
                var needed = await GarbageSql.NeededAsync(tx);
                return (await RetentionSql.EndedAsync(tx, experiment.Id, before)).FindAll(id => !needed.ContainsKey(new Ref("run", id)));
            },
            cancel);
        foreach (var part in expired.Chunk(Together))
        {
            await db.WriteAsync(
                async tx =>
                {
                    await runs.MoveAsync(tx, part, deleted: true);
                    await journal.AppendAsync(tx, new RunsExpired(experiment.Id, part), "flyball", null);
                },
                cancel);
        }

        return expired.Count > 0;
    }
}
