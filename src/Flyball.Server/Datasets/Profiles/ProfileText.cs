using Flyball.Server.Ui;

namespace Flyball.Server.Datasets;

/// <summary>How values of a profile are written for people.</summary>
internal static class ProfileText
{
    /// <summary>A number of a column, or the time that it stands for.</summary>
    public static string Number(ColumnProfile column, double value)
    {
        if (column.Kind != ColumnKind.Time) return Show.Number(value);
        if (column.Type.StartsWith("TIME", StringComparison.Ordinal) && !column.Type.StartsWith("TIMESTAMP", StringComparison.Ordinal)) return TimeSpan.FromSeconds(Math.Clamp(value, 0, 86_400)).ToString(@"hh\:mm\:ss", null);
        const double Last = 253402300799;
        if (!(value is >= -62135596800 and <= Last)) return Show.Number(value);
        var at = DateTime.UnixEpoch.AddSeconds(value);
        return at.ToString(column.Type == "DATE" ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm", null);
    }
}
