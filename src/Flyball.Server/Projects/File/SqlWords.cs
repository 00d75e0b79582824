namespace Flyball.Server.Projects;

/// <summary>Finds the names that a SQL expression mentions, without understanding it: enough to see early that a forbidden column is read.</summary>
internal static class SqlWords
{
    /// <summary>Words and quoted identifiers outside strings and comments, lower-case (DuckDB ignores case); names of functions, that is, words before a parenthesis, are left out.</summary>
    public static IReadOnlySet<string> In(string sql)
    {
        var words = new HashSet<string>();
        for (var at = 0; at < sql.Length;)
        {
            var c = sql[at];
            if (c == '\'') at = EndOfQuoted(sql, at);
            else if (c == '-' && Follows(sql, at, '-')) at = Until(sql, at, "\n");
            else if (c == '/' && Follows(sql, at, '*')) at = Until(sql, at + 2, "*/");
            else if (c == '"')
            {
                var end = EndOfQuoted(sql, at);
                words.Add(sql[(at + 1)..Math.Max(at + 1, end - 1)].Replace("\"\"", "\"", StringComparison.Ordinal).ToLowerInvariant());
                at = end;
            }
            else if (char.IsLetter(c) || c == '_')
            {
                var end = at;
                while (end < sql.Length && (char.IsLetterOrDigit(sql[end]) || sql[end] is '_' or '$')) end++;
                if (!sql.AsSpan(end).TrimStart().StartsWith("(")) words.Add(sql[at..end].ToLowerInvariant());
                at = end;
            }
            else if (char.IsAsciiDigit(c))
            {
                while (at < sql.Length && (char.IsLetterOrDigit(sql[at]) || sql[at] == '.')) at++;
            }
            else at++;
        }

        return words;
    }

    private static bool Follows(string sql, int at, char next) => at + 1 < sql.Length && sql[at + 1] == next;

    private static int Until(string sql, int at, string end)
    {
        var found = at < sql.Length ? sql.IndexOf(end, at, StringComparison.Ordinal) : -1;
        return found < 0 ? sql.Length : found + end.Length;
    }

    /// <summary>The position after the closing quote; a doubled quote stands for itself.</summary>
    private static int EndOfQuoted(string sql, int at)
    {
        var quote = sql[at++];
        while (at < sql.Length)
        {
            if (sql[at] != quote) at++;
            else if (Follows(sql, at, quote)) at += 2;
            else return at + 1;
        }

        return at;
    }
}
