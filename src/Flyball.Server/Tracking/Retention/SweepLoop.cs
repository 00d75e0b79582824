using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Gives back, from time to time, the room of objects that nothing needs any more: parts of uploads, files that were overwritten or deleted, those of versions that are gone.</summary>
internal sealed class SweepLoop(Db db, Jobs jobs, DiskObjectStore objects, FlyballServerOptions options) : ILoop
{
    /// <summary>By the wall clock: what is on the disk does not follow a replayed time. The start of the server has swept already.</summary>
    private long swept = TimeProvider.System.GetTimestamp();

    public string Name => "objects";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        if (TimeProvider.System.GetElapsedTime(swept) < options.SweepEvery) return false;
        // what a job has stored is named by nothing until it reports, which may take longer than the grace; one that waits has stored nothing
        if ((await jobs.OpenAsync(cancel)).Exists(job => job.State == JobState.Running)) return false;
        // where it fails, it is not tried again at every turn of the loops: each look is at all objects
        swept = TimeProvider.System.GetTimestamp();
        await UsedObjects.SweepAsync(db, objects, options.OrphanGrace, cancel);
        return false;
    }
}
