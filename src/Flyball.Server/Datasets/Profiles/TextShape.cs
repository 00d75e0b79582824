using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Flyball.Server.Datasets;

/// <summary>What a text reads as.</summary>
[Flags]
internal enum TextReading : byte
{
    None = 0,
    Number = 1,
    Date = 2,
    Uuid = 4,
    Email = 8,
}

/// <summary>How a text looks, from its UTF-8.</summary>
internal static class TextShape
{
    /// <summary>Room that a shape needs at most; a loose one needs twice as much.</summary>
    public const int Room = LongestShape + 2;

    private const int LongestShape = 40;
    private static readonly char[] Classes = [.. Enumerable.Range(0, 128).Select(character => Class((char)character))];
    private const int LongestReading = 320;
    private static readonly SearchValues<byte> OfTime = SearchValues.Create("0123456789:.,+-Z "u8);
    private static readonly SearchValues<byte> NotOfEmail = SearchValues.Create(" ,;<>()\""u8);

    /// <summary>A and a for letters, 9 for digits, é for letters beyond ASCII, all else as it is; … where it is cut after 40 characters.</summary>
    public static ReadOnlySpan<char> Of(ReadOnlySpan<byte> text, Span<char> shape)
    {
        var length = 0;
        while (!text.IsEmpty)
        {
            if (length >= LongestShape)
            {
                shape[length++] = '…';
                break;
            }

            if (text[0] < 0x80)
            {
                shape[length++] = Classes[text[0]];
                text = text[1..];
                continue;
            }

            Rune.DecodeFromUtf8(text, out var rune, out var used);
            text = text[used..];
            if (Rune.IsLetter(rune)) shape[length++] = 'é';
            else length += rune.EncodeToUtf16(shape[length..]);
        }

        return shape[..length];
    }

    /// <summary>A shape with runs of letters and digits drawn together.</summary>
    public static ReadOnlySpan<char> Loose(ReadOnlySpan<char> shape, Span<char> loose)
    {
        var length = 0;
        for (var i = 0; i < shape.Length; i++)
        {
            var sort = shape[i];
            loose[length++] = sort;
            if (sort is not ('A' or 'a' or '9' or 'é')) continue;
            loose[length++] = '+';
            while (i + 1 < shape.Length && shape[i + 1] == sort) i++;
        }

        return loose[..length];
    }

    /// <summary>A regular expression that the texts of a shape match whole, or null where it was cut or has more than ASCII.</summary>
    public static string? Regex(string shape, bool isLoose)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < shape.Length; i++)
        {
            var sort = shape[i];
            if (sort is > '~' or < ' ') return null;
            if (sort is not ('A' or 'a' or '9'))
            {
                regex.Append(char.IsAsciiLetterOrDigit(sort) || sort is ' ' or '_' or '-' or '/' or ',' or ':' or ';' or '@' or '%' or '&' or '=' or '<' or '>' or '~' or '"' or '\'' or '!' or '`' or '#' ? $"{sort}" : $"\\{sort}");
                continue;
            }

            var run = 1;
            while (!isLoose && i + 1 < shape.Length && shape[i + 1] == sort) (i, run) = (i + 1, run + 1);
            regex.Append(sort switch { 'A' => "[A-Z]", 'a' => "[a-z]", _ => "[0-9]" });
            if (isLoose) regex.Append(shape[++i]);
            else if (run > 1) regex.Append(CultureInfo.InvariantCulture, $"{{{run}}}");
        }

        return regex.Append('$').ToString();
    }

    /// <summary>Characters, which are not bytes.</summary>
    public static int Length(ReadOnlySpan<byte> text)
    {
        var length = 0;
        foreach (var part in text) length += (part & 0xC0) != 0x80 ? 1 : 0;
        return length;
    }

    /// <summary>What a text reads as, surrounding spaces aside; longer ones than 320 bytes read as nothing.</summary>
    public static TextReading Read(ReadOnlySpan<byte> text)
    {
        text = text.Trim((byte)' ');
        if (text.Length is 0 or > LongestReading) return TextReading.None;
        if (IsNumber(text)) return TextReading.Number;
        if (IsDate(text)) return TextReading.Date;
        if (text.Length == 36 && text[8] == '-' && Utf8Parser.TryParse(text, out Guid _, out var used, 'D') && used == 36) return TextReading.Uuid;
        return IsEmail(text) ? TextReading.Email : TextReading.None;
    }

    private static bool IsNumber(ReadOnlySpan<byte> text) =>
        (char.IsAsciiDigit((char)text[^1]) || text[^1] == '.') && text[0] is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'+' or (byte)'.' && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static bool IsDate(ReadOnlySpan<byte> text)
    {
        if (text.Length < 8 || !char.IsAsciiDigit((char)text[0])) return false;
        if (text.Length >= 10 && text[4] is (byte)'-' or (byte)'/' && text[7] == text[4])
        {
            if (!(Part(text[..4], 0, 9999) && Part(text[5..7], 1, 12) && Part(text[8..10], 1, 31))) return false;
            return text.Length == 10 || (text[10] is (byte)'T' or (byte)' ' && text.Length >= 16 && text[13] == ':' && Part(text[11..13], 0, 24) && Part(text[14..16], 0, 59) && !text[16..].ContainsAnyExcept(OfTime));
        }

        // day and month in either order
        return text.Length == 10 && text[2] is (byte)'/' or (byte)'.' or (byte)'-' && text[5] == text[2] && Part(text[..2], 1, 31) && Part(text[3..5], 1, 31) && (Part(text[..2], 1, 12) || Part(text[3..5], 1, 12)) && Part(text[6..], 0, 9999);
    }

    private static bool Part(ReadOnlySpan<byte> digits, int least, int most) => !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') && int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) is var value && value >= least && value <= most;

    private static bool IsEmail(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOf((byte)'@');
        if (at is < 1 or > 64 || text.ContainsAny(NotOfEmail)) return false;
        var domain = text[(at + 1)..];
        return domain.IndexOf((byte)'@') < 0 && domain.LastIndexOf((byte)'.') is > 0 and var dot && dot < domain.Length - 1 && domain[0] != '.';
    }

    private static char Class(char character) => character switch
    {
        >= 'A' and <= 'Z' => 'A',
        >= 'a' and <= 'z' => 'a',
        >= '0' and <= '9' => '9',
        _ => character,
    };
}
