using System.Data.Common;

namespace Flyball.Foundation;

/// <summary>A connection with the statements that were prepared on it.</summary>
internal sealed class Session(DbConnection connection) : IAsyncDisposable
{
    private const int MostStatements = 200;
    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);

    public DbConnection Connection => connection;

    /// <summary>The statement of a text, prepared once per connection.</summary>
    public Statement Prepared(string sql, DbTransaction? transaction)
    {
        if (!statements.TryGetValue(sql, out var statement))
        {
            // texts are constants of the program; this bounds those with a varying number of parameters
            if (statements.Count >= MostStatements) Forget();
            var command = connection.CreateCommand();
            command.CommandText = sql;
            statements[sql] = statement = new Statement(command);
        }

        statement.Join(transaction);
        return statement;
    }

    public ValueTask DisposeAsync()
    {
        Forget();
        return connection.DisposeAsync();
    }

    private void Forget()
    {
        foreach (var statement in statements.Values) statement.Dispose();
        statements.Clear();
    }
}

/// <summary>
/// A prepared statement with parameters <c>$1</c>, <c>$2</c>, … in the order in which they are given: the fast way for what is done ten thousand times a second. Only one result of it is read at a time.
/// </summary>
public sealed class Statement : IDisposable
{
    private readonly DbCommand command;

    internal Statement(DbCommand command) => this.command = command;

    /// <summary>Runs the statement; the number of rows it changed.</summary>
    public Task<int> ExecuteAsync(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs the statement; the first column of its first row, or null where there is none.</summary>
    public Task<object?> ScalarAsync(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return command.ExecuteScalarAsync();
    }

    /// <summary>Runs the statement and calls <paramref name="read"/> on each row; columns by number.</summary>
    public Task ReadAsync(Action<DbDataReader> read, params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return ReadAllAsync(read);
    }

    public void Dispose() => command.Dispose();

    internal void Join(DbTransaction? transaction) => command.Transaction = transaction;

    private async Task ReadAllAsync(Action<DbDataReader> read)
    {
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) read(reader);
    }

    private void Bind(ReadOnlySpan<object?> values)
    {
        while (command.Parameters.Count < values.Length)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = $"${command.Parameters.Count + 1}";
            command.Parameters.Add(parameter);
        }

        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }
}
