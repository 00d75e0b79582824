using System.Numerics;
using System.Text;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Native;

public sealed class DuckDb_values : IDisposable
{
    private readonly DuckDbDatabase database;
    private readonly DuckDbConnection connection;

    public DuckDb_values()
    {
        database = DuckDbDatabase.OpenInMemory();
        connection = database.Connect();
    }

    public static TheoryData<string, object?, string> Literals => new()
    {
        { "true", true, "BOOLEAN" },
        { "(-128)::tinyint", sbyte.MinValue, "TINYINT" },
        { "(-32768)::smallint", short.MinValue, "SMALLINT" },
        { "42", 42, "INTEGER" },
        { "9223372036854775807", long.MaxValue, "BIGINT" },
        { "255::utinyint", byte.MaxValue, "UTINYINT" },
        { "65535::usmallint", ushort.MaxValue, "USMALLINT" },
        { "4294967295::uinteger", uint.MaxValue, "UINTEGER" },
        { "18446744073709551615::ubigint", ulong.MaxValue, "UBIGINT" },
        { "170141183460469231731687303715884105727::hugeint", Int128.MaxValue, "HUGEINT" },
        { "340282366920938463463374607431768211455::uhugeint", UInt128.MaxValue, "UHUGEINT" },
        { "1.5::float", 1.5f, "FLOAT" },
        { "0.1::double", 0.1, "DOUBLE" },
        { "12.34::decimal(4,2)", 12.34m, "DECIMAL(4,2)" },
        { "(-0.0001)::decimal(9,4)", -0.0001m, "DECIMAL(9,4)" },
        { "123456789.123456789::decimal(18,9)", 123456789.123456789m, "DECIMAL(18,9)" },
        { "'-79228162514264337593543950335'::decimal(38,0)", decimal.MinValue, "DECIMAL(38,0)" },
        { "0.1234567890123456789012345678901234567::decimal(38,37)", 0.1234567890123456789012345679m, "DECIMAL(38,37)" },
        { "'short'", "short", "VARCHAR" },
        { "'a text of more than twelve bytes: 馬'", "a text of more than twelve bytes: 馬", "VARCHAR" },
        { "''", "", "VARCHAR" },
        { "date '2024-02-29'", new DateOnly(2024, 2, 29), "DATE" },
        { "date '1969-12-31'", new DateOnly(1969, 12, 31), "DATE" },
        { "timestamp '2024-02-29 12:34:56.789012'", new DateTime(2024, 2, 29, 12, 34, 56, 789, 12), "TIMESTAMP" },
        { "timestamp '1909-01-01 00:00:00.000001'", new DateTime(1909, 1, 1, 0, 0, 0, 0, 1), "TIMESTAMP" },
        { "timestamp 'infinity'", DateTime.MaxValue, "TIMESTAMP" },
        { "timestamptz '2024-02-29 12:00:00+02'", new DateTime(2024, 2, 29, 10, 0, 0, DateTimeKind.Utc), "TIMESTAMP WITH TIME ZONE" },
        { "'2024-02-29 12:34:56'::timestamp_s", new DateTime(2024, 2, 29, 12, 34, 56), "TIMESTAMP_S" },
        { "'2024-02-29 12:34:56.789'::timestamp_ms", new DateTime(2024, 2, 29, 12, 34, 56, 789), "TIMESTAMP_MS" },
        { "'2024-02-29 12:34:56.7890123'::timestamp_ns", new DateTime(2024, 2, 29, 12, 34, 56, 789, 12).AddTicks(3), "TIMESTAMP_NS" },
        { "time '24:00:00'", TimeSpan.FromDays(1), "TIME" },
        { "timetz '12:30:00+05:30'", "12:30:00+05:30", "TIME WITH TIME ZONE" },
        { "interval '14 months 3 days 1.5 seconds'", "P14M3DT1.5S", "INTERVAL" },
        { "'0190163d-8694-739b-aea5-966c26f8ad91'::uuid", Guid.Parse("0190163d-8694-739b-aea5-966c26f8ad91"), "UUID" },
        { "'f190163d-8694-739b-aea5-966c26f8ad91'::uuid", Guid.Parse("f190163d-8694-739b-aea5-966c26f8ad91"), "UUID" },
        { "'b'::enum('a', 'b')", "b", "ENUM('a', 'b')" },
        { "'101'::bit", "101", "BIT" },
        { "'-123456789012345678901234567890123456789012345'::bignum", BigInteger.Parse("-123456789012345678901234567890123456789012345"), "BIGNUM" },
        { "'{\"a\":1}'::json", "{\"a\":1}", "JSON" },
        { "[1, null, 3]::bigint[]", new object?[] { 1L, null, 3L }, "BIGINT[]" },
        { "[[1], [], null]", new object?[] { new object?[] { 1 }, Array.Empty<object?>(), null }, "INTEGER[][]" },
        { "[1.5, 2.5]::double[2]", new object?[] { 1.5, 2.5 }, "DOUBLE[2]" },
        { "{'x': 1, 'y z': 'two'}", new Dictionary<string, object?> { ["x"] = 1, ["y z"] = "two" }, "STRUCT(\"x\" INTEGER, \"y z\" VARCHAR)" },
        { "map {'k': [1, 2]}", new Dictionary<object, object?> { ["k"] = new object?[] { 1, 2 } }, "MAP(VARCHAR, INTEGER[])" },
        { "union_value(num := 7)", 7, "UNION(\"num\" INTEGER)" },
        { "null::double", null, "DOUBLE" },
    };

    [Theory]
    [MemberData(nameof(Literals))]
    public void Arrive_as_the_type_that_means_the_same(string sql, object? expected, string typeName)
    {
        using var result = connection.Query($"select {sql}");

        Assert.Equal(typeName, result.Columns[0].TypeName);
        Assert.Equal(expected, result.Rows()[0][0]);
    }

