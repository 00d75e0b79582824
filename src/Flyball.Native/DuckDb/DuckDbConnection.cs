namespace Flyball.Native.DuckDb;

/// <summary>A connection: transactions, temporary tables and statements. One thread at a time, except for <see cref="Interrupt"/> and <see cref="Progress"/>.</summary>
public sealed class DuckDbConnection : IDisposable
{
    private readonly ConnectionHandle handle;

    internal DuckDbConnection(ConnectionHandle handle) => this.handle = handle;

    /// <summary>Runs one or several statements; answers the rows changed by the last.</summary>
    /// <exception cref="DuckDbException">The engine's own message.</exception>
    public long Execute(string sql)
    {
        using var result = Query(sql);
        return result.RowsChanged;
    }

    /// <summary>Runs one statement with parameters (<c>?</c> or <c>$1</c>); answers the rows changed.</summary>
    /// <exception cref="DuckDbException">The engine's own message.</exception>
    public long Execute(string sql, params object?[] args)
    {
        using var result = Query(sql, args);
        return result.RowsChanged;
    }

    /// <summary>Runs one statement with parameters, or several without, and keeps the rows of the last.</summary>
    /// <exception cref="DuckDbException">The engine's own message.</exception>
    public DuckDbResult Query(string sql, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args.Length > 0)
        {
            using var statement = Prepare(sql);
            for (var i = 0; i < args.Length; i++) statement.BindValue(i + 1, args[i]);
            return statement.ExecuteQuery();
        }

        ArgumentNullException.ThrowIfNull(sql);
        DuckDbText.RefuseNul(sql);
        var result = new ResultHandle();
        return DuckDbResult.Of(result, DuckDbNative.Query(handle, sql, result), streaming: false);
    }

    /// <summary>Runs one statement and computes its rows while they are read, once, so that they need not fit into memory.</summary>
    /// <exception cref="DuckDbException">The engine's own message.</exception>
    public DuckDbResult Stream(string sql, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        using var statement = Prepare(sql);
        for (var i = 0; i < args.Length; i++) statement.BindValue(i + 1, args[i]);
        return statement.ExecuteStream();
    }

    /// <summary>Prepares one statement for repeated use.</summary>
    /// <exception cref="DuckDbException">The engine's own message.</exception>
    public DuckDbStatement Prepare(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        DuckDbText.RefuseNul(sql);
        var state = DuckDbNative.Prepare(handle, sql, out var prepared);
        var statement = new StatementHandle(prepared);
        if (state == 0) return new DuckDbStatement(statement);
        using (statement)
        {
            throw new DuckDbException(DuckDbNative.Text(DuckDbNative.PrepareError(statement)) ?? "The statement cannot be prepared.");
        }
    }

    /// <summary>Opens a fast path for appending rows to a table.</summary>
    /// <exception cref="DuckDbException">There is no such table.</exception>
    public DuckDbAppender Appender(string table, string? schema = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(table);
        var state = DuckDbNative.AppenderCreate(handle, schema, table, out var created);
        var appender = new AppenderHandle(created);
        if (state == 0) return new DuckDbAppender(appender);
        using (appender)
        {
            throw new DuckDbException(DuckDbNative.Text(DuckDbNative.AppenderError(appender)) ?? $"The table {table} cannot be appended to.");
        }
    }

    /// <summary>Asks the running statement to stop, from any thread; it then throws with <see cref="DuckDbException.IsInterrupted"/>.</summary>
    public void Interrupt() => DuckDbNative.Interrupt(handle);

    /// <summary>Makes <see cref="Progress"/> answer for the statements to come; it costs each of them a little.</summary>
    /// <exception cref="DuckDbException">The database is locked down.</exception>
    public void TrackProgress() =>
        // in this order: each of the later two would switch printing on
        Execute("SET enable_progress_bar_print = false; SET enable_progress_bar = true; SET progress_bar_time = 0");

    /// <summary>How far the running statement is, 0 to 100 percent, from any thread; −1 where the engine cannot tell or <see cref="TrackProgress"/> was not called.</summary>
    public double Progress() => DuckDbNative.QueryProgress(handle).Percentage;

    public void Dispose() => handle.Dispose();
}
