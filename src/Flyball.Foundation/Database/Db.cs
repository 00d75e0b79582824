using System.Data.Common;

namespace Flyball.Foundation;

/// <summary>The metadata database. SQL is written once for SQLite and PostgreSQL; what differs is in <see cref="Dialect"/>.</summary>
public abstract class Db : IAsyncDisposable
{
    public abstract Dialect Dialect { get; }

    /// <summary>Begins a transaction that may write. Only one runs at a time; keep it short and do no other I/O in it.</summary>
    public abstract Task<Tx> BeginAsync(CancellationToken cancel);

    /// <summary>Begins a transaction that only reads, on a consistent snapshot.</summary>
    public abstract Task<Tx> ReadAsync(CancellationToken cancel);

    /// <summary>Writes what is committed to a new file, as one consistent database that <see cref="SqliteDb"/> opens.</summary>
    public abstract Task CopyAsync(string path, CancellationToken cancel);

    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// Runs <paramref name="work"/> and commits it. Works that arrive while another is being synced to disk may share the next transaction, each behind its own savepoint: one that throws takes back only its own,
    /// and none is answered before all of it is on disk. Keep works short and do no other I/O in them.
    /// </summary>
    public virtual async Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken cancel)
    {
        await using var tx = await BeginAsync(cancel);
        var result = await work(tx);
        await tx.CommitAsync(cancel);
        return result;
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<Tx, Task> work, CancellationToken cancel) => WriteAsync(
        async tx =>
        {
            await work(tx);
            return true;
        },
        cancel);

    /// <summary>Runs <paramref name="work"/> on a snapshot.</summary>
    public async Task<T> ReadAsync<T>(Func<Tx, Task<T>> work, CancellationToken cancel)
    {
        await using var tx = await ReadAsync(cancel);
        return await work(tx);
    }
}

/// <summary>What differs between the databases: how a growing key, JSON, bytes and a table that is stored in the order of its primary key are declared.</summary>
public sealed record Dialect(string Name, string AutoIncrementKey, string Json, string Bytes, string Clustered);

/// <summary>An open transaction. What is to happen only if it commits (a wake-up, a snapshot swap) is queued with <see cref="OnCommitted"/>.</summary>
public sealed class Tx : IAsyncDisposable
{
    private readonly EngineTransaction transaction;
    private readonly Func<ValueTask> release;
    private List<Action>? committed;
    private List<Action>? rolledBack;
    private bool done;

    /// <param name="release">Gives back the session, and the turn where it is a writer's; called once, whatever came of the transaction.</param>
    internal Tx(Session session, EngineTransaction transaction, Func<ValueTask> release) => (Session, this.transaction, this.release) = (session, transaction, release);

    internal Session Session { get; }

    internal DbConnection Connection => Session.Connection;

    internal DbTransaction? Transaction => transaction.ForCommands;

    public void OnCommitted(Action action) => (committed ??= []).Add(action);

    /// <summary>Queues what is to happen only if nothing of this is kept, such as forgetting what was remembered of it.</summary>
    public void OnRolledBack(Action action) => (rolledBack ??= []).Add(action);

    public async Task CommitAsync(CancellationToken cancel)
    {
        CrashPoint.Reached("db.before-commit");
        await transaction.CommitAsync(cancel);
        done = true;
        CrashPoint.Reached("db.after-commit");
        try
        {
            // before the next one has its turn: what follows from commits is told in their order
            Announce();
        }
        finally
        {
            await release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (done) return;
        done = true;
        try
        {
            await transaction.RollbackAsync();
        }
        catch (DbException)
        {
            // why the transaction failed is what the caller is told; without it the engine takes everything back
        }
        finally
        {
            Retract();
            await release();
        }
    }

    /// <summary>False where the engine has taken everything back by itself, as on a full disk.</summary>
    internal bool IsOpen => transaction.IsOpen;

    /// <summary>Ends a part of a larger transaction; it is committed with the whole.</summary>
    internal Task EndPartAsync()
    {
        done = true;
        return transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>Does what was to happen if nothing of this is kept.</summary>
    internal void Retract() => rolledBack?.ForEach(action => action());

    /// <summary>Does what was to happen once this is committed.</summary>
    internal void Announce() => committed?.ForEach(action => action());
}

/// <summary>How a database ends a transaction.</summary>
internal abstract class EngineTransaction
{
    /// <summary>What commands of the transaction must carry, where the driver asks for it.</summary>
    public virtual DbTransaction? ForCommands => null;

    /// <summary>False where the engine has taken everything back by itself.</summary>
    public abstract bool IsOpen { get; }

    public abstract Task CommitAsync(CancellationToken cancel);

    /// <summary>Takes everything back, unless the engine has already done so.</summary>
    public abstract Task RollbackAsync();
}
