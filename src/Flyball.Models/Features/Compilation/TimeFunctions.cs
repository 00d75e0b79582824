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
        if (unit.StartsWith("epoch", StringComparison.Ordinal)) return Epoch(call, unit, argument);
        if (call.Result != SqlType.BigInt) throw call.Refuse();
        Func<int, long>? ofDate = unit switch
        {
            "year" => static days => Calendar.Date(days).Year,
            "quarter" => static days => ((Calendar.Date(days).Month - 1) / 3) + 1,
            "month" => static days => Calendar.Date(days).Month,
            "day" => static days => Calendar.Date(days).Day,
            "dow" => static days => Calendar.IsoWeekday(days) % 7,
            "isodow" => static days => Calendar.IsoWeekday(days),
            "doy" => static days => Calendar.DayOfYear(days),
            "week" => static days => Calendar.IsoWeek(days).Week,
            "isoyear" => static days => Calendar.IsoWeek(days).Year,
            "yearweek" => static days => Calendar.IsoWeek(days) is var (year, week) ? (year * 100L) + (year > 0 ? week : -week) : 0,
            _ => null,
        };
        if (ofDate is not null)
        {
            var day = Day(call, argument);
            return new Compiled(SqlType.BigInt, Strict.Of(day, x => Value.Of(ofDate(x.Days))));
        }

        Func<long, long> ofTime = unit switch
        {
            "hour" => static time => time / Calendar.MicrosPerHour,
            "minute" => static time => time % Calendar.MicrosPerHour / Calendar.MicrosPerMinute,
            "second" => static time => time % Calendar.MicrosPerMinute / Calendar.MicrosPerSecond,
            "millisecond" => static time => time % Calendar.MicrosPerMinute / 1000,
            "microsecond" => static time => time % Calendar.MicrosPerMinute,
            _ => throw new FeatureNotCompilableException($"the date part {unit}"),
        };
        var run = call[argument].Run;
        if (call[argument].Type.Id == DuckDbType.Date) return new Compiled(SqlType.BigInt, Strict.Of(run, static _ => Value.Of(0L)));
        return call[argument].Type.IsMoment ? new Compiled(SqlType.BigInt, Strict.Of(run, x => Value.Of(ofTime(OfDay(x.Micros))))) : throw call.Refuse();
    }

    /// <summary>Since 1970-01-01. DuckDB sums the epoch of a moment with time zone in another, less exact way.</summary>
    private static Compiled Epoch(Call call, string unit, int argument)
    {
        var run = call[argument].Run;
        if (call[argument].Type.Id == DuckDbType.Date && unit == "epoch") return new Compiled(SqlType.Double, Strict.Of(run, static x => Value.Of(x.Days * 86400.0)));
        if (call[argument].Type.Id != DuckDbType.Timestamp) throw call.Refuse();
        return unit switch
        {
            "epoch" => new Compiled(SqlType.Double, Strict.Of(run, static x => Value.Of(x.Micros / 1e6))),
            "epoch_ms" => new Compiled(SqlType.BigInt, Strict.Of(run, static x => Value.Of(x.Micros / 1000))),
            "epoch_us" => new Compiled(SqlType.BigInt, Strict.Of(run, static x => Value.Of(x.Micros))),
            _ => throw new FeatureNotCompilableException($"the date part {unit}"),
        };
    }

    /// <summary>The day of a date or moment.</summary>
    private static Evaluate Day(Call call, int argument)
    {
        var run = call[argument].Run;
        return call[argument].Type switch
        {
            { Id: DuckDbType.Date } => run,
            { IsMoment: true } => Strict.Of(run, static x => Value.OfDate(Calendar.DayOf(x.Micros))),
            _ => throw call.Refuse(),
        };
    }

    private static long OfDay(long micros) => micros - (Calendar.DayOf(micros) * Calendar.MicrosPerDay);

    private static Evaluate Moment(Call call, int argument) => call[argument].Type switch
    {
        { Id: DuckDbType.Date } => call.As(argument, SqlType.Timestamp),
        { IsMoment: true } => call[argument].Run,
        _ => throw call.Refuse(),
    };

    private static Compiled Named(Call call, Func<int, string> name)
    {
        var run = call.Arguments.Count == 1 ? Day(call, 0) : throw call.Refuse();
        return new Compiled(SqlType.Varchar, Strict.Of(run, x => Value.Of(name(x.Days))));
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
        var unit = Unit(call);
        Func<int, long>? ofDate = unit switch
        {
            "year" => static days => Calendar.Date(days).Year,
            "quarter" => static days => Calendar.Date(days) is var (year, month, _) ? (year * 4L) + ((month - 1) / 3) : 0,
            "month" => static days => Calendar.Date(days) is var (year, month, _) ? (year * 12L) + month : 0,
            "day" => static days => days,
            _ => null,
        };
        if (ofDate is not null) return new Compiled(SqlType.BigInt, Strict.Of(Day(call, 1), Day(call, 2), (x, y) => Value.Of(ofDate(y.Days) - ofDate(x.Days))));
        var length = unit switch
        {
            "hour" => Calendar.MicrosPerHour,
            "minute" => Calendar.MicrosPerMinute,
            "second" => Calendar.MicrosPerSecond,
            "millisecond" => 1000,
            "microsecond" => 1,
            _ => throw new FeatureNotCompilableException($"date_diff in {unit}"),
        };
        return new Compiled(SqlType.BigInt, Strict.Of(Moment(call, 1), Moment(call, 2), (x, y) => Arithmetic.Ranged((Int128)Calendar.Floor(y.Micros, length) - Calendar.Floor(x.Micros, length), SqlType.BigInt, "subtraction")));
    }
}
