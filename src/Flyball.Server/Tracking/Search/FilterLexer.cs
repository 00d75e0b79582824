using System.Globalization;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal enum TokenKind { Name, Text, Number, Operator, Open, Close, Comma, End }

/// <param name="Text">A name without its quotes, a text without its own, an operator or a keyword as it stands.</param>
/// <param name="Raw">As it was written, for messages.</param>
internal readonly record struct Token(TokenKind Kind, string Text, string Raw, double Number = 0)
{
    /// <summary>True for an unquoted word, in whatever case.</summary>
    public bool Is(string keyword) => Kind == TokenKind.Name && Raw.Equals(keyword, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Splits a filter or an order into tokens. A name may have a quoted part: <c>params.`max depth`</c>.</summary>
internal static class FilterLexer
{
    public const int Longest = 100_000;

    /// <exception cref="Refusal">A quote is open, or a character belongs to nothing.</exception>
    public static List<Token> Split(string text)
    {
        if (text.Length > Longest) throw Refusal.Invalid("filter-too-long", $"A filter has at most {Longest:N0} characters; this one has {text.Length:N0}.");
        var tokens = new List<Token>();
        for (var at = 0; at < text.Length;)
        {
            var c = text[at];
            if (char.IsWhiteSpace(c)) at++;
            else if (c is '(' or ')' or ',') tokens.Add(new Token(c == '(' ? TokenKind.Open : c == ')' ? TokenKind.Close : TokenKind.Comma, c.ToString(), text[at++..at]));
            else if (c == '\'') tokens.Add(Quoted(text, ref at, TokenKind.Text));
            else if (c is '<' or '>' or '=' or '!' or '~')
            {
                var length = at + 1 < text.Length && text[at + 1] is '=' or '>' && c is '<' or '>' or '!' && text.Substring(at, 2) is "<=" or ">=" or "!=" ? 2 : 1;
                tokens.Add(new Token(TokenKind.Operator, text.Substring(at, length), text.Substring(at, length)));
                at += length;
            }
            else if (char.IsAsciiDigit(c) || (c is '-' or '+' or '.' && at + 1 < text.Length && (char.IsAsciiDigit(text[at + 1]) || text[at + 1] == '.'))) tokens.Add(Number(text, ref at));
            else if (IsName(c) || c is '`' or '"' or '-') tokens.Add(Name(text, ref at));
            else throw Refusal.Invalid("filter-character", $"Invalid clause(s) in filter string: '{Refusal.Shown(text[at..])}'");
        }

        tokens.Add(new Token(TokenKind.End, "", ""));
        return tokens;
    }

    private static bool IsName(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '/' or ':' or '@' or '$';

    /// <summary>Words and quoted parts in one piece; a double-quoted piece alone is a text as well, which the parser decides by where it stands.</summary>
    private static Token Name(string text, ref int at)
    {
        var (start, name, bare) = (at, new System.Text.StringBuilder(), true);
        while (at < text.Length)
        {
            if (text[at] is '`' or '"')
            {
                bare = false;
                name.Append(Quoted(text, ref at, TokenKind.Name).Text);
            }
            else if (IsName(text[at]) || (text[at] == '-' && at > start)) name.Append(text[at++]);
            else break;
        }

        if (at == start) throw Refusal.Invalid("filter-character", $"Invalid clause(s) in filter string: '{Refusal.Shown(text[at..])}'");
        var raw = text[start..at];
        return new Token(bare || raw[0] != '"' ? TokenKind.Name : TokenKind.Text, name.ToString(), raw);
    }

    private static Token Quoted(string text, ref int at, TokenKind kind)
    {
        var end = text.IndexOf(text[at], at + 1);
        if (end < 0) throw Refusal.Invalid("filter-quote", $"Invalid clause(s) in filter string: the quote of '{Refusal.Shown(text[at..])}' is not closed");
        var raw = text[at..(end + 1)];
        at = end + 1;
        return new Token(kind, raw[1..^1], raw);
    }

    private static Token Number(string text, ref int at)
    {
        var start = at++;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '.' or '_' || (text[at] is '+' or '-' && text[at - 1] is 'e' or 'E'))) at++;
        var raw = text[start..at];
        return double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? new Token(TokenKind.Number, raw, raw, number) : new Token(TokenKind.Name, raw, raw);
    }
}
