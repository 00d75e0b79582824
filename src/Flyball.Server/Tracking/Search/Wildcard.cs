namespace Flyball.Server.Tracking;

/// <summary>SQL's LIKE: <c>%</c> for any text, <c>_</c> for one character; no escape, as in MLflow.</summary>
internal static class Wildcard
{
    public static bool IsMatch(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern, bool ignoreCase)
    {
        // greedy with one way back: linear in practice, never more than text times pattern
        var (t, p, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '%') (star, mark) = (p++, t);
            else if (p < pattern.Length && (pattern[p] == '_' || Same(pattern[p], text[t], ignoreCase))) (t, p) = (t + 1, p + 1);
            else if (star >= 0) (p, t) = (star + 1, ++mark);
            else return false;
        }

        while (p < pattern.Length && pattern[p] == '%') p++;
        return p == pattern.Length;
    }

    private static bool Same(char one, char other, bool ignoreCase) => one == other || (ignoreCase && char.ToLowerInvariant(one) == char.ToLowerInvariant(other));
}
