using System.Text;
using System.Text.RegularExpressions;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>
/// A regular expression of Python's dialect. Most are said in the engine's own (RE2) so that they mean the same, and run with the shared scan; what RE2 does not have (looking around, references back, word boundaries) runs here,
/// over the different values.
/// </summary>
internal static class Pattern
{
    private const int Longest = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>SQL that is true where a text matches anywhere, or null where the engine cannot say.</summary>
    public static string? Sql(string name, string pattern) => Translate(pattern) is { } told ? $"regexp_matches({name}, {DuckDbText.Literal(told)})" : null;

    /// <summary>Whether a text matches anywhere.</summary>
    /// <exception cref="ExpectationException">It is no regular expression.</exception>
    public static Func<string, bool> Matcher(string pattern)
    {
        if (pattern.Length > Longest) throw new ExpectationException($"A regular expression has at most {Longest:N0} characters.");
        try
        {
            var regex = new Regex(pattern.Replace("(?P<", "(?<", StringComparison.Ordinal).Replace("\\Z", "\\z", StringComparison.Ordinal), RegexOptions.CultureInvariant, Patience);
            return text =>
            {
                try
                {
                    return regex.IsMatch(text);
                }
                catch (RegexMatchTimeoutException)
                {
                    throw new ExpectationException($"The regular expression takes longer than {Patience.TotalSeconds:0} s for one value of {text.Length:N0} characters.");
                }
            };
        }
        catch (ArgumentException wrong)
        {
            throw new ExpectationException($"The regular expression cannot be read: {wrong.Message}");
        }
    }

    /// <summary>The same in RE2, or null. Letters and digits are those of Unicode, as Python has them, and <c>$</c> matches before a last line feed.</summary>
    private static string? Translate(string pattern)
    {
        var (told, inClass) = (new StringBuilder(), false);
        for (var i = 0; i < pattern.Length; i++)
        {
            var letter = pattern[i];
            if (letter == '\\')
            {
                if (++i == pattern.Length) return null;
                var escaped = pattern[i] switch
                {
                    'd' => "\\p{Nd}",
                    'w' => inClass ? "\\p{L}\\p{N}_" : "[\\p{L}\\p{N}_]",
                    'D' when !inClass => "\\P{Nd}",
                    'W' when !inClass => "[^\\p{L}\\p{N}_]",
                    's' => inClass ? "\\s\\x0b\\x1c-\\x1f\\x{85}\\p{Z}" : "[\\s\\x0b\\x1c-\\x1f\\x{85}\\p{Z}]",
                    'S' when !inClass => "[^\\s\\x0b\\x1c-\\x1f\\x{85}\\p{Z}]",
                    'n' or 't' or 'r' or 'f' or 'v' => $"\\{pattern[i]}",
                    'A' when !inClass => "\\A",
                    'Z' when !inClass => "\\z",
                    var sign when char.IsAscii(sign) && !char.IsAsciiLetterOrDigit(sign) => $"\\{sign}",
                    _ => null,
                };
                if (escaped is null) return null;
                told.Append(escaped);
            }
            else if (inClass)
            {
                if (letter == '[' && i + 1 < pattern.Length && pattern[i + 1] is ':' or '.' or '=') return null;
                // a bracket that comes first is a character of the class
                inClass = letter != ']' || pattern[i - 1] == '[' || (pattern[i - 1] == '^' && pattern[i - 2] == '[');
                told.Append(letter == '[' ? "\\[" : letter.ToString());
            }
            else
            {
                if (letter == '(' && i + 1 < pattern.Length && pattern[i + 1] == '?' && !(i + 2 < pattern.Length && (pattern[i + 2] == ':' || pattern.AsSpan(i).StartsWith("(?P<") || (i == 0 && (pattern.StartsWith("(?i)", StringComparison.Ordinal) || pattern.StartsWith("(?s)", StringComparison.Ordinal)))))) return null;
                if (letter == '+' && i > 0 && pattern[i - 1] is '*' or '+' or '?' or '}' && letter == '+') return null;
                if (letter == '{' && Times(pattern, i) > 1000) return null;
                inClass = letter == '[';
                told.Append(letter == '$' ? "(?:\\n?\\z)" : letter.ToString());
            }
        }

        return pattern.Length <= Longest && !inClass ? told.ToString() : null;
    }

    /// <summary>The largest number in braces.</summary>
    private static long Times(string pattern, int at)
    {
        var (most, number) = (0L, 0L);
        for (var i = at + 1; i < pattern.Length && (char.IsAsciiDigit(pattern[i]) || pattern[i] == ','); i++)
        {
            number = pattern[i] == ',' ? 0 : Math.Min(1_000_000, (number * 10) + (pattern[i] - '0'));
            most = Math.Max(most, number);
        }

        return most;
    }
}
