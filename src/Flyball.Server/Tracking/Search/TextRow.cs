namespace Flyball.Server.Tracking;

/// <summary>
/// The texts of a column in small letters, one behind the other, in which a part of a pattern is found many times faster than in a million texts that lie all over the memory. Made when somebody first asks for a pattern.
/// </summary>
internal sealed class TextRow
{
    private readonly Lock gate = new();
    private char[] characters = [];

    /// <summary>Where each text begins, by its code, and behind the last where it ends.</summary>
    private readonly List<int> starts = [0];

    /// <summary>Marks the texts that are like a pattern. False where nothing of the pattern can be looked for.</summary>
    public bool TryFind(TextPool texts, string pattern, bool ignoreCase, bool[] fits)
    {
        var part = Small(LongestPart(pattern));
        if (part.Length == 0) return false;
        lock (gate)
        {
            if (!Extend(texts)) return false;
            ReadOnlySpan<char> all = characters.AsSpan(0, starts[fits.Length]);
            for (var (at, code) = (0, 0); ;)
            {
                var found = all[at..].IndexOf(part);
                if (found < 0) return true;
                at += found;
                code = CodeAt(at, code);
                if (at + part.Length > starts[code + 1]) at++;
                else
                {
                    fits[code] = Wildcard.IsMatch(texts.Span(code), pattern, ignoreCase);
                    at = starts[code + 1];
                }
            }
        }
    }

    /// <summary>Appends texts that are new; false where they are too many to lie in one row.</summary>
    private bool Extend(TextPool texts)
    {
        for (var code = starts.Count - 1; code < texts.Count; code++)
        {
            var start = starts[^1];
            var text = texts.Span(code);
            if ((long)start + text.Length > Array.MaxLength / 2) return false;
            if (start + text.Length > characters.Length) Array.Resize(ref characters, Math.Max(start + text.Length, Math.Max(1024, characters.Length * 2)));
            for (var i = 0; i < text.Length; i++) characters[start + i] = char.ToLowerInvariant(text[i]);
            starts.Add(start + text.Length);
        }

        return true;
    }

    /// <summary>The text that holds a character; not before <paramref name="from"/>.</summary>
    private int CodeAt(int at, int from)
    {
        // matches are often close to each other: steps that double, then halves
        var (low, step) = (from, 1);
        while (low + step < starts.Count - 1 && starts[low + step] <= at)
        {
            low += step;
            step *= 2;
        }

        var high = Math.Min(low + step, starts.Count - 1);
        while (high - low > 1)
        {
            var middle = (low + high) >>> 1;
            if (starts[middle] <= at) low = middle;
            else high = middle;
        }

        return low;
    }

    /// <summary>As <see cref="Wildcard"/> compares letters that are not told apart: one by one.</summary>
    private static string Small(string text) => string.Create(text.Length, text, static (small, of) =>
    {
        for (var i = 0; i < of.Length; i++) small[i] = char.ToLowerInvariant(of[i]);
    });

    private static string LongestPart(string pattern) => pattern.Split('%', '_').MaxBy(part => part.Length) ?? "";
}
