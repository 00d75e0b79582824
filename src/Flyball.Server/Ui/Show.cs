using System.Globalization;

namespace Flyball.Server.Ui;

/// <summary>How values are written on pages.</summary>
public static class Show
{
    /// <summary>Up to four significant digits, without exponent where that is readable.</summary>
    public static string Number(double? value) => value switch
    {
        null or double.NaN => "–",
        0 => "0",
        { } number when Math.Abs(number) is >= 1e15 or < 1e-4 => number.ToString("0.###e0", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 1000 => number.ToString("#,##0", CultureInfo.InvariantCulture),
        { } number => number.ToString("G4", CultureInfo.InvariantCulture),
    };

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double share) => double.IsNaN(share) ? "–" : share.ToString("0.#\u202f%", CultureInfo.InvariantCulture);

    public static string Bytes(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} B",
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.#} GiB"),
    };

    public static string Duration(TimeSpan took) => took switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{took.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0.#} s"),
        { TotalHours: < 1 } => $"{(int)took.TotalMinutes} min {took.Seconds} s",
        { TotalDays: < 1 } => $"{(int)took.TotalHours} h {took.Minutes} min",
        _ => $"{(int)took.TotalDays} d {took.Hours} h",
    };

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>A digest, short enough to compare by eye.</summary>
    public static string Digest(string digest) => digest.Length <= 12 ? digest : digest[..12];
}
