using System.Globalization;
using System.Numerics;

namespace Flyball.Models.Features.Compilation;

/// <summary>Numbers as text and back, as DuckDB writes and reads them.</summary>
internal static class NumberText
{
    /// <summary>The shortest digits that read back the same, with a point or an exponent.</summary>
    public static string Write(double value) => double.IsFinite(value) ? Layout(value.ToString("R", CultureInfo.InvariantCulture)) : Word(value);

    public static string Write(float value) => float.IsFinite(value) ? Layout(value.ToString("R", CultureInfo.InvariantCulture)) : Word(value);

    /// <summary>Whole numbers with sign, fraction (halves away from zero) and exponent; hexadecimal and binary; single underscores between digits.</summary>
    public static bool TryReadInteger(string text, out Int128 number)
    {
        number = 0;
        var rest = text.AsSpan().Trim(" \t\n\v\f\r");
        if (rest.IsEmpty) return false;
        var negative = rest[0] == '-';
        if (rest[0] is '-' or '+') rest = rest[1..];
        if (rest.Length > 2 && rest[0] == '0' && rest[1] is 'x' or 'X' or 'b' or 'B') return !negative && text.AsSpan().Trim(" \t\n\v\f\r")[0] == '0' && TryReadRadix(rest[2..], rest[1] is 'x' or 'X' ? 16 : 2, out number);
        if (!TryDigits(ref rest, out var whole)) return false;
        var fraction = "";
        if (rest is ['.', ..])
        {
            rest = rest[1..];
            if (!TryDigits(ref rest, out fraction)) return false;
        }

        if (whole.Length == 0 && fraction.Length == 0) return false;
        var exponent = 0;
        if (rest is ['e' or 'E', ..])
        {
            if (rest.Length > 6 || !int.TryParse(rest[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)) return false;
            rest = [];
        }

        if (!rest.IsEmpty || exponent > 100) return false;
        number = Rounded(whole + fraction, fraction.Length - exponent);
        if (negative) number = -number;
        return true;
    }

    /// <summary>Decimal notation with sign, point, exponent and single underscores between digits; nan, inf and infinity in any case.</summary>
    public static bool TryReadDouble(string text, out double number)
    {
        number = 0;
        var trimmed = text.AsSpan().Trim(" \t\n\v\f\r");
        if (trimmed.IsEmpty) return false;
        var rest = trimmed[0] is '+' or '-' ? trimmed[1..] : trimmed;
        if (rest.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            number = trimmed[0] == '-' ? double.NaN : -double.NaN;
            return true;
        }

        if (rest.Equals("inf", StringComparison.OrdinalIgnoreCase) || rest.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            number = trimmed[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        var at = rest;
        if (!TryDigits(ref at, out var whole)) return false;
        var fraction = "";
        if (at is ['.', ..])
        {
            at = at[1..];
            if (!TryDigits(ref at, out fraction)) return false;
        }

        if (whole.Length == 0 && fraction.Length == 0) return false;
        var exponent = at;
        if (at is ['e' or 'E', ..] && !TryExponent(at[1..])) return false;
        if (at is not ['e' or 'E', ..] && !at.IsEmpty) return false;
        return double.TryParse($"{(trimmed[0] == '-' ? "-" : "")}{whole}.{fraction}0{exponent}", NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    public static bool TryReadBoolean(string text, out bool flag)
    {
        flag = text.ToUpperInvariant() is "TRUE" or "T" or "YES" or "Y" or "1";
        return flag || text.ToUpperInvariant() is "FALSE" or "F" or "NO" or "N" or "0";
    }

    /// <summary>.NET's NaN constant has the negative sign.</summary>
    private static string Word(double value) => double.IsNaN(value) ? double.IsNegative(value) ? "-nan" : "nan" : value > 0 ? "inf" : "-inf";

    private static string Layout(string shortest)
    {
        var sign = shortest[0] == '-' ? "-" : "";
        var mantissa = shortest.Split('E')[0].TrimStart('-');
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        if (digits.Length == 0) return sign + "0.0";
        var exponent = Exponent(shortest, mantissa);
        if (exponent is < -4 or >= 16)
        {
            var point = digits.Length > 1 ? string.Concat(digits.AsSpan(0, 1), ".", digits.AsSpan(1)) : digits;
            return $"{sign}{point}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
        }

        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        if (digits.Length <= exponent + 1) return $"{sign}{digits.PadRight(exponent + 1, '0')}.0";
        return string.Concat(sign, digits.AsSpan(0, exponent + 1), ".", digits.AsSpan(exponent + 1));
    }

    /// <summary>The power of ten of the first digit.</summary>
    private static int Exponent(string shortest, string mantissa)
    {
        var at = shortest.IndexOf('E', StringComparison.Ordinal);
        var written = at < 0 ? 0 : int.Parse(shortest.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa : mantissa[..point];
        if (whole.TrimStart('0').Length > 0) return written + whole.TrimStart('0').Length - 1;
        var fraction = mantissa[(point + 1)..];
        return written - (fraction.Length - fraction.TrimStart('0').Length) - 1;
    }

    /// <summary>Digits without their underscores, each of which stands between two; none at all is fine.</summary>
    private static bool TryDigits(ref ReadOnlySpan<char> rest, out string digits)
    {
        var end = 0;
        while (end < rest.Length && (char.IsAsciiDigit(rest[end]) || rest[end] == '_')) end++;
        var run = rest[..end];
        rest = rest[end..];
        digits = run.ToString().Replace("_", "", StringComparison.Ordinal);
        return run.IsEmpty || (run[0] != '_' && run[^1] != '_' && !run.Contains("__", StringComparison.Ordinal));
    }

    private static bool TryExponent(ReadOnlySpan<char> text) => text.TrimStart("+-") is { Length: > 0 } digits && text.Length - digits.Length <= 1 && digits.IndexOfAnyExceptInRange('0', '9') < 0;

    private static bool TryReadRadix(ReadOnlySpan<char> digits, int radix, out Int128 number)
    {
        number = 0;
        if (digits.IsEmpty || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal)) return false;
        foreach (var digit in digits)
        {
            if (digit == '_') continue;
            var value = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : radix;
            if (value >= radix || number > long.MaxValue) return false;
            number = (number * radix) + value;
        }

        return true;
    }

    /// <summary>Digits divided by ten to the power of <paramref name="places"/>, halves away from zero; huge numbers stay huge.</summary>
    private static Int128 Rounded(string digits, int places)
    {
        var value = BigInteger.Parse("0" + digits, CultureInfo.InvariantCulture);
        if (places <= 0) value *= BigInteger.Pow(10, -places);
        else if (places > digits.Length + 1) value = 0;
        else value = ((value / BigInteger.Pow(10, places - 1)) + 5) / 10;
        return value > (BigInteger)long.MaxValue + 1 ? (Int128)long.MaxValue + 2 : (Int128)value;
    }
}
