using System.Data.Common;
using Dapper;

namespace Flyball.Foundation;

/// <summary>Statements on a transaction: parameters by Dapper from an anonymous object, rows by an explicit mapping.</summary>
public static class TxSql
{
    extension(Tx tx)
    {
        /// <summary>A statement that is prepared once per connection.</summary>
        public Statement Prepared(string sql) => tx.Session.Prepared(sql, tx.Transaction);

        public Task<int> ExecuteAsync(string sql, object? args = null) => tx.Connection.ExecuteAsync(sql, args, tx.Transaction);

        public Task<T?> ScalarAsync<T>(string sql, object? args = null) => tx.Connection.ExecuteScalarAsync<T?>(sql, args, tx.Transaction);

        public async Task<List<T>> QueryAsync<T>(string sql, object? args, Func<Row, T> map)
        {
            await using var reader = (DbDataReader)await tx.Connection.ExecuteReaderAsync(sql, args, tx.Transaction);
            var rows = new List<T>();
            var row = new Row(reader);
            while (await reader.ReadAsync()) rows.Add(map(row));
            return rows;
        }

        public async Task<T?> FirstAsync<T>(string sql, object? args, Func<Row, T> map)
            where T : class => (await tx.QueryAsync(sql, args, map)).FirstOrDefault();
    }
}

/// <summary>The current row of a result, by column name.</summary>
public readonly struct Row(DbDataReader reader)
{
    public string Text(string column) => reader.GetString(reader.GetOrdinal(column));

    public string? TextOrNull(string column) => reader.GetOrdinal(column) is var i && reader.IsDBNull(i) ? null : reader.GetString(i);

    public long Long(string column) => reader.GetInt64(reader.GetOrdinal(column));

    public long? LongOrNull(string column) => reader.GetOrdinal(column) is var i && reader.IsDBNull(i) ? null : reader.GetInt64(i);

    public int Int(string column) => checked((int)Long(column));

    public int? IntOrNull(string column) => LongOrNull(column) is { } value ? checked((int)value) : null;

    public double Double(string column) => reader.GetDouble(reader.GetOrdinal(column));

    public double? DoubleOrNull(string column) => reader.GetOrdinal(column) is var i && reader.IsDBNull(i) ? null : reader.GetDouble(i);

    public bool Bool(string column) => Long(column) != 0;

    public DateTimeOffset Time(string column) => Micros.Time(Long(column));

    public DateTimeOffset? TimeOrNull(string column) => Micros.Time(LongOrNull(column));

    public T Json<T>(string column) => Foundation.Json.Read<T>(Text(column));
}
