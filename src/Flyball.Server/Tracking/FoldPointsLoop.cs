using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// Moves logged points to where they are read fastest, a run at a time so that writers need not wait long: when a run has many, or has been silent for a while.
/// </summary>
internal sealed class FoldPointsLoop(Db db, NewestPoints newest) : ILoop
{
    /// <summary>Calls after which a busy run is packed, and bytes.</summary>
    private const int Many = 256;
    private const int Large = 1 << 20;

    /// <summary>Calls and bytes of one transaction.</summary>
    private const int MostCalls = 2048;
    private const int MostBytes = 4 << 20;

    public string Name => "fold-points";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var due = (await db.ReadAsync(MetricsSql.WaitingAsync, cancel)).Where(waiting => waiting.Calls >= Many || waiting.Bytes >= Large || !newest.IsBusy(waiting.Run)).ToList();
        foreach (var (run, calls, bytes) in due)
        {
            var most = (int)Math.Clamp(calls * MostBytes / Math.Max(1, bytes), 1, MostCalls);
            await db.WriteAsync(
                async tx =>
                {
                    await MetricsSql.FoldAsync(tx, run, most);
                    tx.OnCommitted(() => newest.Forget(run));
                },
                cancel);
        }

        return due.Count > 0;
    }
}
