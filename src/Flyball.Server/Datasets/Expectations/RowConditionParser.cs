using System.Globalization;
using System.Text;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>Reads a row condition that is a text: pandas' expressions and Great Expectations' <c>col("x")</c> are of one grammar here.</summary>
internal sealed class RowConditionParser(string text, IReadOnlyList<Column> columns)
{
    private const int Longest = 10_000;
    private const int Deepest = 100;
    private static readonly string[] Signs = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",", "&", "|", "~", "+", "-", "*", "/", "%", "."];
    private readonly List<Token> tokens = [];
    private int at;
    private int depth;

    private enum Kind { Name, Quoted, Text, Number, Sign, End }

    private Token Next => at < tokens.Count ? tokens[at] : new Token(Kind.End, "");

    /// <summary>SQL that is true or false, never null.</summary>
    /// <exception cref="ExpectationException">It cannot be read.</exception>
    public string Read()
    {
        if (text.Length > Longest) throw new ExpectationException($"A row_condition has at most {Longest:N0} characters.");
        Lex();
        var read = Either();
        if (at < tokens.Count) throw Wrong($"'{Next.Text}' is not expected there");
        return $"coalesce({read}, false)";
    }

    private void Lex()
    {
        for (var i = 0; i < text.Length;)
        {
            var (letter, start) = (text[i], i);
            if (char.IsWhiteSpace(letter))
            {
                i++;
            }
            else if (letter is '"' or '\'' or '`')
            {
                var inside = new StringBuilder();
                for (i++; i < text.Length && text[i] != letter; i++)
                {
                    if (letter != '`' && text[i] == '\\' && i + 1 < text.Length) i++;
                    inside.Append(text[i]);
                }

                if (i++ >= text.Length) throw Wrong("a quotation is not closed");
                tokens.Add(new Token(letter == '`' ? Kind.Quoted : Kind.Text, inside.ToString()));
            }
            else if (char.IsAsciiDigit(letter) || (letter == '.' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])))
            {
                while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '.' or '_' || (text[i] is '+' or '-' && text[i - 1] is 'e' or 'E'))) i++;
                var number = text[start..i].Replace("_", "", StringComparison.Ordinal);
                if (!double.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value)) throw Wrong($"'{text[start..i]}' is no number");
                tokens.Add(new Token(Kind.Number, number));
            }
            else if (char.IsLetter(letter) || letter == '_')
            {
                while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_')) i++;
                tokens.Add(new Token(Kind.Name, text[start..i]));
            }
            else if (Array.Find(Signs, sign => text.AsSpan(start).StartsWith(sign)) is { } sign)
            {
                tokens.Add(new Token(Kind.Sign, sign));
                i += sign.Length;
            }
            else
            {
                throw Wrong($"'{letter}' has no meaning");
            }
        }
    }

    private string Either()
    {
        Descend();
        var read = Both();
        while (TakeSign("|") || TakeWord("or")) read = $"({read} or {Both()})";
        depth--;
        return read;
    }

    private string Both()
    {
        var read = Not();
        while (TakeSign("&") || TakeWord("and")) read = $"({read} and {Not()})";
        return read;
    }

    private string Not()
    {
        if (!TakeSign("~") && !TakeWord("not")) return Comparison();
        Descend();
        var read = $"(not coalesce({Not()}, false))";
        depth--;
        return read;
    }

    private string Comparison()
    {
        var (left, compared) = (Sum(), new List<string>());
        while (true)
        {
            var isNot = Next == new Token(Kind.Name, "not") && at + 1 < tokens.Count && tokens[at + 1] == new Token(Kind.Name, "in");
            if (isNot) at++;
            if (TakeWord("in"))
            {
                var set = Set();
                // as in pandas, what is absent is in no set
                compared.Add(set.Count == 0 ? isNot ? "true" : "false" : $"({(isNot ? "not " : "")}coalesce({left} in ({string.Join(", ", set)}), false))");
                continue;
            }

            if (Next is not { Kind: Kind.Sign, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" } sign) break;
            at++;
            var right = Sum();
            // as in pandas, what is absent is unequal to everything
            compared.Add(sign.Text == "!=" ? $"({left} is distinct from {right})" : $"coalesce({left} {(sign.Text == "==" ? "=" : sign.Text)} {right}, false)");
            left = right;
        }

        return compared.Count switch { 0 => left, 1 => compared[0], _ => $"({string.Join(" and ", compared)})" };
    }

    private List<string> Set()
    {
        var close = TakeSign("[") ? "]" : ")";
        if (close == ")") Expect("(");
        var set = new List<string>();
        while (!TakeSign(close))
        {
            if (set.Count > 0) Expect(",");
            if (TakeSign(close)) break;
            set.Add(Sum());
        }

        return set;
    }

    private string Sum()
    {
        var read = Product();
        while (Next is { Kind: Kind.Sign, Text: "+" or "-" } sign)
        {
            at++;
            read = $"({read} {sign.Text} {Product()})";
        }

        return read;
    }

    private string Product()
    {
        var read = Value();
        while (Next is { Kind: Kind.Sign, Text: "*" or "/" or "%" } sign)
        {
            at++;
            read = $"({read} {sign.Text} {Value()})";
        }

        return read;
    }

    private string Value()
    {
        var (kind, word) = Next;
        at++;
        switch (kind)
        {
            case Kind.Number: return word;
            case Kind.Text: return DuckDbText.Literal(word);
            case Kind.Quoted: return Methods(RowCondition.Known(word, columns));
            case Kind.Sign when word == "-":
                Descend();
                var negated = $"(- {Value()})";
                depth--;
                return negated;
            case Kind.Sign when word == "(":
                var inside = Either();
                Expect(")");
                return Methods($"({inside})");
            case Kind.Name when word is "True" or "true": return "true";
            case Kind.Name when word is "False" or "false": return "false";
            case Kind.Name when word is "None" or "nan": return "null";
            case Kind.Name when word is "col" or "date" && Next == new Token(Kind.Sign, "("):
                at++;
                if (Next.Kind != Kind.Text) throw Wrong($"{word}(…) takes a text in quotation marks");
                var given = tokens[at++].Text;
                Expect(")");
                return word == "date" ? $"cast({DuckDbText.Literal(given)} as timestamp)" : Methods(RowCondition.Known(given, columns));
            case Kind.Name: return Methods(RowCondition.Known(word, columns));
            case Kind.End: throw Wrong("it ends too early");
            default: throw Wrong($"'{word}' is not expected there");
        }
    }

    private string Methods(string read)
    {
        while (TakeSign("."))
        {
            var method = Next.Kind == Kind.Name ? Next.Text : throw Wrong("a name is missing behind the point");
            at++;
            Expect("(");
            Expect(")");
            read = method.ToUpperInvariant() switch
            {
                "ISNULL" or "ISNA" => $"({read} is null)",
                "NOTNULL" or "NOTNA" => $"({read} is not null)",
                _ => throw Wrong($"{method}() is not known: isnull() and notnull() are"),
            };
        }

        return read;
    }

    private void Descend()
    {
        if (++depth > Deepest) throw Wrong("it is nested too deeply");
    }

    private bool TakeSign(string sign) => Take(new Token(Kind.Sign, sign));

    private bool TakeWord(string word) => Take(new Token(Kind.Name, word));

    private bool Take(Token token)
    {
        if (Next != token) return false;
        at++;
        return true;
    }

    private void Expect(string sign)
    {
        if (!TakeSign(sign)) throw Wrong($"'{sign}' is missing");
    }

    private ExpectationException Wrong(string what) => new($"The row_condition '{(text.Length > 200 ? text[..200] + "…" : text)}' cannot be read: {what}.");

    private readonly record struct Token(Kind Kind, string Text);
}
