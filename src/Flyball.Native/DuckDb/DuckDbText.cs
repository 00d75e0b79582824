namespace Flyball.Native.DuckDb;

/// <summary>Puts names and texts into SQL so that nothing in them is read as SQL.</summary>
public static class DuckDbText
{
    /// <summary>A quoted identifier.</summary>
    /// <exception cref="ArgumentException">The name is empty or holds a NUL character.</exception>
    public static string Quote(string identifier)
    {
        ArgumentException.ThrowIfNullOrEmpty(identifier);
        RefuseNul(identifier);
        return $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>A string literal; where the text holds a NUL character, which a statement cannot, an expression that makes the text.</summary>
    public static string Literal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var literal = $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
        return text.Contains('\0', StringComparison.Ordinal) ? $"({literal.Replace("\0", "' || chr(0) || '", StringComparison.Ordinal)})" : literal;
    }

    /// <summary>The engine reads statements up to the first NUL: the rest would vanish silently.</summary>
    internal static void RefuseNul(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("SQL text cannot hold a NUL character.", nameof(text));
    }
}
