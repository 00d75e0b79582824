using Flyball.Models.Features.Compilation;

namespace Flyball.Models.Features;

/// <summary>ISO 8601 dates and times as people and programs write them: with T or a blank, with or without seconds, fraction and offset.</summary>
internal static class IsoTime
{
    public static bool TryDate(string text, out int days)
    {
        var rest = text.AsSpan().Trim();
        return TryDay(ref rest, out days) && rest.IsEmpty;
    }

    /// <summary>Microseconds since 1970-01-01 UTC; a time without offset is UTC, digits beyond microseconds are cut.</summary>
    public static bool TryTimestamp(string text, out long micros)
    {
        var rest = text.AsSpan().Trim();
        micros = 0;
        if (!TryDay(ref rest, out var days)) return false;
        micros = days * Calendar.MicrosPerDay;
        if (rest.IsEmpty) return true;
        if (rest[0] is not ('T' or 't' or ' ')) return false;
        rest = rest[1..];
        if (!TryTwo(ref rest, 24, out var hour) || !TrySkip(ref rest, ':') || !TryTwo(ref rest, 59, out var minute)) return false;
        var second = 0;
        var fraction = 0L;
        if (TrySkip(ref rest, ':'))
        {
            if (!TryTwo(ref rest, 59, out second)) return false;
            if (TrySkip(ref rest, '.') && !TryFraction(ref rest, out fraction)) return false;
        }

        if (hour == 24 && (minute > 0 || second > 0 || fraction > 0)) return false;
        micros += (((((hour * 60L) + minute) * 60) + second) * 1_000_000) + fraction;
        if (rest.IsEmpty) return true;
        if (rest is ['Z' or 'z']) return true;
        if (!TryOffset(rest, out var offset)) return false;
        micros -= offset;
        return true;
    }

    private static bool TryDay(ref ReadOnlySpan<char> rest, out int days)
    {
        days = 0;
        if (rest.Length < 10 || rest[4] != '-' || rest[7] != '-') return false;
        var year = rest[..4];
        if (!char.IsAsciiDigit(year[0]) || !char.IsAsciiDigit(year[1]) || !char.IsAsciiDigit(year[2]) || !char.IsAsciiDigit(year[3])) return false;
        var number = int.Parse(year, System.Globalization.CultureInfo.InvariantCulture);
        rest = rest[5..];
        if (!TryTwo(ref rest, 12, out var month) || !TrySkip(ref rest, '-') || !TryTwo(ref rest, 31, out var day)) return false;
        if (number == 0 || month == 0 || day == 0 || day > DateTime.DaysInMonth(number, month)) return false;
        days = Calendar.Days(number, month, day);
        return true;
    }

    private static bool TryTwo(ref ReadOnlySpan<char> rest, int most, out int number)
    {
        number = 0;
        if (rest.Length < 2 || !char.IsAsciiDigit(rest[0]) || !char.IsAsciiDigit(rest[1])) return false;
        number = ((rest[0] - '0') * 10) + rest[1] - '0';
        rest = rest[2..];
        return number <= most;
    }

    private static bool TrySkip(ref ReadOnlySpan<char> rest, char mark)
    {
        if (rest.IsEmpty || rest[0] != mark) return false;
        rest = rest[1..];
        return true;
    }

    private static bool TryFraction(ref ReadOnlySpan<char> rest, out long micros)
    {
        micros = 0;
        var digits = 0;
        while (!rest.IsEmpty && char.IsAsciiDigit(rest[0]))
        {
            if (digits < 6) micros = (micros * 10) + rest[0] - '0';
            digits++;
            rest = rest[1..];
        }

        for (var i = digits; i < 6; i++) micros *= 10;
        return digits is > 0 and <= 9;
    }

    private static bool TryOffset(ReadOnlySpan<char> rest, out long micros)
    {
        micros = 0;
        if (rest[0] is not ('+' or '-')) return false;
        var sign = rest[0] == '-' ? -1 : 1;
        rest = rest[1..];
        if (!TryTwo(ref rest, 18, out var hours)) return false;
        var minutes = 0;
        if (!rest.IsEmpty)
        {
            TrySkip(ref rest, ':');
            if (!TryTwo(ref rest, 59, out minutes) || !rest.IsEmpty) return false;
        }

        micros = sign * ((hours * 60L) + minutes) * 60_000_000;
        return true;
    }
}
