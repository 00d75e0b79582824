using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Packs points that came one by one into chunks, a metric at a time, so that writers need not wait long.</summary>
internal sealed class PackPointsLoop(Db db) : ILoop
{
    public string Name => "pack-points";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        if (await db.ReadAsync(MetricsSql.NextWaitingAsync, cancel) is not { } metric) return false;
        await db.WriteAsync(tx => MetricsSql.PackAsync(tx, metric), cancel);
        return true;
    }
}
