using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// What runs are searched by, in memory, column by column: the newest value of every metric, params, tags and attributes of every run. It follows from the database alone: it is read from there when somebody first
/// searches, and every committed change is noted before the change is acknowledged, so a search finds whatever was acknowledged before it.
/// </summary>
internal sealed class RunIndex(Db db) : IDisposable
{
    /// <summary>Changes that wait longer than this for a search cost more than reading all again.</summary>
    private const int MostWaiting = 2_000_000;
    private readonly ReaderWriterLockSlim gate = new();
    private readonly SemaphoreSlim loading = new(1, 1);
    private ConcurrentQueue<RunChange>? waiting;
    private RunColumns? columns;

    public void Dispose()
    {
        gate.Dispose();
        loading.Dispose();
    }

    /// <summary>Notes what a transaction changes, once it is committed.</summary>
    public void Note(Tx tx, RunChange change) => tx.OnCommitted(() =>
    {
        var queue = Volatile.Read(ref waiting);
        if (queue is null) return;
        queue.Enqueue(change);
        if (queue.Count > MostWaiting) Forget();
    });

    /// <summary>Calls <paramref name="look"/> on columns that hold everything that was committed before the call. It must not keep them.</summary>
    public async Task<T> LookAsync<T>(Func<RunColumns, T> look, CancellationToken cancel)
    {
        var (current, queue) = await LoadedAsync(cancel);
        if (!queue.IsEmpty) Apply(current, queue);
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

    private void Forget()
    {
        Volatile.Write(ref waiting, null);
        Volatile.Write(ref columns, null);
    }

    private void Apply(RunColumns current, ConcurrentQueue<RunChange> queue)
    {
        gate.EnterWriteLock();
        try
        {
            while (queue.TryDequeue(out var change)) current.Apply(change);
        }
        finally
        {
            gate.ExitWriteLock();
        }
    }

    private async Task<(RunColumns Columns, ConcurrentQueue<RunChange> Waiting)> LoadedAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref columns) is { } known && Volatile.Read(ref waiting) is { } queue) return (known, queue);
        await loading.WaitAsync(cancel);
        try
        {
            if (columns is { } loaded && waiting is { } noted) return (loaded, noted);
            // changes are noted from before what is read on: one that was read too is applied twice, in order, which ends where it should
            var fresh = new ConcurrentQueue<RunChange>();
            Volatile.Write(ref waiting, fresh);
            var read = await RunColumnsSql.ReadAsync(db, cancel);
            Volatile.Write(ref columns, read);
            return (read, fresh);
        }
        catch
        {
            Forget();
            throw;
        }
        finally
        {
            loading.Release();
        }
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