    [Fact]
    public void Blobs_keep_every_byte()
    {
        using var result = connection.Query("select ?::blob, ?::blob", new byte[] { 0, 255, 1, 0 }, Array.Empty<byte>());
        var row = result.Rows()[0];
        Assert.Equal(new byte[] { 0, 255, 1, 0 }, row[0]);
        Assert.Equal(Array.Empty<byte>(), row[1]);
    }

    public static TheoryData<object?, string> Parameters => new()
    {
        { long.MinValue, "BIGINT" },
        { int.MaxValue, "INTEGER" },
        { -0.0, "DOUBLE" },
        { double.NaN, "DOUBLE" },
        { 1.1f, "FLOAT" },
        { false, "BOOLEAN" },
        { "it's \"text\" with \0 inside 馬", "VARCHAR" },
        { new string('x', 5000), "VARCHAR" },
        { new DateTime(2021, 3, 4, 5, 6, 7, 8, 9), "TIMESTAMP" },
        { new DateOnly(1582, 10, 15), "DATE" },
        { -123.456m, "DECIMAL(6,3)" },
        { decimal.MaxValue, "DECIMAL(29,0)" },
        { 0.0000000000000000000000000001m, "DECIMAL(28,28)" },
        { ulong.MaxValue, "UBIGINT" },
    };

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Go_in_and_come_out_unchanged(object? value, string typeName)
    {
        using var result = connection.Query("select $1, typeof($1)", value);
        var row = result.Rows()[0];
        Assert.Equal(value, row[0]);
        Assert.Equal(typeName, row[1]);
    }

    [Fact]
    public void A_moment_with_an_offset_is_bound_in_utc()
    {
        using var result = connection.Query("select ?", new DateTimeOffset(2024, 1, 1, 12, 0, 0, TimeSpan.FromHours(2)));
        Assert.Equal(new DateTime(2024, 1, 1, 10, 0, 0), result.Scalar<DateTime>());
        Assert.Equal(new DateTimeOffset(2024, 1, 1, 10, 0, 0, TimeSpan.Zero), result.Scalar<DateTimeOffset>());
    }

    [Fact]
    public void Spans_cover_columns_of_several_chunks_with_their_nulls()
    {
        using var result = connection.Query("select i, case when i % 3 = 0 then null else i * 0.5::double end, 'row number ' || i from range(10000) t(i)");
        long sum = 0, nulls = 0, next = 0;
        var halves = 0.0;
        foreach (var chunk in result.Chunks())
        {
            var numbers = chunk[0].Values<long>();
            var doubles = chunk[1].Values<double>();
            for (var row = 0; row < chunk.Count; row++)
            {
                sum += numbers[row];
                if (chunk[1].IsNull(row)) nulls++;
                else halves += doubles[row];
                Assert.Equal($"row number {next}", Encoding.UTF8.GetString(chunk[2].Utf8(row)));
                next++;
            }
        }

        Assert.Equal(49_995_000, sum);
        Assert.Equal(3_334, nulls);
        Assert.Equal(16_663_333.5, halves);
        Assert.Equal(10_000, next);
    }

    [Fact]
    public void Columns_can_be_read_again_and_in_any_order()
    {
        using var result = connection.Query("select i, i::varchar, nullif(i, 2) from range(5000) t(i)");
        Assert.Equal(4999, result.Longs(0)[^1]);
        Assert.Equal("4999", result.Strings(1)[^1]);
        Assert.True(double.IsNaN(result.Doubles(2)[2]));
        Assert.Equal(4999, result.Longs(0)[^1]);
        Assert.Equal(5000, result.Rows().Count);
    }

    [Fact]
    public void Any_number_reads_as_a_double()
    {
        using var result = connection.Query(
            "select 3::tinyint, 1.25::decimal(4,2), 12345678901234567.89::decimal(38,2), 2::hugeint, true, 7::ubigint, 1.5::float, null::integer, 340282366920938463463374607431768211455::uhugeint");
        var actual = Enumerable.Range(0, 9).Select(column => result.Doubles(column)[0]).ToArray();
        Assert.Equal([3, 1.25, 12345678901234567.89, 2, 1, 7, 1.5, double.NaN, Math.Pow(2, 128)], actual);
    }

    [Fact]
    public void Spans_of_another_type_are_refused()
    {
        using var result = connection.Query("select 1::integer");
        var error = Assert.Throws<InvalidOperationException>(() => result.Chunks().Select(chunk => chunk[0].Values<double>().Length).Sum());
        Assert.Contains("INTEGER", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chunk_that_is_gone_is_refused_rather_than_read()
    {
        using var result = connection.Query("select 'a text of more than twelve bytes'");
        var vector = result.Chunks().Select(chunk => chunk[0]).ToArray()[0];
        Assert.Throws<ObjectDisposedException>(() => vector.String(0));
        Assert.Throws<ObjectDisposedException>(() => vector.IsNull(0));
    }

    [Fact]
    public void Scalars_convert_between_number_types()
    {
        using var sum = connection.Query("select sum(i) from range(5) t(i)");
        Assert.Equal(10, sum.Scalar<long>());
        Assert.Equal(10.0, sum.Scalar<double>());
        Assert.Equal(10, sum.Scalar<int?>());

        using var nothing = connection.Query("select null::bigint");
        Assert.Null(nothing.Scalar<long?>());
        Assert.Throws<InvalidOperationException>(() => nothing.Scalar<long>());

        using var empty = connection.Query("select 1 where false");
        Assert.Null(empty.Scalar<string?>());
        Assert.Throws<InvalidOperationException>(() => empty.Scalar<int>());
    }

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }
}
