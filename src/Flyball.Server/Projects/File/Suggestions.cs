namespace Flyball.Server.Projects;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Suggestions
{
    /// <summary>The known word nearest to what was written, or null where none is near: at most a third of its letters wrong, and never more than three.</summary>
    public static string? For(string written, IEnumerable<string> known)
    {
        var most = Math.Clamp(written.Length / 3, 1, 3);
        return known.Select(k => (Word: k, Distance: Distance(written.ToLowerInvariant(), k.ToLowerInvariant())))
            .Where(k => k.Distance <= most).OrderBy(k => k.Distance).ThenBy(k => k.Word, StringComparer.Ordinal).Select(k => k.Word).FirstOrDefault();
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (Damerau 1964, in the form of optimal string alignment).</summary>
    public static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 8) return int.MaxValue;
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var changed = a[i - 1] == b[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + changed);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[a.Length, b.Length];
    }
}
