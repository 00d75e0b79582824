using Flyball.Foundation;

namespace Flyball.Server.Monitoring;

/// <summary>Records a window, and raises, continues or clears the alarm that follows from it. An alarm is cleared by a window that is within its limits, never by a change alone.</summary>
internal sealed class MonitorEffect(Journal journal, Ids ids, TimeProvider time) : JobEffect<MonitorSpecOfJob, WindowResult>(MonitorJob.Name)
{
    private const string Actor = "flyball";

    public override async Task ApplyAsync(Tx tx, Job job, MonitorSpecOfJob spec, WindowResult result)
    {
        var (from, to) = (Micros.Time(spec.From), Micros.Time(spec.To));
        var judgement = MonitorJudgement.Of(spec.Kind, spec.Monitor, spec.Version, result);
        var open = await MonitoringSql.OpenAsync(tx, spec.Deployment, spec.Kind);
        var entry = judgement.State switch
        {
            WindowState.Breached when open is null => await RaiseAsync(tx, spec, judgement, from, to),
            WindowState.Breached => await ContinueAsync(tx, spec, open, judgement, from, to),
            WindowState.Within when open is not null => await ClearAsync(tx, spec, open, judgement, from, to),
            _ => null,
        };
        await MonitoringSql.InsertAsync(tx, new MonitorWindow(job.Id, spec.Project, spec.Deployment, spec.Version, spec.Kind, from, to, judgement.State, result.Rows, result, time.GetUtcNow(), entry));
    }

    /// <summary>A window that cannot be measured is unknown, which is not within limits; the next one is not held up by it.</summary>
    public override async Task FailedAsync(Tx tx, Job job, MonitorSpecOfJob spec, string error)
    {
        var (from, to) = (Micros.Time(spec.From), Micros.Time(spec.To));
        var entry = await journal.AppendAsync(tx, new MeasurementFailed(spec.Project, spec.Deployment, spec.Version, spec.Kind, from, to, error), Actor, spec.VersionEvent);
        await MonitoringSql.InsertAsync(tx, new MonitorWindow(job.Id, spec.Project, spec.Deployment, spec.Version, spec.Kind, from, to, WindowState.Unknown, 0, new WindowResult { Rows = 0 }, time.GetUtcNow(), entry));
    }

    private async Task<string> RaiseAsync(Tx tx, MonitorSpecOfJob spec, Judgement judgement, DateTimeOffset from, DateTimeOffset to)
    {
        var id = ids.New();
        var entry = await journal.AppendAsync(tx, new AlarmRaised(spec.Project, spec.Deployment, spec.Version, spec.Kind, judgement.Metric, id, judgement.Message, from, to), Actor, spec.VersionEvent);
        var now = time.GetUtcNow();
        await MonitoringSql.PutAsync(tx, new Alarm(id, spec.Project, spec.Deployment, spec.Version, spec.Kind, judgement.Metric, now, 1, now, judgement.Message, entry, entry, null, null));
        return entry;
    }

    private async Task<string?> ContinueAsync(Tx tx, MonitorSpecOfJob spec, Alarm open, Judgement judgement, DateTimeOffset from, DateTimeOffset to)
    {
        // a further window of drift is a measurement; one of errors may be a reason to train again
        if (spec.Kind == MonitorKind.Drift)
        {
            await MonitoringSql.PutAsync(tx, open with { Version = spec.Version, Breaches = open.Breaches + 1, LastBreach = time.GetUtcNow(), Message = judgement.Message });
            return open.LastEvent;
        }

        var happened = new AlarmContinued(spec.Project, spec.Deployment, spec.Version, spec.Kind, judgement.Metric, open.Id, judgement.Message, from, to, open.Breaches + 1);
        var entry = await journal.AppendAsync(tx, happened, Actor, open.LastEvent);
        await MonitoringSql.PutAsync(tx, open with { Version = spec.Version, Breaches = open.Breaches + 1, LastBreach = time.GetUtcNow(), Message = judgement.Message, LastEvent = entry });
        return entry;
    }

    private async Task<string> ClearAsync(Tx tx, MonitorSpecOfJob spec, Alarm open, Judgement judgement, DateTimeOffset from, DateTimeOffset to)
    {
        // where another version took over, it is what made things well again
        var cause = spec.Version == open.Version ? open.LastEvent : spec.VersionEvent;
        var entry = await journal.AppendAsync(tx, new AlarmCleared(spec.Project, spec.Deployment, spec.Version, spec.Kind, judgement.Metric, open.Id, judgement.Message, from, to), Actor, cause);
        await MonitoringSql.PutAsync(tx, open with { Version = spec.Version, Message = judgement.Message, Closed = time.GetUtcNow(), ClosedEvent = entry });
        return entry;
    }
}
