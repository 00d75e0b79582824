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

    /// <summary>Runs <paramref name="work"/> in a transaction and commits it.</summary>
    public async Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken cancel)
    {
        await using var tx = await BeginAsync(cancel);
        var result = await work(tx);
        await tx.CommitAsync(cancel);
        return result;
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public async Task WriteAsync(Func<Tx, Task> work, CancellationToken cancel)
    {
        await using var tx = await BeginAsync(cancel);
        await work(tx);
        await tx.CommitAsync(cancel);
    }

    /// <summary>Runs <paramref name="work"/> on a snapshot.</summary>
    public async Task<T> ReadAsync<T>(Func<Tx, Task<T>> work, CancellationToken cancel)
    {
        await using var tx = await ReadAsync(cancel);
        return await work(tx);
    }
}

/// <summary>What differs between the databases.</summary>
public sealed record Dialect(string Name, string AutoIncrementKey, string Json);

/// <summary>An open transaction. What is to happen only if it commits (a wake-up, a snapshot swap) is queued with <see cref="OnCommitted"/>.</summary>
public sealed class Tx : IAsyncDisposable
{
    private readonly EngineTransaction transaction;
    private readonly Action released;
    private List<Action>? committed;
    private bool done;

    internal Tx(DbConnection connection, EngineTransaction transaction, Action released) => (Connection, this.transaction, this.released) = (connection, transaction, released);

    internal DbConnection Connection { get; }

    internal DbTransaction? Transaction => transaction.ForCommands;

    public void OnCommitted(Action action) => (committed ??= []).Add(action);

    public async Task CommitAsync(CancellationToken cancel)
    {
        CrashPoint.Reached("db.before-commit");
        await transaction.CommitAsync(cancel);
        done = true;
        CrashPoint.Reached("db.after-commit");
        await ReleaseAsync();
        committed?.ForEach(action => action());
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
            await ReleaseAsync();
        }
    }

    private async ValueTask ReleaseAsync()
    {
        try
        {
            await Connection.DisposeAsync();
        }
        finally
        {
            released();
        }
    }
}

/// <summary>How a database ends a transaction.</summary>
internal abstract class EngineTransaction
{
    /// <summary>What commands of the transaction must carry, where the driver asks for it.</summary>
    public virtual DbTransaction? ForCommands => null;

    public abstract Task CommitAsync(CancellationToken cancel);

    /// <summary>Takes everything back, unless the engine has already done so.</summary>
    public abstract Task RollbackAsync();
}
