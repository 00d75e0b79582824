using Flyball.Native;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Native;

public sealed class DuckDb_statements : IDisposable
{
    private readonly DuckDbDatabase database;
    private readonly DuckDbConnection connection;

    public DuckDb_statements()
    {
        database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 2, MemoryLimit = "1GB" });
        connection = database.Connect();
    }

    [Fact]
    public void Several_run_in_one_text()
    {
        connection.Execute("create table t(a int); insert into t values (1), (2); insert into t values (3)");
        using var result = connection.Query("select count(*) from t");
        Assert.Equal(3, result.Scalar<int>());
    }

    [Fact]
    public void Rows_changed_are_counted()
    {
        connection.Execute("create table t(a int)");
        Assert.Equal(100, connection.Execute("insert into t select * from range(100)"));
        Assert.Equal(40, connection.Execute("delete from t where a >= ?", 60));
        Assert.Equal(60, connection.Execute("update t set a = a + $1 where a < $2", 1, 60));
    }

    [Fact]
    public void A_prepared_one_is_used_again_and_again()
    {
        using var statement = connection.Prepare("select $1 * 2, upper($2), $3::timestamp");
        Assert.Equal(3, statement.ParameterCount);
        for (var i = 0L; i < 100; i++)
        {
            statement.Bind(1, i);
            statement.Bind(2, i % 2 == 0 ? null : $"text {i}");
            statement.BindTimestamp(3, i * 1_000_000);
            using var result = statement.ExecuteQuery();
            var row = result.Rows()[0];
            Assert.Equal(i * 2, row[0]);
            Assert.Equal(i % 2 == 0 ? null : $"TEXT {i}", row[1]);
            Assert.Equal(DateTime.UnixEpoch.AddSeconds(i), row[2]);
        }
    }

    [Theory]
    [InlineData("select * from nowhere", "Catalog Error: Table with name nowhere does not exist!")]
    [InlineData("selekt 1", "Parser Error: syntax error at or near \"selekt\"")]
    [InlineData("select 'x'::int", "Conversion Error: Could not convert string 'x' to INT32")]
    [InlineData("select 9223372036854775807::bigint + 1::bigint", "Out of Range Error: Overflow in addition of INT64")]
    public void A_failing_one_throws_the_engines_own_message(string sql, string message)
    {
        var direct = Assert.Throws<DuckDbException>(() => connection.Query(sql));
        Assert.StartsWith(message, direct.Message, StringComparison.Ordinal);
        Assert.False(direct.IsInterrupted);

        var prepared = Assert.Throws<DuckDbException>(() =>
        {
            using var statement = connection.Prepare(sql);
            using var result = statement.ExecuteQuery();
        });
        Assert.StartsWith(message, prepared.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_extra_parameters_are_refused()
    {
        Assert.Contains("2", Assert.Throws<DuckDbException>(() => connection.Query("select ?, ?", 1)).Message, StringComparison.Ordinal);
        Assert.Throws<DuckDbException>(() => connection.Query("select ?", 1, 2));
        Assert.Throws<ArgumentException>(() => connection.Query("select ?", new object()));
    }

    [Fact]
    public void A_failed_one_leaves_the_connection_usable()
    {
        connection.Execute("create table t(a int primary key)");
        Assert.Throws<DuckDbException>(() => connection.Execute("insert into t values (1), (1)"));
        Assert.Equal(1, connection.Execute("insert into t values (1)"));
    }

    [Fact]
    public async Task A_long_one_can_be_interrupted()
    {
        var running = Task.Run(() => Assert.Throws<DuckDbException>(() => connection.Query("select count(*) from range(1000000) a, range(1000000) b where hash(a.range, b.range) = 1")));
        // an interrupt that comes before the statement starts is forgotten by the engine
        while (!running.IsCompleted)
        {
            connection.Interrupt();
            await Task.Yield();
        }

        var error = await running;
        Assert.True(error.IsInterrupted);
        using var after = connection.Query("select 1");
        Assert.Equal(1, after.Scalar<int>());
    }

    [Fact]
    public async Task Progress_is_a_percentage()
    {
        connection.Execute("create table t as select range as a from range(10000000)");
        Assert.Equal(-1, connection.Progress());
        connection.TrackProgress();
        var seen = new List<double>();
        var running = true;
        var watched = new TaskCompletionSource();
        var watching = Task.Run(() =>
        {
            while (Volatile.Read(ref running))
            {
                seen.Add(connection.Progress());
                if (seen[^1] > 0) watched.TrySetResult();
            }
        });
        // a busy machine may not run the watcher during one query
        for (var tries = 0; tries < 200 && !watched.Task.IsCompleted; tries++) connection.Execute("select sum(hash(a)) from t");
        Volatile.Write(ref running, false);
        await watching;

        Assert.All(seen, percentage => Assert.InRange(percentage, -1, 100));
        Assert.Contains(seen, percentage => percentage > 0);
    }

    [Fact]
    public void A_stream_is_read_once_and_while_it_is_computed()
    {
        using var result = connection.Stream("select range from range(1000000000000) where range >= ?", 5);
        Assert.Equal(5, result.Chunks().Select(chunk => chunk[0].Values<long>()[0]).First());
        Assert.Throws<InvalidOperationException>(() => result.Chunks().Count());
    }

    [Fact]
    public void An_error_in_the_middle_of_a_stream_surfaces()
    {
        using var result = connection.Stream("select case when i = 500000 then error('row 500000 is bad') else i::varchar end from range(1000000) t(i)");
        var error = Assert.Throws<DuckDbException>(() => result.Chunks().Sum(chunk => chunk.Count));
        Assert.Contains("row 500000 is bad", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_texts_cannot_break_out_of_their_quotes()
    {
        const string Odd = "a\"; drop table t; --'";
        connection.Execute($"create table {DuckDbText.Quote(Odd)} as select {DuckDbText.Literal(Odd)} as {DuckDbText.Quote(Odd)}");
        using var result = connection.Query($"select {DuckDbText.Quote(Odd)} from {DuckDbText.Quote(Odd)}");
        Assert.Equal(Odd, result.Columns[0].Name);
        Assert.Equal(Odd, result.Scalar<string>());
        using var nul = connection.Query($"select {DuckDbText.Literal("\0a'\0\0b\0")} || 'c'");
        Assert.Equal("\0a'\0\0b\0c", nul.Scalar<string>());
        Assert.Throws<ArgumentException>(() => DuckDbText.Quote("a\0b"));
        Assert.Throws<ArgumentException>(() => connection.Query("select 1\0; and the rest is lost"));
    }

    [Fact]
    public void A_locked_down_database_reads_no_files_and_stays_locked()
    {
        using var locked = DuckDbDatabase.OpenInMemory(new DuckDbOptions { LockDown = true });
        using var guest = locked.Connect();
        Assert.Contains("disabled", Assert.Throws<DuckDbException>(() => guest.Query("from read_csv('/etc/passwd')")).Message, StringComparison.Ordinal);
        Assert.Throws<DuckDbException>(() => guest.Execute("copy (select 1) to '/tmp/flyball-lockdown.csv'"));
        Assert.Contains("locked", Assert.Throws<DuckDbException>(() => guest.Execute("set enable_external_access = true")).Message, StringComparison.Ordinal);
        using var result = guest.Query("select 1");
        Assert.Equal(1, result.Scalar<int>());
    }

    [Fact]
    public void Times_do_not_depend_on_the_zone_of_the_machine()
    {
        using var result = connection.Query("select timestamptz '2024-07-01 12:00:00+00' :: timestamp, current_setting('TimeZone')");
        Assert.Equal([new DateTime(2024, 7, 1, 12, 0, 0), "UTC"], result.Rows()[0]);
    }

    [Fact]
    public void A_setting_that_is_wrong_is_refused_with_the_engines_message() =>
        Assert.Contains("lots", Assert.Throws<DuckDbException>(() => DuckDbDatabase.OpenInMemory(new DuckDbOptions { MemoryLimit = "lots" })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_database_file_keeps_its_rows()
    {
        var folder = Directory.CreateTempSubdirectory("flyball-duckdb-");
        try
        {
            var file = Path.Combine(folder.FullName, "kept.duckdb");
            using (var written = DuckDbDatabase.Open(file))
            using (var writer = written.Connect())
            {
                writer.Execute("create table t as select 42 as a");
            }

            using var opened = DuckDbDatabase.Open(file, new DuckDbOptions { ReadOnly = true });
            using var reader = opened.Connect();
            using var result = reader.Query("select a from t");
            Assert.Equal(42, result.Scalar<int>());
            Assert.Throws<DuckDbException>(() => reader.Execute("drop table t"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, [.. Enumerable.Repeat((byte)'x', 20_000)]);
            Assert.Throws<DuckDbException>(() => DuckDbDatabase.Open(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_engine_is_the_one_the_lock_file_names() => Assert.Equal("v1.5.6", DuckDbDatabase.EngineVersion);

    [Fact]
    public void A_missing_engine_is_named_with_the_command_that_installs_it()
    {
        var engine = new NativeLibraries.Engine("DuckDB", ["libnowhere-at-all.so"], "npm ci --ignore-scripts");
        var error = Assert.Throws<NativeLibraryMissingException>(() => NativeLibraries.Load(engine, [AppContext.BaseDirectory]));
        Assert.Equal("DuckDB is not installed: run `npm ci --ignore-scripts`.", error.Message);
    }

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }
}
