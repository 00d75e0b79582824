using Flyball.Native.DuckDb;

namespace Flyball.Tests.Native;

/// <summary>Resident memory is a property of the process: nothing else may run beside these.</summary>
[Collection(Alone.Name)]
public sealed class DuckDb_over_ten_thousand_uses
{
    [Fact]
    public void Queries_statements_and_appenders_leave_no_memory_behind()
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1 });
        using var connection = database.Connect();
        connection.Execute("create temp table t(a int, s varchar)");
        var growth = NativeMemory_growth.Of(10_000, () =>
        {
            using (var result = connection.Query("select i, 'a text of more than twelve bytes ' || i, [i, i], {'x': 'b'::enum('a', 'b')} from range(100) t(i)")) Assert.Equal(100, result.Rows().Count);
            using (var result = connection.Query("select ?, ?", 1L, "a text of more than twelve bytes")) Assert.Equal(1, result.Scalar<long>());
            using (var result = connection.Stream("select * from range(3000)")) Assert.Equal(3000, result.Chunks().Sum(chunk => chunk.Count));
            Assert.Throws<DuckDbException>(() => connection.Query("select * from nowhere"));
        });
        Assert.InRange(growth, -1000, 30);
    }

    [Fact]
    public void Connections_leave_no_memory_behind()
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1 });
        var growth = NativeMemory_growth.Of(10_000, () =>
        {
            using var connection = database.Connect();
            using var result = connection.Query("select 42");
            Assert.Equal(42, result.Scalar<int>());
        });
        Assert.InRange(growth, -1000, 30);
    }

    [Fact]
    public void Databases_leave_no_memory_behind()
    {
        var growth = NativeMemory_growth.Of(300, () =>
        {
            using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1 });
            using var connection = database.Connect();
            connection.Execute("create table t as select * from range(1000)");
        });
        Assert.InRange(growth, -1000, 30);
    }
}
