namespace Flyball.Native.DuckDb;

/// <summary>Between the engine's clock (microseconds and days since 1970-01-01) and the base class library's.</summary>
public static class DuckDbTime
{
    /// <summary>The day number of 1970-01-01.</summary>
    public const int EpochDay = 719162;

    /// <summary>Microseconds since 1970-01-01; a local time is converted to UTC, finer digits are cut towards the past.</summary>
    public static long Micros(DateTime time)
    {
        var ticks = (time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time).Ticks - DateTime.UnixEpoch.Ticks;
        return ticks >= 0 ? ticks / 10 : (ticks - 9) / 10;
    }

    /// <summary>The time of so many microseconds since 1970-01-01; the engine's infinities become the ends of the range.</summary>
    /// <exception cref="OverflowException">The time lies outside the years 1 to 9999.</exception>
    public static DateTime Time(long micros, DateTimeKind kind)
    {
        if (micros == long.MaxValue) return DateTime.SpecifyKind(DateTime.MaxValue, kind);
        if (micros == -long.MaxValue) return DateTime.SpecifyKind(DateTime.MinValue, kind);
        var first = -DateTime.UnixEpoch.Ticks / 10;
        var last = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / 10;
        if (micros < first || micros > last) throw new OverflowException($"The timestamp of {micros} µs since 1970 lies outside the years 1 to 9999.");
        return new DateTime(DateTime.UnixEpoch.Ticks + (micros * 10), kind);
    }

    /// <summary>The date of so many days since 1970-01-01; the engine's infinities become the ends of the range.</summary>
    /// <exception cref="OverflowException">The date lies outside the years 1 to 9999.</exception>
    public static DateOnly Date(int days)
    {
        if (days == int.MaxValue) return DateOnly.MaxValue;
        if (days == -int.MaxValue) return DateOnly.MinValue;
        var number = (long)days + EpochDay;
        if (number < 0 || number > DateOnly.MaxValue.DayNumber) throw new OverflowException($"The date of {days} days since 1970 lies outside the years 1 to 9999.");
        return DateOnly.FromDayNumber((int)number);
    }
}
