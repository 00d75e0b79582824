using Microsoft.Data.Sqlite;

namespace Flyball.Foundation;

/// <summary>
/// SQLite in write-ahead mode, every commit synced. One writer at a time in the process (a queue in front of the engine's own lock, so that writers wait instead of failing); readers see snapshots and never wait.
/// </summary>
public sealed class SqliteDb : Db
{
    private readonly string connectionString;
    private readonly SemaphoreSlim writer = new(1, 1);

    public SqliteDb(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate, ForeignKeys = true, DefaultTimeout = 30 }.ToString();
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "pragma journal_mode=wal";
        command.ExecuteNonQuery();
    }

    public override Dialect Dialect { get; } = new("sqlite", "integer primary key autoincrement", "text");

    public override async Task<Tx> BeginAsync(CancellationToken cancel)
    {
        await writer.WaitAsync(cancel);
        try
        {
            return await OpenAsync(deferred: false, () => writer.Release(), cancel);
        }
        catch
        {
            writer.Release();
            throw;
        }
    }

    public override Task<Tx> ReadAsync(CancellationToken cancel) => OpenAsync(deferred: true, static () => { }, cancel);

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
        await writer.WaitAsync();
        await using (var connection = new SqliteConnection(connectionString))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "pragma wal_checkpoint(truncate)";
            await command.ExecuteNonQueryAsync();
            SqliteConnection.ClearPool(connection);
        }

        writer.Dispose();
    }

    private async Task<Tx> OpenAsync(bool deferred, Action released, CancellationToken cancel)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancel);
            Execute(connection, "pragma synchronous=full; pragma busy_timeout=30000; pragma temp_store=memory");
            Execute(connection, deferred ? "begin" : "begin immediate");
            return new Tx(connection, new Transaction(connection), released);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Without the driver's own transaction: when the disk is full, SQLite takes the transaction back itself, and the driver's would then fail to end and keep its connection.</summary>
    private sealed class Transaction(SqliteConnection connection) : EngineTransaction
    {
        public override Task CommitAsync(CancellationToken cancel)
        {
            cancel.ThrowIfCancellationRequested();
            Execute(connection, "commit");
            return Task.CompletedTask;
        }

        public override Task RollbackAsync()
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0) Execute(connection, "rollback");
            return Task.CompletedTask;
        }
    }
}
