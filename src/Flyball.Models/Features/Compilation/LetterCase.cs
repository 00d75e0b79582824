using System.Text;

namespace Flyball.Models.Features.Compilation;

/// <summary>Upper and lower case, letter by letter, as DuckDB's Unicode tables have them; a test compares every code point.</summary>
internal static class LetterCase
{
    public static string Upper(string text) => Ascii.IsValid(text) ? text.ToUpperInvariant() : Map(text, Upper);

    public static string Lower(string text) => Ascii.IsValid(text) ? text.ToLowerInvariant() : Map(text, Lower);

    private static string Map(string text, Func<Rune, Rune> map)
    {
        var mapped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) mapped.Append(map(rune).ToString());
        return mapped.ToString();
    }

    private static Rune Upper(Rune rune) => rune.Value switch
    {
        0xDF => new Rune(0x1E9E),
        0x131 => new Rune('I'),
        0x17F => new Rune('S'),
        // letters younger than the engine's tables
        0x19B or 0x264 or 0x1C8A or 0xA7CD or 0xA7DB or (>= 0x10D70 and <= 0x10D85) => rune,
        _ => Rune.ToUpperInvariant(rune),
    };

    private static Rune Lower(Rune rune) => rune.Value switch
    {
        0x130 => new Rune('i'),
        0x1C89 or 0xA7CB or 0xA7CC or 0xA7DA or 0xA7DC or (>= 0x10D50 and <= 0x10D65) => rune,
        _ => Rune.ToLowerInvariant(rune),
    };
}
