using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// Moves logged points to where they are read fastest, when a run has many or has been silent for a while; in transactions that writers need not wait long for.
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
        // as many runs together as make one transaction of a bearable length
        for (var at = 0; at < due.Count;)
        {
            var (first, calls, bytes) = (at, 0L, 0L);
            do (calls, bytes) = (calls + due[at].Calls, bytes + due[at++].Bytes);
            while (at < due.Count && calls + due[at].Calls <= MostCalls && bytes + due[at].Bytes <= MostBytes);
            var most = (int)Math.Clamp(calls * MostBytes / Math.Max(1, bytes), 1, MostCalls);
            var part = due[first..at];
            await db.WriteAsync(
                async tx =>
                {
                    foreach (var (run, _, _) in part)
                    {
                        await MetricsSql.FoldAsync(tx, run, most);
                        tx.OnCommitted(() => newest.Forget(run));
                    }
                },
                cancel);
        }

        return due.Exists(waiting => waiting.Calls > MostCalls || waiting.Bytes > MostBytes);
    }
}
