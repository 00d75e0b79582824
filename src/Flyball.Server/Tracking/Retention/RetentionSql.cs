using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal static class RetentionSql
{
    private const string Ended = "deleted is null and status >= 3 and ended is not null and ended <= $2 and not exists (select 1 from tags where tags.run = runs.number and tags.key in ($3, $4))";

    public static async Task<List<RetentionRule>> AllAsync(Tx tx)
    {
        var found = new List<RetentionRule>();
        await tx.Prepared("select experiment, delete_after, remove_after, since, set_by from retention_rules order by experiment").ReadAsync(row => found.Add(new RetentionRule(
            row.GetString(0) is { Length: > 0 } experiment ? experiment : null, row.IsDBNull(1) ? null : row.GetInt32(1), row.IsDBNull(2) ? null : row.GetInt32(2), Micros.Time(row.GetInt64(3)), row.GetString(4))));
        return found;
    }

    public static Task PutAsync(Tx tx, RetentionRule rule) => tx.Prepared(
        """
        insert into retention_rules (experiment, delete_after, remove_after, since, set_by) values ($1, $2, $3, $4, $5)
        on conflict (experiment) do update set delete_after = excluded.delete_after, remove_after = excluded.remove_after, since = excluded.since, set_by = excluded.set_by
        """).ExecuteAsync(rule.Experiment ?? "", (long?)rule.DeleteAfter, (long?)rule.RemoveAfter, Micros.Of(rule.Since), rule.By);

    public static async Task<bool> DeleteAsync(Tx tx, string? experiment) => await tx.Prepared("delete from retention_rules where experiment = $1").ExecuteAsync(experiment ?? "") == 1;

    /// <summary>The ids of an experiment's active runs that ended before a time, have not been taken up again since, are here whole and are not tagged to be kept.</summary>
    public static async Task<List<string>> EndedAsync(Tx tx, string experiment, DateTimeOffset before)
    {
        var found = new List<string>();
        await tx.Prepared($"select id from runs where experiment = $1 and {Ended} order by number").ReadAsync(row => found.Add(row.GetString(0)), experiment, Micros.Of(before), RetentionRules.KeepTag, RunImport.BegunTag);
        return found;
    }

    /// <summary>Whether a run is one of those.</summary>
    public static async Task<bool> IsEndedAsync(Tx tx, string run, DateTimeOffset before) =>
        await tx.Prepared($"select 1 from runs where id = $1 and {Ended}").ScalarAsync(run, Micros.Of(before), RetentionRules.KeepTag, RunImport.BegunTag) is not null;
}
