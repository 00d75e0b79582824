using Flyball.Native.DuckDb;

namespace Flyball.Tests.Native;

public sealed class DuckDb_appending
{
    [Fact]
    public void Rows_arrive_as_they_were_given()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        connection.Execute("create table t(d double, l bigint, i int, s varchar, b boolean, ts timestamp)");
        using (var appender = connection.Appender("t"))
        {
            for (var i = 0; i < 10_000; i++)
            {
                appender.AppendDouble(i * 0.5);
                appender.AppendLong(long.MaxValue - i);
                appender.AppendInt(i);
                appender.AppendString(i % 2 == 0 ? null : $"a longer text, number {i}");
                appender.AppendBool(i % 3 == 0);
                if (i % 5 == 0) appender.AppendNull();
                else appender.AppendTimestamp(DateTime.UnixEpoch.AddSeconds(i));
                appender.EndRow();
            }
        }

        using var result = connection.Query("select * from t order by i");
        var rows = result.Rows();
        Assert.Equal(10_000, rows.Count);
        Assert.Equal([4.5, long.MaxValue - 9, 9, "a longer text, number 9", true, DateTime.UnixEpoch.AddSeconds(9)], rows[9]);
        Assert.Equal([5.0, long.MaxValue - 10, 10, null, false, null], rows[10]);
    }

    [Fact]
    public void To_a_table_that_does_not_exist_is_refused()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        Assert.Contains("nowhere", Assert.Throws<DuckDbException>(() => connection.Appender("nowhere")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_incomplete_row_is_refused()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        connection.Execute("create table t(a int, b int)");
        using var appender = connection.Appender("t");
        appender.AppendInt(1);
        Assert.Throws<DuckDbException>(appender.EndRow);
    }

    [Fact]
    public void A_broken_constraint_surfaces_when_the_rows_are_written()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        connection.Execute("create table t(a int primary key)");
        var appender = connection.Appender("t");
        for (var i = 0; i < 2; i++)
        {
            appender.AppendInt(1);
            appender.EndRow();
        }

        Assert.Contains("PRIMARY KEY", Assert.Throws<DuckDbException>(appender.Dispose).Message, StringComparison.Ordinal);
        appender.Dispose();
    }
}
