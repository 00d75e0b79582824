namespace Flyball.Server.Projects;

/// <summary>A cron expression of five fields (minute, hour, day of month, month, day of week), in UTC.</summary>
/// <remarks>
/// Fields hold *, numbers, names (jan–dec, sun–sat), ranges a-b, steps */n, a-b/n, a/n (from a to the end), and lists of these. Sunday is 0 or 7. As in Vixie cron: where both
/// days are restricted, a time matches if either does; a day field that starts with * does not restrict in this sense.
/// </remarks>
public sealed class CronSchedule
{
    /// <summary>The calendar repeats its leap years within 8 years (2096 to 2104 is the longest gap), so a schedule without a time in that span has none.</summary>
    private const int MostDays = (8 * 366) + 1;

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly string text;
    private readonly ulong minutes;
    private readonly ulong hours;
    private readonly ulong monthDays;
    private readonly ulong months;
    private readonly ulong weekDays;
    private readonly bool eitherDay;

    private CronSchedule(string[] fields)
    {
        text = string.Join(' ', fields);
        minutes = Field(fields[0], "minute", 0, 59, []);
        hours = Field(fields[1], "hour", 0, 23, []);
        monthDays = Field(fields[2], "day of month", 1, 31, []);
        months = Field(fields[3], "month", 1, 12, Months);
        var week = Field(fields[4], "day of week", 0, 7, Days);
        weekDays = (week | (week >> 7)) & 0x7F;
        eitherDay = !fields[2].StartsWith('*') && !fields[4].StartsWith('*');
    }

    /// <summary>Reads an expression; throws <see cref="FormatException"/> that says which field is wrong and why, also where no date ever matches.</summary>
    public static CronSchedule Parse(string text)
    {
        var fields = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5) throw new FormatException($"'{text}' has {fields.Length} fields; a schedule has five: minute, hour, day of month, month, day of week, such as \"0 3 * * 1\"");
        var schedule = new CronSchedule([.. fields.Select(f => f.ToLowerInvariant())]);
        return schedule.Next(new DateTimeOffset(2096, 3, 1, 0, 0, 0, TimeSpan.Zero)) is null ? throw new FormatException($"'{text}' never comes: no month has that day") : schedule;
    }

    /// <summary>The first matching time strictly after the given one, in UTC; null where the calendar ends before it.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var utc = after.UtcDateTime;
        if (utc > DateTime.MaxValue.AddDays(-MostDays)) return null;
        var start = new DateTime(utc.Ticks - (utc.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc).AddMinutes(1);
        for (var day = start.Date; day <= start.Date.AddDays(MostDays); day = day.AddDays(1))
        {
            if (!Matches(day)) continue;
            for (var hour = day == start.Date ? start.Hour : 0; hour < 24; hour++)
            {
                if (!Has(hours, hour)) continue;
                for (var minute = day == start.Date && hour == start.Hour ? start.Minute : 0; minute < 60; minute++)
                {
                    if (Has(minutes, minute)) return new DateTimeOffset(day.AddHours(hour).AddMinutes(minute), TimeSpan.Zero);
                }
            }
        }

        return null;
    }

    /// <summary>The expression, in lower case with single spaces.</summary>
    public override string ToString() => text;

    private bool Matches(DateTime day)
    {
        var (inMonth, inWeek) = (Has(monthDays, day.Day), Has(weekDays, (int)day.DayOfWeek));
        return Has(months, day.Month) && (eitherDay ? inMonth || inWeek : inMonth && inWeek);
    }

    private static bool Has(ulong set, int value) => ((set >> value) & 1) == 1;

    private static ulong Field(string field, string name, int low, int high, string[] names)
    {
        ulong set = 0;
        foreach (var part in field.Split(','))
        {
            var (range, step) = part.Split('/') switch
            {
                [var all] => (all, 1),
                [var all, var by] when int.TryParse(by, out var n) && n >= 1 && n <= high => (all, n),
                _ => throw Wrong(part, name, $"a step is a whole number from 1 to {high}"),
            };
            var (from, to) = range.Split('-') switch
            {
                ["*"] => (low, high),
                [var one] => (Value(one), part.Contains('/', StringComparison.Ordinal) ? high : Value(one)),
                [var first, var last] => (Value(first), Value(last)),
                _ => throw Wrong(part, name, "a range is written a-b"),
            };
            if (from > to) throw Wrong(part, name, "the range runs backwards");
            for (var value = from; value <= to; value += step) set |= 1UL << value;
        }

        return set;

        int Value(string word)
        {
            var named = Array.IndexOf(names, word);
            if (named >= 0) return named + (name == "month" ? 1 : 0);
            return int.TryParse(word, System.Globalization.NumberStyles.None, null, out var value) && value >= low && value <= high
                ? value
                : throw Wrong(word, name, $"it holds {low} to {high}{(names.Length > 0 ? $" or {names[0]} to {names[^1]}" : "")}");
        }
    }

    private static FormatException Wrong(string part, string name, string rule) => new($"'{part}' is wrong in the field {name} of a schedule: {rule}");
}
