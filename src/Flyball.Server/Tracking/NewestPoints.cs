using System.Collections.Concurrent;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// The newest points of runs that have logged lately, so that a writer knows whether what it logs is newer without reading the log again. Follows from the database: an entry that may be wrong is dropped and read anew.
/// Used by whoever has the turn to write, so by one at a time.
/// </summary>
internal sealed class NewestPoints
{
    private readonly ConcurrentDictionary<long, Entry> runs = new();

    /// <summary>Notes points of a metric that this transaction logs; its newest value then.</summary>
    public async Task<double> TakeAsync(Tx tx, long run, string key, List<Point> points)
    {
        var entry = await EntryAsync(tx, run);
        entry.LastUsed = Environment.TickCount64;
        return MetricsSql.Take(entry.Newest, key, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(points)).Value;
    }

    /// <summary>True for a run that has logged within the last two seconds: more is likely to come.</summary>
    public bool IsBusy(long run) => runs.TryGetValue(run, out var entry) && Environment.TickCount64 - entry.LastUsed < 2000;

    public void Forget(long run) => runs.TryRemove(run, out _);

    private async Task<Entry> EntryAsync(Tx tx, long run)
    {
        if (!runs.TryGetValue(run, out var entry))
        {
            entry = new Entry(await MetricsSql.NewestAsync(tx, run));
            runs[run] = entry;
        }

        tx.OnRolledBack(() => Forget(run));
        return entry;
    }

    private sealed class Entry(Dictionary<string, Point> newest)
    {
        public Dictionary<string, Point> Newest => newest;

        public long LastUsed { get; set; }
    }
}
