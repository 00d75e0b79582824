using System.Collections.Concurrent;
using Flyball.Models.Features.Compilation;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features;

/// <summary>Expressions that run in DuckDB: one prepared statement over a row of parameters, on as many connections as there are callers at once.</summary>
internal sealed class InterpretedFeatures : IDisposable
{
    private readonly ConcurrentBag<(DuckDbConnection Connection, DuckDbStatement Statement)> idle = [];
    private readonly DuckDbDatabase database;
    private readonly RowSchema schema;
    private readonly SqlType[] types;
    private readonly string sql;

    public InterpretedFeatures(DuckDbDatabase database, RowSchema schema, IReadOnlyList<(string Sql, SqlType Type)> expressions)
    {
        this.database = database;
        this.schema = schema;
        types = [.. expressions.Select(expression => expression.Type)];
        sql = $"select {string.Join(", ", expressions.Select(expression => expression.Sql))} from {schema.ParameterRelation}";
        idle.Add(Open());
    }

    /// <exception cref="FeatureEvaluationException">DuckDB's own message.</exception>
    public Value[] Compute(ReadOnlySpan<Value> row)
    {
        if (!idle.TryTake(out var worker)) worker = Open();
        try
        {
            for (var i = 0; i < row.Length; i++) Bind(worker.Statement, i + 1, row[i]);
            using var result = worker.Statement.ExecuteQuery();
            var values = new Value[types.Length];
            foreach (var chunk in result.Chunks())
            {
                for (var i = 0; i < values.Length; i++) values[i] = VectorValues.Read(chunk[i], 0, types[i]);
            }

            return values;
        }
        catch (DuckDbException error)
        {
            throw new FeatureEvaluationException(error.Message.Split('\n')[0]);
        }
        finally
        {
            idle.Add(worker);
        }
    }

    public void Dispose()
    {
        while (idle.TryTake(out var worker))
        {
            worker.Statement.Dispose();
            worker.Connection.Dispose();
        }
    }

    private static void Bind(DuckDbStatement statement, int index, Value value)
    {
        switch (value.Kind)
        {
            case ValueKind.Null: statement.BindNull(index); break;
            case ValueKind.Boolean: statement.Bind(index, value.Boolean); break;
            case ValueKind.Integer: statement.Bind(index, value.Integer); break;
            case ValueKind.Number: statement.Bind(index, value.Number); break;
            case ValueKind.Timestamp: statement.BindTimestamp(index, value.Micros); break;
            case ValueKind.Date: statement.Bind(index, DuckDbTime.Date(value.Days)); break;
            case ValueKind.Decimal: statement.Bind(index, Decimals.Text(value.Unscaled, value.Scale)); break;
            default: statement.Bind(index, value.Text); break;
        }
    }

    private (DuckDbConnection Connection, DuckDbStatement Statement) Open()
    {
        var connection = database.Connect();
        try
        {
            return (connection, connection.Prepare(sql));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
