using System.Globalization;

namespace Flyball.Tests.Models.Features;

/// <summary>Random SQL expressions over the columns of <see cref="FuzzRows"/>; most bind, some do not, which the fuzzing passes over.</summary>
internal sealed class ExpressionGenerator(Random random)
{
    public string Any()
    {
        var depth = random.Next(1, 5);
        return random.Next(6) switch
        {
            0 => Boolean(depth),
            1 => Integer(depth),
            2 => Text(depth),
            3 => Time(depth),
            _ => Number(depth),
        };
    }

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];

    private string Boolean(int depth)
    {
        if (depth <= 0) return Pick("b", "b2", "true", "false", "null::boolean");
        var d = depth - 1;
        return random.Next(13) switch
        {
            0 => $"({Number(d)} {Comparison()} {Number(d)})",
            1 => $"({Text(d)} {Comparison()} {Text(d)})",
            2 => $"({Time(d)} {Comparison()} {Time(d)})",
            3 => $"({Boolean(d)} {Pick("and", "or")} {Boolean(d)})",
            4 => $"(not {Boolean(d)})",
            5 => $"({Any(d)} is {Pick("", "not ")}null)",
            6 => $"({Number(d)} {Pick("", "not ")}between {Number(d)} and {Number(d)})",
            7 => $"({Integer(d)} {Pick("", "not ")}in ({Integer(0)}, {Number(0)}, {Pick("null", "7", "1.5")}))",
            8 => $"({Text(d)} {Pick("", "not ")}in ('a', 'Zürich', {Text(0)}))",
            9 => $"({Text(d)} {Pick("like", "not like")} {Pick("'a%'", "'%b'", "'_'", "'%_é%'", "'a_c%'", "'%'", "''", "'%a%b%'")})",
            10 => $"{Pick("starts_with", "contains", "ends_with")}({Text(d)}, {Pick("'a'", "''", "'ü'", Text(0))})",
            11 => $"({Number(d)} is {Pick("", "not ")}distinct from {Number(d)})",
            _ => Choice(Boolean, d),
        };
    }

    private string Integer(int depth)
    {
        if (depth <= 0) return Pick("t", "i", "l", "u", "i", "l", random.Next(-10, 10).ToString(CultureInfo.InvariantCulture), "2147483647", "9223372036854775807", "0", "null::integer");
        var d = depth - 1;
        return random.Next(13) switch
        {
            0 or 1 => $"({Integer(d)} {Pick("+", "-", "*")} {Integer(d)})",
            2 => $"({Integer(d)} {Pick("//", "%")} {Integer(d)})",
            3 => $"(-{Integer(d)})",
            4 => $"{Pick("abs", "sign", "round")}({Integer(d)})",
            5 => $"date_part('{Pick("year", "month", "day", "hour", "minute", "second", "dow", "isodow", "doy", "week", "quarter", "isoyear", "yearweek", "millisecond", "microsecond")}', {Time(d)})",
            6 => $"date_diff('{Pick("second", "minute", "hour", "day", "month", "quarter", "year", "millisecond", "microsecond")}', {Time(d)}, {Time(d)})",
            7 => $"{Pick("length", "strlen", "length")}({Text(d)})",
            8 => $"{Pick("cast", "try_cast")}({Any(d)} as {Pick("integer", "bigint", "smallint", "tinyint", "uinteger")})",
            9 => $"{Pick("mod", "greatest", "least")}({Integer(d)}, {Integer(d)})",
            10 => $"{Pick("year", "hour", "dayofweek", "epoch_ms", "week", "dayofyear")}({Time(d)})",
            11 => $"strpos({Text(d)}, {Text(0)})",
            _ => Choice(Integer, d),
        };
    }

    private string Number(int depth)
    {
        if (depth <= 0) return Pick("d", "d2", "f", "m", "m2", "i", "l", "0.5", "1.25", "-3.75", "1e3", "0.1::double", "'nan'::double", "100.00", "null::double", "d", "d2");
        var d = depth - 1;
        return random.Next(16) switch
        {
            0 or 1 or 2 => $"({Number(d)} {Pick("+", "-", "*", "/")} {Number(d)})",
            3 => $"({Number(d)} {Pick("%", "//")} {Number(d)})",
            4 => $"(-{Number(d)})",
            5 => $"{Pick("abs", "round", "floor", "ceil", "sign")}({Number(d)})",
            6 => $"round({Number(d)}, {Pick("0", "1", "2", "5", "-1", "-3")})",
            7 => $"{Pick("sqrt", "ln", "log10", "log", "exp", "sin", "cos", "radians", "cbrt", "log2", "atan", "degrees", "tan", "asin")}({Number(d)})",
            8 => $"{Pick("pow", "atan2", "power")}({Number(d)}, {Number(d)})",
            9 => $"{Pick("greatest", "least")}({Number(d)}, {Number(d)}, {Number(0)})",
            10 => $"{Pick("coalesce", "nullif", "ifnull")}({Number(d)}, {Number(d)})",
            11 => $"{Pick("cast", "try_cast")}({Any(d)} as {Pick("double", "double", "decimal(9,2)", "decimal(18,4)", "float")})",
            12 => $"epoch({Time(d)})",
            13 => Pick($"epoch({Time(0)} - {Time(0)})", "pi()", $"date_part('epoch', {Time(d)})"),
            14 => Integer(d),
            _ => Choice(Number, d),
        };
    }

    private string Text(int depth)
    {
        if (depth <= 0) return Pick("s", "s2", "n", "'a'", "''", "'Straße'", "'12'", "null::varchar", "s");
        var d = depth - 1;
        return random.Next(10) switch
        {
            0 or 1 => $"({Text(d)} || {Pick(Text(d), Integer(0), "'_'")})",
            2 => $"{Pick("lower", "upper", "trim", "ltrim", "rtrim")}({Text(d)})",
            3 => $"substr({Text(d)}, {random.Next(-6, 7)}{Pick("", $", {random.Next(-4, 6)}")})",
            4 => $"replace({Text(d)}, {Text(0)}, {Text(0)})",
            5 or 6 => $"cast({Any(d)} as varchar)",
            7 => $"concat({Text(d)}, {Any(d)})",
            8 => $"{Pick("dayname", "monthname")}({Time(d)})",
            _ => Choice(Text, d),
        };
    }

    private string Time(int depth)
    {
        if (depth <= 0) return Pick("ts", "ts2", "dt", "tz", "timestamp '2021-03-04 05:06:07.891'", "date '2020-02-29'", "ts");
        var d = depth - 1;
        return random.Next(6) switch
        {
            0 or 1 => $"date_trunc('{Pick("year", "quarter", "month", "week", "day", "hour", "minute", "second")}', {Time(d)})",
            2 => $"cast({Time(d)} as {Pick("date", "timestamp")})",
            3 => $"(dt {Pick("+", "-")} {Pick("t", "3")})",
            4 => $"{Pick("greatest", "coalesce", "nullif", "least")}({Time(d)}, {Time(d)})",
            _ => Choice(Time, d),
        };
    }

    private string Any(int depth) => random.Next(6) switch
    {
        0 => Boolean(depth),
        1 or 2 => Number(depth),
        3 => Text(depth),
        4 => Time(depth),
        _ => Integer(depth),
    };

    private string Choice(Func<int, string> kind, int depth) => random.Next(2) == 0
        ? $"case when {Boolean(depth)} then {kind(depth)} {Pick("", $"when {Boolean(0)} then {kind(0)}")} {Pick("", $"else {kind(depth)}")} end"
        : $"coalesce({kind(depth)}, {kind(depth)})";

    private string Comparison() => Pick("=", "<>", "<", ">", "<=", ">=");
}
