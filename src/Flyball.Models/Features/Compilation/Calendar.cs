namespace Flyball.Models.Features.Compilation;

/// <summary>The proleptic Gregorian calendar on days since 1970-01-01, for any year. (Hinnant, chrono-compatible low-level date algorithms.)</summary>
internal static class Calendar
{
    public const long MicrosPerSecond = 1_000_000;
    public const long MicrosPerMinute = 60 * MicrosPerSecond;
    public const long MicrosPerHour = 60 * MicrosPerMinute;
    public const long MicrosPerDay = 24 * MicrosPerHour;

    public static int Days(int year, int month, int day)
    {
        var y = (long)year - (month <= 2 ? 1 : 0);
        var era = (y >= 0 ? y : y - 399) / 400;
        var yearOfEra = y - (era * 400);
        var dayOfYear = (((153 * (month + (month > 2 ? -3 : 9))) + 2) / 5) + day - 1;
        var dayOfEra = (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear;
        return (int)((era * 146097) + dayOfEra - 719468);
    }

    public static (int Year, int Month, int Day) Date(int days)
    {
        var z = days + 719468L;
        var era = (z >= 0 ? z : z - 146096) / 146097;
        var dayOfEra = z - (era * 146097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36524) - (dayOfEra / 146096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var shifted = ((5 * dayOfYear) + 2) / 153;
        var day = (int)(dayOfYear - (((153 * shifted) + 2) / 5) + 1);
        var month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
        return ((int)(yearOfEra + (era * 400) + (month <= 2 ? 1 : 0)), month, day);
    }

    /// <summary>The start of a day as a timestamp; false outside the years that have timestamps.</summary>
    public static bool TryMicros(int days, out long micros)
    {
        micros = 0;
        if (days is < -106751990 or > 106751991) return false;
        micros = days * MicrosPerDay;
        return true;
    }

    public static long Floor(long value, long unit) => value >= 0 ? value / unit : ((value + 1) / unit) - 1;

    public static int DayOf(long micros) => (int)Floor(micros, MicrosPerDay);

    /// <summary>Monday is 1, Sunday 7.</summary>
    public static int IsoWeekday(int days) => (int)(((((days + 3L) % 7) + 7) % 7) + 1);

    public static int DayOfYear(int days) => days - Days(Date(days).Year, 1, 1) + 1;

    /// <summary>ISO 8601 year and week.</summary>
    public static (int Year, int Week) IsoWeek(int days)
    {
        var thursday = days - IsoWeekday(days) + 4;
        var year = Date(thursday).Year;
        return (year, ((thursday - Days(year, 1, 1)) / 7) + 1);
    }
}
