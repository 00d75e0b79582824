using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Flyball.Foundation;

/// <summary>
/// SQLite in write-ahead mode, every commit synced. One writer at a time in the process (a queue in front of the engine's own lock, so that writers wait instead of failing); readers see snapshots and never wait.
/// </summary>
public sealed class SqliteDb : Db
{
    private const int MostReaders = 16;
    private readonly string connectionString;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly ConcurrentBag<Session> readers = [];
    private readonly WriteGroups groups;
    private Session? writer;

    public SqliteDb(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        // sessions are kept by this class, with their prepared statements
        connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate, ForeignKeys = true, DefaultTimeout = 30, Pooling = false }.ToString();
        groups = new WriteGroups(() => BeginAsync(CancellationToken.None), OpenPartAsync);
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        Execute(connection, "pragma journal_mode=wal");
    }

    public override Dialect Dialect { get; } = new("sqlite", "integer primary key autoincrement", "text", "blob", "without rowid");

    public override async Task<Tx> BeginAsync(CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (writer is { } left && IsOpen(left))
            {
                // a transaction that could not even be taken back: its connection is not used again
                await left.DisposeAsync();
                writer = null;
            }

            var session = writer ??= await OpenAsync(cancel);
            await session.Prepared("begin immediate", null).ExecuteAsync();
            return new Tx(session, new Transaction(session), EndTurn);
        }
        catch
        {
            turn.Release();
            throw;
        }
    }

    public override Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken cancel) => groups.AddAsync(work, cancel);

    public override async Task<Tx> ReadAsync(CancellationToken cancel)
    {
        var session = readers.TryTake(out var kept) ? kept : await OpenAsync(cancel);
        await session.Prepared("begin", null).ExecuteAsync();
        return new Tx(session, new Transaction(session), () => KeepAsync(session));
    }

    public override async Task CopyAsync(string path, CancellationToken cancel)
    {
        await using var connection = new SqliteConnection(connectionString);
        await connection.OpenAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "vacuum into @path";
        command.Parameters.AddWithValue("@path", path);
        await command.ExecuteNonQueryAsync(cancel);
    }

    public override async ValueTask DisposeAsync()
    {
        await turn.WaitAsync();
        var session = writer ?? await OpenAsync(CancellationToken.None);
        try
        {
            await session.Prepared("pragma wal_checkpoint(truncate)", null).ExecuteAsync();
        }
        catch (SqliteException)
        {
            // on a full disk the log stays as it is, and the next start reads it
        }

        await session.DisposeAsync();
        while (readers.TryTake(out var reader)) await reader.DisposeAsync();
        turn.Dispose();
    }

    private async Task<Session> OpenAsync(CancellationToken cancel)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancel);
            Execute(connection, "pragma synchronous=full; pragma busy_timeout=30000; pragma temp_store=memory");
            return new Session(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<Tx> OpenPartAsync(Tx whole)
    {
        await whole.Session.Prepared("savepoint part", null).ExecuteAsync();
        return new Tx(whole.Session, new Part(whole.Session), static () => ValueTask.CompletedTask);
    }

    private ValueTask EndTurn()
    {
        turn.Release();
        return ValueTask.CompletedTask;
    }

    private ValueTask KeepAsync(Session session)
    {
        if (readers.Count >= MostReaders || IsOpen(session)) return session.DisposeAsync();
        readers.Add(session);
        return ValueTask.CompletedTask;
    }

    private static bool IsOpen(Session session) => SQLitePCL.raw.sqlite3_get_autocommit(((SqliteConnection)session.Connection).Handle) == 0;

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Without the driver's own transaction: when the disk is full, SQLite takes the transaction back itself, and the driver's would then fail to end and keep its connection.</summary>
    private sealed class Transaction(Session session) : EngineTransaction
    {
        public override bool IsOpen => SqliteDb.IsOpen(session);

        public override Task CommitAsync(CancellationToken cancel)
        {
            cancel.ThrowIfCancellationRequested();
            return session.Prepared("commit", null).ExecuteAsync();
        }

        public override Task RollbackAsync() => IsOpen ? session.Prepared("rollback", null).ExecuteAsync() : Task.CompletedTask;
    }

    /// <summary>One work's share of a transaction.</summary>
    private sealed class Part(Session session) : EngineTransaction
    {
        public override bool IsOpen => SqliteDb.IsOpen(session);

        public override Task CommitAsync(CancellationToken cancel) => session.Prepared("release part", null).ExecuteAsync();

        public override async Task RollbackAsync()
        {
            if (!IsOpen) return;
            await session.Prepared("rollback to part", null).ExecuteAsync();
            await session.Prepared("release part", null).ExecuteAsync();
        }
    }
}
