using System.Globalization;
using Flyball.Server.Ui;

namespace Flyball.Server.Datasets;

/// <summary>How values of a profile are written for people.</summary>
internal static class ProfileText
{
    private const double FirstSecond = -62135596800;
    private const double LastSecond = 253402300799;

    /// <summary>A number of a column, or the time that it stands for.</summary>
    public static string Number(ColumnProfile column, double value)
    {
        if (column.Kind != ColumnKind.Time) return Show.Number(value);
        if (column.Type is "TIME" or "TIME_NS") return TimeSpan.FromSeconds(Math.Clamp(value, 0, 86_400)).ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
        if (!(value is >= FirstSecond and <= LastSecond)) return Show.Number(value);
        return DateTime.UnixEpoch.AddSeconds(value).ToString(column.Type == "DATE" ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }

    /// <summary>A name or value, clipped to a line.</summary>
    public static string Short(string text, int most = 60) => text.Length == 0 ? "(empty)" : text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "…";

    public static string Correlation(double value) => Math.Abs(value) is > 0.995 and < 1 ? value.ToString("0.0000", CultureInfo.InvariantCulture) : (Math.Round(value, 2) + 0.0).ToString("0.00", CultureInfo.InvariantCulture);
}
