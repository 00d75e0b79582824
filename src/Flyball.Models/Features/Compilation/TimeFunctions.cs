using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>Functions of dates and times; a moment with time zone is seen in UTC.</summary>
internal static class TimeFunctions
{
    private static readonly string[] Weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    private static readonly string[] Months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    public static void Register(Dictionary<string, Func<Call, Compiled>> functions)
    {
        functions["date_part"] = functions["datepart"] = call => call.Arguments.Count == 2 ? Part(call, Unit(call), 1) : throw call.Refuse();
        foreach (var (name, unit) in new[]
        {
            ("year", "year"), ("month", "month"), ("day", "day"), ("dayofmonth", "day"), ("hour", "hour"), ("minute", "minute"), ("second", "second"), ("millisecond", "millisecond"),
            ("microsecond", "microsecond"), ("quarter", "quarter"), ("week", "week"), ("weekofyear", "week"), ("isoyear", "isoyear"), ("yearweek", "yearweek"), ("dayofweek", "dow"),
            ("weekday", "dow"), ("isodow", "isodow"), ("dayofyear", "doy"), ("epoch", "epoch"), ("epoch_ms", "epoch_ms"), ("epoch_us", "epoch_us"),
        })
        {
            functions[name] = call => call.Arguments.Count == 1 ? Part(call, unit, 0) : throw call.Refuse();
        }

        functions["dayname"] = call => Named(call, static days => Weekdays[Calendar.IsoWeekday(days) % 7]);
        functions["monthname"] = call => Named(call, static days => Months[Calendar.Date(days).Month - 1]);
        functions["date_trunc"] = functions["datetrunc"] = Truncate;
        functions["date_diff"] = functions["datediff"] = Difference;
    }

    /// <summary>epoch(b − a) of two moments: the interval between them has a compiled form only here. Null where the node is something else.</summary>
    public static Compiled? Elapsed(SqlNode node, Func<SqlNode, Compiled> compile)
    {
        var isPart = node.Name is "date_part" or "datepart" && node.Children is [{ IsConstant: true, Constant: { Kind: ValueKind.Text } unit }, _] && unit.Text == "epoch";
        if (!isPart && (node.Name is not ("epoch" or "epoch_ms" or "epoch_us") || node.Children.Count != 1)) return null;
        if (node.Children[^1] is not { Kind: "FUNCTION", Name: "-", Children: [var end, var start] } || !end.Bound.IsMoment || !start.Bound.IsMoment) return null;
        var (a, b) = (compile(end).Run, compile(start).Run);
        return node.Name switch
        {
            "epoch_ms" => new Compiled(SqlType.BigInt, Strict.Of(a, b, static (x, y) => Value.Of((x.Micros - y.Micros) / 1000))),
            "epoch_us" => new Compiled(SqlType.BigInt, Strict.Of(a, b, static (x, y) => Value.Of(x.Micros - y.Micros))),
            // whole days and the rest of a day are summed in floating point, as DuckDB does
            _ => new Compiled(SqlType.Double, Strict.Of(a, b, static (x, y) => Value.Of(((x.Micros - y.Micros) / Calendar.MicrosPerDay * 86400.0) + ((x.Micros - y.Micros) % Calendar.MicrosPerDay / 1e6)))),
        };
    }

    private static string Unit(Call call) => call[0].Constant is { Kind: ValueKind.Text } unit ? Singular(unit.Text.ToLowerInvariant()) : throw call.Refuse();

    private static string Singular(string unit) => unit switch
    {
        "years" => "year",
        "quarters" => "quarter",
        "months" => "month",
        "weeks" => "week",
        "days" => "day",
        "hours" => "hour",
        "minutes" => "minute",
        "seconds" => "second",
        "milliseconds" => "millisecond",
        "microseconds" => "microsecond",
        "dayofweek" or "weekday" => "dow",
        "dayofyear" => "doy",
        _ => unit,
    };

    private static Compiled Part(Call call, string unit, int argument)
    {
        var run = Moment(call, argument);
        if (unit == "epoch") return new Compiled(SqlType.Double, Strict.Of(run, static x => Value.Of(x.Micros / 1e6)));
        if (call.Result != SqlType.BigInt) throw call.Refuse();
        Func<long, long> part = unit switch
        {
            "year" => static micros => Calendar.Date(Calendar.DayOf(micros)).Year,
            "quarter" => static micros => ((Calendar.Date(Calendar.DayOf(micros)).Month - 1) / 3) + 1,
            "month" => static micros => Calendar.Date(Calendar.DayOf(micros)).Month,
            "day" => static micros => Calendar.Date(Calendar.DayOf(micros)).Day,
            "hour" => static micros => OfDay(micros) / Calendar.MicrosPerHour,
            "minute" => static micros => OfDay(micros) % Calendar.MicrosPerHour / Calendar.MicrosPerMinute,
            "second" => static micros => OfDay(micros) % Calendar.MicrosPerMinute / Calendar.MicrosPerSecond,
            "millisecond" => static micros => OfDay(micros) % Calendar.MicrosPerMinute / 1000,
            "microsecond" => static micros => OfDay(micros) % Calendar.MicrosPerMinute,
            "dow" => static micros => Calendar.IsoWeekday(Calendar.DayOf(micros)) % 7,
            "isodow" => static micros => Calendar.IsoWeekday(Calendar.DayOf(micros)),
            "doy" => static micros => Calendar.DayOfYear(Calendar.DayOf(micros)),
            "week" => static micros => Calendar.IsoWeek(Calendar.DayOf(micros)).Week,
            "isoyear" => static micros => Calendar.IsoWeek(Calendar.DayOf(micros)).Year,
            "yearweek" => static micros => Calendar.IsoWeek(Calendar.DayOf(micros)) is var (year, week) ? (year * 100) + (year < 0 ? -week : week) : 0,
            "epoch_ms" => static micros => Calendar.Floor(micros, 1000),
            "epoch_us" => static micros => micros,
            _ => throw new FeatureNotCompilableException($"the date part {unit}"),
        };
        return new Compiled(SqlType.BigInt, Strict.Of(run, x => Value.Of(part(x.Micros))));
    }

