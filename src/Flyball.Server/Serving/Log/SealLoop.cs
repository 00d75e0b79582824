using Flyball.Foundation;

namespace Flyball.Server.Serving;

/// <summary>Takes closed log files into the object store and queues the job that makes Parquet of them, again where it failed. A file is deleted once its segment is recorded.</summary>
internal sealed class SealLoop(TrafficLog log, Db db, Jobs jobs, ObjectStore objects, TimeProvider time) : ILoop
{
    /// <summary>A job that failed (the disk was full, its worker was killed) is queued again after as long as it has been failing, but at least and at most so long.</summary>
    private static readonly (TimeSpan Least, TimeSpan Most) Pause = (TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));

    public string Name => "seal";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var logs = log.All().Select<(string Deployment, LogKind Kind, AppendLog Log), Func<Task<bool>>>(one => () => TakeAsync(one.Deployment, one.Kind, one.Log, cancel));
        return await Each.StepAsync([.. logs, () => AgainAsync(cancel)], step => step());
    }

    private async Task<bool> TakeAsync(string deployment, LogKind kind, AppendLog files, CancellationToken cancel)
    {
        if (TrafficLog.IsFull(files.Active)) await files.RotateAsync(cancel);
        var changed = false;
        foreach (var closed in files.Closed())
        {
            if (closed.Rows > 0) await RecordAsync(deployment, kind, closed, cancel);
            CrashPoint.Reached("log.before-seal-delete");
            File.Delete(closed.Path);
            changed = true;
        }

        return changed;
    }

    /// <summary>What stays raw keeps everything that reads the log waiting.</summary>
    private async Task<bool> AgainAsync(CancellationToken cancel)
    {
        var due = await db.ReadAsync(
            async tx =>
            {
                var found = new List<LogSegment>();
                foreach (var segment in await SegmentsSql.RawAsync(tx))
                {
                    if (await IsDueAsync(tx, segment)) found.Add(segment);
                }

                return found;
            },
            cancel);
        return await Each.StepAsync(due, segment => db.WriteAsync(
            async tx =>
            {
                if (!await IsDueAsync(tx, segment)) return false;
                await jobs.EnqueueAsync(tx, SealJob.Name, segment.Ref, null, new SealSpec(segment.Deployment, segment.Kind, segment.Seq, segment.Object), dedupe: null, maxAttempts: 1);
                return true;
            },
            cancel));
    }

    private async Task<bool> IsDueAsync(Tx tx, LogSegment segment)
    {
        var tried = await Jobs.OnAsync(tx, segment.Ref);
        if (tried.Count == 0 || tried.Exists(job => job.Ended is null)) return false;
        var (first, last) = (tried.Min(job => job.Created), tried.Max(job => job.Ended)!.Value);
        var pause = last - first < Pause.Least ? Pause.Least : last - first > Pause.Most ? Pause.Most : last - first;
        return time.GetUtcNow() >= last + pause;
    }

    private async Task RecordAsync(string deployment, LogKind kind, LogFile closed, CancellationToken cancel)
    {
        // recorded already: a crash came between record and deletion
        if (await db.ReadAsync(tx => SegmentsSql.FindAsync(tx, deployment, kind, closed.Seq), cancel) is not null) return;
        var stored = await objects.PutFileAsync(closed.Path, cancel);
        var segment = new LogSegment(deployment, kind, closed.Seq, stored.Digest, closed.Bytes, closed.Rows, closed.MinAt, closed.MaxAt, SegmentState.Raw);
        await db.WriteAsync(
            async tx =>
            {
                await SegmentsSql.InsertAsync(tx, segment);
                await Links.AddAsync(tx, segment.Ref, "holds", new Ref("object", stored.Digest));
                await jobs.EnqueueAsync(tx, SealJob.Name, segment.Ref, null, new SealSpec(deployment, kind, closed.Seq, stored.Digest), dedupe: $"seal:{segment.Ref}", maxAttempts: 5);
            },
            cancel);
    }
}
