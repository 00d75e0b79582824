using System.Globalization;
using Flyball.Models;
using Flyball.Models.Features;
using Flyball.Models.Features.Compilation;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Models.Features;

/// <summary>Rows of every kind of column with the values that go wrong: nulls, NaN, both zeros, infinities, extremes, odd texts, times before 1970.</summary>
internal static class FuzzRows
{
    public static readonly IReadOnlyList<InputColumn> Columns =
    [
        new("b", "BOOLEAN"), new("b2", "BOOLEAN"), new("t", "TINYINT"), new("i", "INTEGER"), new("l", "BIGINT"), new("u", "UINTEGER"), new("f", "FLOAT"), new("d", "DOUBLE"), new("d2", "DOUBLE"),
        new("m", "DECIMAL(9,2)"), new("m2", "DECIMAL(18,5)"), new("s", "VARCHAR"), new("s2", "VARCHAR"), new("n", "VARCHAR"), new("ts", "TIMESTAMP"), new("ts2", "TIMESTAMP"),
        new("dt", "DATE"), new("tz", "TIMESTAMP WITH TIME ZONE"),
    ];

    /// <summary>Fills a table <c>fuzz</c> (rid, columns…) and answers its rows as values.</summary>
    public static List<Value[]> Create(DuckDbConnection duck, Random random, int count)
    {
        duck.Execute($"create or replace table fuzz (rid integer, {string.Join(", ", Columns.Select(column => $"{column.Name} {column.Type}"))})");
        for (var row = 0; row < count; row++)
        {
            var values = Columns.Select(column => random.Next(8) == 0 ? "null" : $"cast({Literal(column, random)} as {column.Type})");
            duck.Execute($"insert into fuzz values ({row}, {string.Join(", ", values)})");
        }

        // where a whole column is ASCII, DuckDB's substr() treats positions before and behind a text in another way than where one value is not
        duck.Execute("insert into fuzz (rid, n) values (-1, 'ü')");
        using var result = duck.Query("select * exclude (rid) from fuzz where rid >= 0 order by rid");
        var types = result.Columns.Select(SqlType.Of).ToArray();
        var rows = new List<Value[]>();
        foreach (var chunk in result.Chunks())
        {
            for (var row = 0; row < chunk.Count; row++)
            {
                var at = row;
                rows.Add([.. types.Select((type, i) => VectorValues.Read(chunk[i], at, type))]);
            }
        }

        return rows;
    }

    private static string Literal(InputColumn column, Random random)
    {
        string Pick(params string[] choices) => choices[random.Next(choices.Length)];
        string Real() => (random.Next(8) switch
        {
            0 => Pick("0", "-0.0", "1", "-1", "0.5", "2.5", "-2.5", "0.1", "1e15", "1e16", "123456789.123456789", "1e-7", "1e300", "-1e-300"),
            1 => Pick("'nan'", "'inf'", "'-inf'", "1e19", "9007199254740993"),
            2 => random.Next(-100, 100).ToString(CultureInfo.InvariantCulture),
            _ => ((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 7))).ToString("R", CultureInfo.InvariantCulture),
        }) + "::double";
        return column.Type switch
        {
            "BOOLEAN" => Pick("true", "false"),
            "TINYINT" => Pick("-128", "127", "0", "1", $"{random.Next(-128, 128)}"),
            "INTEGER" => Pick("-2147483648", "2147483647", "0", "-1", $"{random.Next(-1000, 1000)}", $"{random.Next()}"),
            "BIGINT" => Pick("-9223372036854775808", "9223372036854775807", "9007199254740993", "0", $"{random.Next(-1000, 1000)}", $"{random.NextInt64(-(1L << 50), 1L << 50)}"),
            "UINTEGER" => Pick("4294967295", "0", $"{random.Next()}"),
            "FLOAT" => Pick("0.1", "-0.0", "16777217", "'nan'", "3e38", Math.Round(random.NextDouble() * 100, 3).ToString(CultureInfo.InvariantCulture)) + "::float",
            "DOUBLE" => Real(),
            "DECIMAL(9,2)" => Pick("0", "-0.05", "9999999.99", "-9999999.99", "2.50", ((random.Next() % 2_000_000) / 100m).ToString(CultureInfo.InvariantCulture)),
            "DECIMAL(18,5)" => Pick("0", "9999999999999.99999", "-1.00005", "2.5", ((random.NextInt64() % 1_000_000_000) / 100_000m).ToString(CultureInfo.InvariantCulture)),
            "VARCHAR" when column.Name == "n" => DuckDbText.Literal(Numeral(random)),
            "VARCHAR" => DuckDbText.Literal(Pick("a", "ab", "abc", "B", "", " padded  ", "Zürich", "straße ÄÖ", "日本語", "a_b%c", "\u00a0x\u2003", "tab\t", "🤦🏼‍♂️!", "\ufffd\U0001F600", "İı", "42", "12_34", "é")),
            "DATE" => $"date '{1950 + random.Next(120)}-{random.Next(1, 13):00}-{random.Next(1, 29):00}'",
            _ => $"timestamp '{1950 + random.Next(120)}-{random.Next(1, 13):00}-{random.Next(1, 29):00} {random.Next(24):00}:{random.Next(60):00}:{random.Next(60):00}{Pick("", ".5", ".000001", ".999999", ".123456")}'",
        };
    }

    /// <summary>Texts that are numbers, nearly numbers, or truth values.</summary>
    private static string Numeral(Random random)
    {
        string Pick(params string[] choices) => choices[random.Next(choices.Length)];
        return Pick(
            "true", "f", "YES", "no", "1", "0", "t", "nan", "-inf", "Infinity", "", " ", "abc", "0x1F", "0b101", "1_000", "1e5", "1.5e-3", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", "--1", "+", ".", "1.", ".5",
            $"{Pick("", " ", "\t")}{Pick("", "-", "+")}{random.Next(1000)}{Pick("", ".", ".5", ".25", ".49", "." + random.Next(100))}{Pick("", "e1", "E-1", "e+2", "e-3", "e")}{Pick("", " ")}",
            $"{random.Next()}");
    }
}
