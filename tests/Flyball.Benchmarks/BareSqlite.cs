using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Flyball.Benchmarks;

/// <summary>The limit for logged metrics: a prepared statement into the same table, a synced transaction for every thousand, nothing else.</summary>
internal static class BareSqlite
{
    public static double MetricsPerSecond(string path, int keys)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Run(connection, "pragma journal_mode=wal");
        Run(connection, "pragma synchronous=full");
        Run(connection, "create table point_log (number integer primary key autoincrement, run bigint not null, data blob not null)");
        Run(connection, "create index point_log_run on point_log (run)");
        using var insert = Prepared(connection, "insert into point_log (run, data) values ($1, $2)", 2);
        // a thousand points of 24 bytes and the names of their metrics
        var data = new byte[(1000 * 24) + (keys * 16)];
        new Random(1).NextBytes(data);
        var (watch, batches) = (Stopwatch.StartNew(), 0);
        for (; watch.Elapsed < TimeSpan.FromSeconds(5); batches++)
        {
            Run(connection, "begin immediate");
            Scalar(insert, (long)(batches % 16), data);
            Run(connection, "commit");
        }

        return batches * 1000 / watch.Elapsed.TotalSeconds;
    }

    private static SqliteCommand Prepared(SqliteConnection connection, string sql, int parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= parameters; i++) command.Parameters.Add(new SqliteParameter($"${i}", null));
        return command;
    }

    private static long Scalar(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        return command.ExecuteScalar() is long number ? number : 0;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
