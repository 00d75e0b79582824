namespace Flyball.Server.Tracking;

/// <summary>SQL's LIKE: <c>%</c> for any text, <c>_</c> for one character (a code point, as SQLite counts them); no escape, as in MLflow.</summary>
internal static class Wildcard
{
    /// <summary>Steps for each character of text and pattern after which a comparison goes back and forth too much.</summary>
    private const int Patience = 8;

    public static bool IsMatch(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern, bool ignoreCase)
    {
        // greedy with one way back, as long as that is linear, which it nearly always is
        var (t, p, star, mark) = (0, 0, -1, 0);
        for (var left = 1000 + ((long)Patience * (text.Length + pattern.Length)); t < text.Length; left--)
        {
            if (left == 0) return new Segments(Points(text, ignoreCase), Points(pattern, ignoreCase)).IsMatch();
            if (p < pattern.Length && pattern[p] == '%') (star, mark) = (p++, t);
            else if (p < pattern.Length && pattern[p] == '_') (t, p) = (t + Length(text, t), p + 1);
            else if (p < pattern.Length && Same(pattern[p], text[t], ignoreCase)) (t, p) = (t + 1, p + 1);
            else if (star >= 0) (p, t) = (star + 1, mark += Length(text, mark));
            else return false;
        }

        while (p < pattern.Length && pattern[p] == '%') p++;
        return p == pattern.Length;
    }

    /// <summary>Units of the character at a place.</summary>
    private static int Length(ReadOnlySpan<char> text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    private static bool Same(char one, char other, bool ignoreCase) => one == other || (ignoreCase && char.ToLowerInvariant(one) == char.ToLowerInvariant(other));

    private static int[] Points(ReadOnlySpan<char> text, bool ignoreCase)
    {
        var points = new List<int>(text.Length);
        for (var at = 0; at < text.Length; at += Length(text, at)) points.Add(Length(text, at) == 2 ? char.ConvertToUtf32(text[at], text[at + 1]) : ignoreCase ? char.ToLowerInvariant(text[at]) : text[at]);
        return [.. points];
    }

    /// <summary>
    /// A pattern between its <c>%</c>: the first and the last piece have their places, those between are found one after the other, each as early as it is. A piece is looked for with a bit for each of its characters (shift-and,
    /// R. Baeza-Yates and G. H. Gonnet, "A New Approach to Text Searching", CACM 35(10), 1992), so that no text and pattern cost more than a 64th of their product.
    /// </summary>
    private sealed class Segments(int[] text, int[] pattern)
    {
        public bool IsMatch()
        {
            var pieces = Pieces();
            var (first, last) = (pieces[0], pieces[^1]);
            if (pieces.Count == 1) return text.Length == first.Count && IsAt(0, first);
            var (from, to) = (first.Count, text.Length - last.Count);
            if (from > to || !IsAt(0, first) || !IsAt(to, last)) return false;
            foreach (var piece in pieces[1..^1])
            {
                if (piece.Count == 0) continue;
                from = End(from, to, piece);
                if (from < 0) return false;
            }

            return true;
        }

        private List<ArraySegment<int>> Pieces()
        {
            var (pieces, start) = (new List<ArraySegment<int>>(), 0);
            for (var at = 0; at <= pattern.Length; at++)
            {
                if (at < pattern.Length && pattern[at] != '%') continue;
                pieces.Add(new ArraySegment<int>(pattern, start, at - start));
                start = at + 1;
            }

            return pieces;
        }

        private bool IsAt(int at, ArraySegment<int> piece)
        {
            for (var i = 0; i < piece.Count; i++)
            {
                if (piece[i] != '_' && piece[i] != text[at + i]) return false;
            }

            return true;
        }

        /// <summary>Behind the first place of a piece in a part of the text; -1 where it has none.</summary>
        private int End(int from, int to, ArraySegment<int> piece)
        {
            var words = (piece.Count + 63) / 64;
            var any = new ulong[words];
            for (var i = 0; i < piece.Count; i++) any[i / 64] |= piece[i] == '_' ? 1UL << (i % 64) : 0;
            var of = new Dictionary<int, ulong[]>();
            for (var i = 0; i < piece.Count; i++)
            {
                if (piece[i] == '_') continue;
                if (!of.TryGetValue(piece[i], out var own)) of[piece[i]] = own = (ulong[])any.Clone();
                own[i / 64] |= 1UL << (i % 64);
            }

            var (state, last) = (new ulong[words], 1UL << ((piece.Count - 1) % 64));
            for (var at = from; at < to; at++)
            {
                var fits = of.GetValueOrDefault(text[at], any);
                var carry = 1UL;
                for (var word = 0; word < words; word++)
                {
                    var before = state[word];
                    state[word] = ((before << 1) | carry) & fits[word];
                    carry = before >> 63;
                }

                if ((state[^1] & last) != 0) return at + 1;
            }

            return -1;
        }
    }
}
