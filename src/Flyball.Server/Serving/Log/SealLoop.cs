using Flyball.Foundation;

namespace Flyball.Server.Serving;

/// <summary>Takes closed log files into the object store and queues the job that makes Parquet of them. A file is deleted once its segment is recorded.</summary>
internal sealed class SealLoop(TrafficLog log, Db db, Jobs jobs, ObjectStore objects) : ILoop
{
    public string Name => "seal";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var changed = false;
        foreach (var (deployment, kind, files) in log.All())
        {
            if (TrafficLog.IsFull(files.Active)) await files.RotateAsync(cancel);
            foreach (var closed in files.Closed())
            {
                if (closed.Rows > 0) await RecordAsync(deployment, kind, closed, cancel);
                CrashPoint.Reached("log.before-seal-delete");
                File.Delete(closed.Path);
                changed = true;
            }
        }

        return changed;
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
