using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Flyball.Benchmarks;

/// <summary>The limits for logged metrics: prepared statements of SQLite, a synced transaction for every thousand, nothing else.</summary>
internal static class BareSqlite
{
    /// <summary>One ready-made value per thousand metrics: what the disk and SQLite alone allow.</summary>
    public static double ValuesPerSecond(string path, int keys)
    {
        using var connection = Open(path);
        Run(connection, "create table point_log (number integer primary key autoincrement, run bigint not null, packed integer not null, bytes integer not null, data blob not null)");
        Run(connection, "create index point_log_run on point_log (run)");
        Run(connection, "create index point_log_waiting on point_log (run, bytes) where packed = 0");
        using var insert = Prepared(connection, "insert into point_log (run, packed, bytes, data) values ($1, 0, $2, $3)", 3);
        // a thousand points of 24 bytes and the names of their metrics
        var data = new byte[(1000 * 24) + (keys * 16)];
        new Random(1).NextBytes(data);
        return Measure(connection, batch => Scalar(insert, (long)(batch % 16), (long)data.Length, data));
    }

    /// <summary>A row per point and one per newest value: what MLflow's own tables cost.</summary>
    public static double RowsPerSecond(string path, int keys)
    {
        using var connection = Open(path);
        Run(connection, "create table metrics (number integer primary key autoincrement, run bigint not null, key text not null, step bigint not null, at bigint not null, value double precision not null, kind integer not null, unique (run, key))");
        Run(connection, "create table points (metric bigint not null, step bigint not null, at bigint not null, value double precision not null, kind integer not null, primary key (metric, step, at, value, kind)) without rowid");
        using var upsert = Prepared(connection, "insert into metrics (run, key, step, at, value, kind) values ($1, $2, $3, $4, $5, 0) on conflict (run, key) do update set step = excluded.step, at = excluded.at, value = excluded.value returning number", 5);
        using var insert = Prepared(connection, "insert into points (metric, step, at, value, kind) values ($1, $2, $3, $4, 0) on conflict do nothing", 4);
        return Measure(connection, batch =>
        {
            for (var key = 0; key < keys; key++)
            {
                var number = Scalar(upsert, (long)(batch % 16), $"metric_{key}", batch * 100L, 1_700_000_000_000_000L + batch, 0.5);
                for (var i = key; i < 1000; i += keys) Scalar(insert, number, (batch * 100L) + (i / keys), 1_700_000_000_000_000L + (batch * 1000L) + i, 1.0 / (i + 1));
            }
        });
    }

    /// <summary>Seconds to read points that are stored in chunks of 72 KiB, each looked at once: the medians of 25 times.</summary>
    public static double SecondsToRead(string path, int points)
    {
        const int Chunk = 3072 * 24;
        using var connection = Open(path);
        Run(connection, "create table point_chunks (number integer primary key, data blob not null)");
        using (var insert = Prepared(connection, "insert into point_chunks (data) values ($1)", 1))
        {
            var data = new byte[Chunk];
            new Random(1).NextBytes(data);
            Run(connection, "begin immediate");
            for (var chunk = 0; chunk * (long)Chunk < points * 24L; chunk++) Scalar(insert, data);
            Run(connection, "commit");
        }

        using var select = Prepared(connection, "select data from point_chunks order by number", 0);
        return Report.Median(Enumerable.Range(0, 25).Select(_ =>
        {
            var (watch, sum) = (Stopwatch.StartNew(), 0.0);
            using var reader = select.ExecuteReader();
            while (reader.Read())
            {
                foreach (var value in MemoryMarshal.Cast<byte, double>(reader.GetFieldValue<byte[]>(0))) sum += value;
            }

            GC.KeepAlive(sum);
            return watch.Elapsed.TotalSeconds;
        }));
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Run(connection, "pragma journal_mode=wal");
        Run(connection, "pragma synchronous=full");
        return connection;
    }

    private static double Measure(SqliteConnection connection, Action<int> batch)
    {
        var (watch, batches) = (Stopwatch.StartNew(), 0);
        for (; watch.Elapsed < TimeSpan.FromSeconds(5); batches++)
        {
            Run(connection, "begin immediate");
            batch(batches);
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
