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
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);
    private DateTimeOffset? due;
    private int asked;
    private int heard;

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
        Interlocked.Increment(ref asked);
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
        // a rule that is set counts at once, also one that is set while a step goes on
        if (now < due && heard == Volatile.Read(ref asked)) return false;
        heard = Volatile.Read(ref asked);
        // where a step fails, the whole is not tried again at every turn of the loops
        due = now + Pause;
        var (rules, experiments) = await db.ReadAsync(async tx => (await RetentionSql.AllAsync(tx), await ExperimentsSql.AllAsync(tx)), cancel);
        var ruled = experiments.Select(experiment => (Experiment: experiment, Rule: rules.Find(rule => rule.Experiment == experiment.Id) ?? rules.Find(rule => rule.Experiment is null))).Where(pair => pair.Rule is not null).ToList();
        var changed = await Each.StepAsync(ruled.Where(pair => pair.Rule!.DeleteAfter is not null), pair => ExpireAsync(pair.Experiment, now - TimeSpan.FromDays(pair.Rule!.DeleteAfter!.Value), cancel));
        // what is deleted is looked for once for all experiments of a term
        changed |= await Each.StepAsync(ruled.Where(pair => pair.Rule!.RemoveAfter is not null).GroupBy(pair => pair.Rule!.RemoveAfter!.Value, pair => pair.Experiment.Id), async term =>
            (await garbage.CollectAsync(now - TimeSpan.FromDays(term.Key), term.ToHashSet(StringComparer.Ordinal), int.MaxValue, "flyball", cancel)).Removed is var gone && gone.Runs.Count + gone.LoggedModels.Count + gone.Experiments.Count > 0);
        due = now + Every;
        return changed;
    }

    /// <summary>Deletes what ended before a time and no version of a model was made from.</summary>
    private async Task<bool> ExpireAsync(Experiment experiment, DateTimeOffset before, CancellationToken cancel)
    {
        var expired = await db.ReadAsync(tx => ExpiredAsync(tx, experiment.Id, before), cancel);
        foreach (var part in expired.Chunk(Together))
        {
            await db.WriteAsync(
                async tx =>
                {
                    // one may have been taken up again, tagged or registered since it was found; of no others is asked, since everybody who writes waits for this
                    var still = new List<string>();
                    foreach (var run in part)
                    {
                        if (await RetentionSql.IsEndedAsync(tx, run, before) && !await GarbageSql.IsNeededAsync(tx, new Ref("run", run))) still.Add(run);
                    }

                    if (still.Count == 0) return;
                    await runs.MoveAsync(tx, still, deleted: true);
                    await journal.AppendAsync(tx, new RunsExpired(experiment.Id, still), "flyball", null);
                },
                cancel);
        }

        return expired.Count > 0;
    }

    private static async Task<List<string>> ExpiredAsync(Tx tx, string experiment, DateTimeOffset before)
    {
        var ended = await RetentionSql.EndedAsync(tx, experiment, before);
        if (ended.Count == 0) return ended;
        var needed = await GarbageSql.NeededAsync(tx);
        return ended.FindAll(id => !needed.ContainsKey(new Ref("run", id)));
    }
}
