using System.Globalization;

namespace Flyball.Models.Features.Compilation;

/// <summary>Exact decimals of up to 38 digits, as DuckDB computes with them.</summary>
internal static class Decimals
{
    private static readonly Int128[] Powers = [.. Enumerable.Range(0, 39).Select(exponent => Enumerable.Repeat((Int128)10, exponent).Aggregate((Int128)1, (product, ten) => product * ten))];

    public static Int128 Power(int exponent) => Powers[exponent];

    public static bool Fits(Int128 unscaled, int width) => unscaled < Powers[width] && unscaled > -Powers[width];

    /// <summary>Exact numerators divide once; larger ones are split into whole and fraction.</summary>
    public static double ToDouble(Int128 unscaled, int scale)
    {
        if (scale == 0 || Int128.Abs(unscaled) <= 1L << 53) return (double)unscaled / (double)Powers[scale];
        var (whole, rest) = Int128.DivRem(unscaled, Powers[scale]);
        return (double)whole + ((double)rest / (double)Powers[scale]);
    }

    /// <summary>To another scale, rounding halves away from zero; false where it does not fit.</summary>
    public static bool TryRescale(Int128 unscaled, int from, int to, int width, out Int128 result)
    {
        result = unscaled;
        if (to > from)
        {
            try
            {
                result = checked(unscaled * Powers[to - from]);
            }
            catch (OverflowException)
            {
                return false;
            }
        }
        else if (to < from)
        {
            result = Round(unscaled, from - to);
        }

        return Fits(result, width);
    }

    /// <summary>Cuts digits, rounding halves away from zero.</summary>
    public static Int128 Round(Int128 unscaled, int digits)
    {
        if (digits == 0) return unscaled;
        var (quotient, rest) = Int128.DivRem(unscaled, Powers[digits]);
        var half = Powers[digits] / 2;
        return rest >= half ? quotient + 1 : rest <= -half ? quotient - 1 : quotient;
    }

    public static string Text(Int128 unscaled, int scale)
    {
        var digits = Int128.Abs(unscaled).ToString(CultureInfo.InvariantCulture);
        if (scale > 0)
        {
            digits = digits.PadLeft(scale + 1, '0');
            digits = string.Concat(digits.AsSpan(0, digits.Length - scale), ".", digits.AsSpan(digits.Length - scale));
        }

        return unscaled < 0 ? "-" + digits : digits;
    }

    /// <summary>A JSON number as a decimal, rounding halves away from zero; false where it does not fit.</summary>
    public static bool TryParse(string text, int width, int scale, out Int128 unscaled)
    {
        unscaled = 0;
        var exponentAt = text.IndexOfAny(['e', 'E']);
        var exponent = 0;
        if (exponentAt >= 0 && (!int.TryParse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > 100)) return false;
        var mantissa = exponentAt >= 0 ? text[..exponentAt] : text;
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        if (digits.Length > 36 || !Int128.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return false;
        var places = (point < 0 ? 0 : mantissa.Length - point - 1) - exponent;
        if (places < 0)
        {
            if (-places > 38 - digits.Length) return false;
            number *= Powers[-places];
            places = 0;
        }

        if (places > 38)
        {
            unscaled = 0;
            return true;
        }

        return TryRescale(number, places, scale, width, out unscaled);
    }
}
