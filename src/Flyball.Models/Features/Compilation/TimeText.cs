using System.Globalization;

namespace Flyball.Models.Features.Compilation;

/// <summary>Dates and times as DuckDB writes them.</summary>
internal static class TimeText
{
    public static string Date(int days)
    {
        var (year, month, day) = Calendar.Date(days);
        // there is no year 0: the year before 1 is 1 BC
        return year > 0 ? string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{day:00}") : string.Create(CultureInfo.InvariantCulture, $"{1 - year:0000}-{month:00}-{day:00} (BC)");
    }

    public static string Timestamp(long micros)
    {
        var days = Calendar.DayOf(micros);
        var time = micros - (days * Calendar.MicrosPerDay);
        var seconds = time / Calendar.MicrosPerSecond;
        var fraction = time % Calendar.MicrosPerSecond;
        var text = string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
        if (fraction > 0) text += "." + fraction.ToString("000000", CultureInfo.InvariantCulture).TrimEnd('0');
        var date = Date(days);
        return date.EndsWith(')') ? $"{date[..^5]} {text} (BC)" : $"{date} {text}";
    }
}
