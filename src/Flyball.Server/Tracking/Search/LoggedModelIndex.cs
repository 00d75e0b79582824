using System.Collections.Concurrent;
using System.Collections.Immutable;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// Logged models in memory, as they are searched, by experiment. It follows from the database alone: all are read when somebody first searches, and those that a committed change touched are read again before anybody
/// looks the next time, so a search finds whatever was acknowledged before it, and a page reads nothing where nothing changed.
/// </summary>
internal sealed class LoggedModelIndex(Db db) : IDisposable
{
    /// <summary>Where changes touched more models than this, all are read again.</summary>
    private const int MostAgain = 1000;

    private static readonly ImmutableDictionary<string, LoggedModel> None = ImmutableDictionary.Create<string, LoggedModel>(StringComparer.Ordinal);
    private readonly SemaphoreSlim reading = new(1, 1);

    /// <summary>The models that changes touched and that were not read again since, each with the number of its last change; null while nothing was read yet.</summary>
    private ConcurrentDictionary<string, long>? touched;
    private ImmutableDictionary<string, ImmutableDictionary<string, LoggedModel>>? known;
    private long changes;

    public void Dispose() => reading.Dispose();

    /// <summary>Notes that a transaction changes a logged model, once it is committed.</summary>
    public void Note(Tx tx, string id) => tx.OnCommitted(() =>
    {
        if (Volatile.Read(ref touched) is { } waiting) waiting[id] = Interlocked.Increment(ref changes);
    });

    /// <summary>The logged models of experiments that are not deleted, as of now.</summary>
    public async Task<IEnumerable<LoggedModel>> OfAsync(IEnumerable<string> experiments, CancellationToken cancel)
    {
        var current = await CurrentAsync(cancel);
        return experiments.Distinct(StringComparer.Ordinal).SelectMany(experiment => current.TryGetValue(experiment, out var own) ? own.Values : []);
    }

    private async Task<ImmutableDictionary<string, ImmutableDictionary<string, LoggedModel>>> CurrentAsync(CancellationToken cancel)
    {
        // in this order: where nothing waits, what is known then has all that waited before
        if (Volatile.Read(ref touched) is { IsEmpty: true } && Volatile.Read(ref known) is { } current) return current;
        await reading.WaitAsync(cancel);
        try
        {
            // changes are noted from before what is read on: one that was read too is read twice
            if (touched is null) Volatile.Write(ref touched, new ConcurrentDictionary<string, long>(StringComparer.Ordinal));
            var waiting = touched.ToArray();
            if (known is { } before && waiting.Length == 0) return before;
            // to the end, also for somebody who has left: the next would begin anew, and leave again
            var next = known is null || waiting.Length > MostAgain ? await db.ReadAsync(AllAsync, CancellationToken.None) : await db.ReadAsync(tx => AgainAsync(tx, known, waiting), CancellationToken.None);
            Volatile.Write(ref known, next);
            // what changed meanwhile stays noted; until here, others see that there is something to wait for
            foreach (var read in waiting) touched.TryRemove(read);
            return next;
        }
        finally
        {
            reading.Release();
        }
    }

    private static async Task<ImmutableDictionary<string, ImmutableDictionary<string, LoggedModel>>> AllAsync(Tx tx) =>
        (await LoggedModelsSql.AllAsync(tx)).GroupBy(model => model.ExperimentId, StringComparer.Ordinal).ToImmutableDictionary(own => own.Key, own => own.ToImmutableDictionary(model => model.Id, StringComparer.Ordinal), StringComparer.Ordinal);

    private static async Task<ImmutableDictionary<string, ImmutableDictionary<string, LoggedModel>>> AgainAsync(Tx tx, ImmutableDictionary<string, ImmutableDictionary<string, LoggedModel>> before, KeyValuePair<string, long>[] waiting)
    {
        var after = before.ToBuilder();
        foreach (var (id, _) in waiting)
        {
            if (await LoggedModelsSql.FindAsync(tx, id) is { } model)
            {
                after[model.ExperimentId] = (after.GetValueOrDefault(model.ExperimentId) ?? None).SetItem(id, model);
                continue;
            }

            foreach (var experiment in before.Where(pair => pair.Value.ContainsKey(id)).Select(pair => pair.Key)) after[experiment] = after[experiment].Remove(id);
        }

        return after.ToImmutable();
    }
}
