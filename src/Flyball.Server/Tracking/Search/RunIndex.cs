using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// What runs are searched by, in memory, column by column: the newest value of every metric, params, tags and attributes of every run. It follows from the database alone: it is read from there when somebody first
/// searches, or before (<see cref="EarlyIndex"/>), and every committed change is noted before the change is acknowledged, so a search finds whatever was acknowledged before it.
/// </summary>
/// <param name="mostWaiting">Changes that wait longer than this for a search cost more than reading all again.</param>
internal sealed class RunIndex(Db db, int mostWaiting = 2_000_000) : IDisposable, IThreadPoolWorkItem
{
    /// <summary>The most characters of texts among changes that wait.</summary>
    private const long MostCharacters = 128 << 20;

    /// <summary>So many changes do not wait for a search: whoever searched next would wait for them, and more and more memory would be kept.</summary>
    internal const int Many = 8_192;

    private readonly ReaderWriterLockSlim gate = new();
    private readonly SemaphoreSlim loading = new(1, 1);
    private Loaded? loaded;

    /// <summary>1 while somebody is on the way to apply changes that nobody searches for.</summary>
    private int applying;

    /// <summary>Changes that the columns do not hold yet.</summary>
    internal int Behind => Volatile.Read(ref loaded) is { } known ? Volatile.Read(ref known.Count) : 0;

    /// <summary>A search need not read first.</summary>
    internal bool IsRead => Volatile.Read(ref loaded) is { Columns: not null };

    /// <summary>Applies what waits. A failure is left to whoever searches next, and reads anew.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            if (Volatile.Read(ref loaded) is { Columns: not null } known) Apply(known);
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            // what could not be applied is not kept, so the next search reads
        }
        finally
        {
            Volatile.Write(ref applying, 0);
        }
    }

    public void Dispose()
    {
        gate.Dispose();
        loading.Dispose();
    }

    /// <summary>Notes what a transaction changes, once it is committed.</summary>
    public void Note(Tx tx, RunChange change) => tx.OnCommitted(() =>
    {
        if (Volatile.Read(ref loaded) is not { } known) return;
        // counted first: whoever applies as many as are counted has applied all that are acknowledged
        var waiting = Interlocked.Increment(ref known.Count);
        known.Waiting.Enqueue(change);
        if (waiting > mostWaiting || (change.Text is { Length: var length } && Interlocked.Add(ref known.Characters, length) > MostCharacters)) Interlocked.CompareExchange(ref loaded, null, known);
        else if (waiting >= Many && known.Columns is not null && Interlocked.Exchange(ref applying, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    });

    /// <summary>Calls <paramref name="look"/> on columns that hold everything that was committed before the call. It must not keep them.</summary>
    public async Task<T> LookAsync<T>(Func<RunColumns, T> look, CancellationToken cancel)
    {
        var known = await LoadedAsync(cancel);
        var current = known.Columns!;
        if (!known.Waiting.IsEmpty) Apply(known);
        gate.EnterReadLock();
        try
        {
            return look(current);
        }
        finally
        {
            gate.ExitReadLock();
        }
    }

    private void Apply(Loaded known)
    {
        gate.EnterWriteLock();
        try
        {
            // not those that come meanwhile: while they come, nobody could search
            var waiting = Volatile.Read(ref known.Count);
            for (var i = 0; i < waiting && known.Waiting.TryDequeue(out var change); i++)
            {
                known.Columns!.Apply(change);
                Interlocked.Decrement(ref known.Count);
                if (change.Text is { Length: var length }) Interlocked.Add(ref known.Characters, -length);
            }
        }
        catch
        {
            Interlocked.CompareExchange(ref loaded, null, known);
            throw;
        }
        finally
        {
            gate.ExitWriteLock();
        }
    }

    private async Task<Loaded> LoadedAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref loaded) is { Columns: not null } known) return known;
        await loading.WaitAsync(cancel);
        try
        {
            while (true)
            {
                if (Volatile.Read(ref loaded) is { Columns: not null } ready) return ready;
                // changes are noted from before what is read on: one that was read too is applied twice, in order, which ends where it should
                var fresh = new Loaded();
                Volatile.Write(ref loaded, fresh);
                try
                {
                    // to the end, also for somebody who has left: the next would begin anew, and leave again
                    fresh.Columns = await RunColumnsSql.ReadAsync(db, CancellationToken.None);
                }
                catch
                {
                    Volatile.Write(ref loaded, null);
                    throw;
                }

                // more came meanwhile than is kept: what was read would lack it
                if (Volatile.Read(ref loaded) == fresh) return fresh;
            }
        }
        finally
        {
            loading.Release();
        }
    }

    /// <summary>Columns and the changes that they do not hold yet, which belong together.</summary>
    private sealed class Loaded
    {
        /// <summary>Of texts among the changes.</summary>
        public long Characters;

        /// <summary>Of changes.</summary>
        public int Count;

        public ConcurrentQueue<RunChange> Waiting { get; } = new();

        public RunColumns? Columns { get; set => Volatile.Write(ref field, value); }
    }
}

internal enum RunChangeKind { Run, Metric, Param, Tag, NoTag, Dataset, Gone }

/// <summary>A committed change of one run: all of it that is searched.</summary>
/// <param name="Text">The value of a param or tag; of a dataset its digest.</param>
/// <param name="More">A dataset's context.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RunChange(RunChangeKind Kind, long Number, string Key, string? Text, double Value, Run? Run, string? More = null)
{
    public static RunChange Of(Run run) => new(RunChangeKind.Run, run.Number, "", null, 0, run);

    public static RunChange Metric(long run, string key, double value) => new(RunChangeKind.Metric, run, key, null, value, null);

    public static RunChange Param(long run, string key, string value) => new(RunChangeKind.Param, run, key, value, 0, null);

    public static RunChange Tag(long run, string key, string value) => new(RunChangeKind.Tag, run, key, value, 0, null);

    public static RunChange NoTag(long run, string key) => new(RunChangeKind.NoTag, run, key, null, 0, null);

    public static RunChange Dataset(long run, string name, string digest, string? context) => new(RunChangeKind.Dataset, run, name, digest, 0, null, context);

    public static RunChange Gone(long run) => new(RunChangeKind.Gone, run, "", null, 0, null);
}