    private static long OfDay(long micros) => micros - (Calendar.DayOf(micros) * Calendar.MicrosPerDay);

    private static Evaluate Moment(Call call, int argument) => call[argument].Type switch
    {
        { Id: DuckDbType.Date } => call.As(argument, SqlType.Timestamp),
        { IsMoment: true } => call[argument].Run,
        { Id: DuckDbType.SqlNull } => static _ => Value.Null,
        _ => throw call.Refuse(),
    };

    private static Compiled Named(Call call, Func<int, string> name)
    {
        var run = call.Arguments.Count == 1 ? Moment(call, 0) : throw call.Refuse();
        return new Compiled(SqlType.Varchar, Strict.Of(run, x => Value.Of(name(Calendar.DayOf(x.Micros)))));
    }

    private static Compiled Truncate(Call call)
    {
        if (call.Arguments.Count != 2 || !call.Result.IsMoment) throw call.Refuse();
        Func<long, long> truncate = Unit(call) switch
        {
            "year" => static micros => Calendar.Days(Calendar.Date(Calendar.DayOf(micros)).Year, 1, 1) * Calendar.MicrosPerDay,
            "quarter" => static micros => Calendar.Date(Calendar.DayOf(micros)) is var (year, month, _) ? Calendar.Days(year, ((month - 1) / 3 * 3) + 1, 1) * Calendar.MicrosPerDay : 0,
            "month" => static micros => Calendar.Date(Calendar.DayOf(micros)) is var (year, month, _) ? Calendar.Days(year, month, 1) * Calendar.MicrosPerDay : 0,
            "week" => static micros => Calendar.DayOf(micros) is var days ? (days - Calendar.IsoWeekday(days) + 1) * Calendar.MicrosPerDay : 0,
            "day" => static micros => Calendar.DayOf(micros) * Calendar.MicrosPerDay,
            "hour" => static micros => Calendar.Floor(micros, Calendar.MicrosPerHour) * Calendar.MicrosPerHour,
            "minute" => static micros => Calendar.Floor(micros, Calendar.MicrosPerMinute) * Calendar.MicrosPerMinute,
            "second" => static micros => Calendar.Floor(micros, Calendar.MicrosPerSecond) * Calendar.MicrosPerSecond,
            "millisecond" => static micros => Calendar.Floor(micros, 1000) * 1000,
            "microsecond" => static micros => micros,
            var unit => throw new FeatureNotCompilableException($"date_trunc to {unit}"),
        };
        return new Compiled(call.Result, Strict.Of(Moment(call, 1), x => Value.OfTimestamp(truncate(x.Micros))));
    }

    /// <summary>How many boundaries of the unit lie between the two.</summary>
    private static Compiled Difference(Call call)
    {
        if (call.Arguments.Count != 3) throw call.Refuse();
        Func<long, long> count = Unit(call) switch
        {
            "year" => static micros => Calendar.Date(Calendar.DayOf(micros)).Year,
            "quarter" => static micros => Calendar.Date(Calendar.DayOf(micros)) is var (year, month, _) ? (year * 4L) + ((month - 1) / 3) : 0,
            "month" => static micros => Calendar.Date(Calendar.DayOf(micros)) is var (year, month, _) ? (year * 12L) + month : 0,
            "day" => static micros => Calendar.DayOf(micros),
            "hour" => static micros => Calendar.Floor(micros, Calendar.MicrosPerHour),
            "minute" => static micros => Calendar.Floor(micros, Calendar.MicrosPerMinute),
            "second" => static micros => Calendar.Floor(micros, Calendar.MicrosPerSecond),
            "millisecond" => static micros => Calendar.Floor(micros, 1000),
            "microsecond" => static micros => micros,
            var unit => throw new FeatureNotCompilableException($"date_diff in {unit}"),
        };
        return new Compiled(SqlType.BigInt, Strict.Of(Moment(call, 1), Moment(call, 2), (x, y) => Value.Of(count(y.Micros) - count(x.Micros))));
    }
}
