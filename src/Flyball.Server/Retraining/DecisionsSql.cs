using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Retraining;

/// <summary>A decision to train whose training has not started yet.</summary>
internal sealed record OpenDecision(TriggerKind Trigger, string Reason, DateTimeOffset Decided, string Event);

internal static class DecisionsSql
{
    public const string Trains = "train";

    public static async Task<bool> KnownAsync(Tx tx, string project, string model, string signal, string verdict) => await tx.ScalarAsync<long>(
        "select count(*) from retraining_decisions where project = @project and model = @model and signal = @signal and verdict = @verdict", new { project, model, signal, verdict }) > 0;

    /// <summary>Keys of the signals that a training was decided for.</summary>
    public static async Task<HashSet<string>> TrainedAsync(Tx tx, string project, string model) =>
        [.. await tx.QueryAsync($"select signal from retraining_decisions where project = @project and model = @model and verdict = '{Trains}'", new { project, model }, row => row.Text("signal"))];

    public static Task<OpenDecision?> OpenAsync(Tx tx, string project, string model) => tx.FirstAsync(
        $"""
        select * from retraining_decisions where project = @project and model = @model and verdict = '{Trains}'
          and not exists (select 1 from trainings where trainings.cause = retraining_decisions.event)
        order by decided limit 1
        """,
        new { project, model },
        row => new OpenDecision((TriggerKind)row.Int("trigger_kind"), row.Text("reason"), row.Time("decided"), row.Text("event")));

    public static Task InsertAsync(Tx tx, string project, string model, RetrainSignal signal, string verdict, long decided, string entry) => tx.ExecuteAsync(
        """
        insert into retraining_decisions (project, model, signal, verdict, decided, event, trigger_kind, reason)
        values (@project, @model, @key, @verdict, @decided, @entry, @kind, @Reason)
        """,
        new { project, model, key = signal.Key, verdict, decided, entry, kind = (int)signal.Kind, signal.Reason });
}
