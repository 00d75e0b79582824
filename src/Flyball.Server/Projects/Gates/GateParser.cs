using System.Globalization;

namespace Flyball.Server.Projects.Gates;

/// <summary>Recursive descent over the text of a gate. Bounded to 500 characters and 20 parentheses deep.</summary>
internal sealed class GateParser
{
    private const int MostCharacters = 500;
    private const int MostLevels = 20;

    private readonly string text;
    private readonly List<(string Text, int At)> tokens = [];
    private int next;
    private int level;

    public GateParser(string text)
    {
        this.text = text;
        if (text.Length > MostCharacters) throw new FormatException($"the gate is longer than {MostCharacters} characters");
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var length = Length(at);
            tokens.Add((text.Substring(at, length), at));
            at += length;
        }
    }

    /// <summary>comparison { "and" comparison }</summary>
    public GateExpression Gate()
    {
        if (tokens.Count == 0) throw new FormatException("the gate is empty; write a comparison such as rmse < champion.rmse");
        var comparisons = new List<GateComparison> { Comparison() };
        while (Take("and")) comparisons.Add(Comparison());
        if (next < tokens.Count) throw Wrong("here the gate should end, or go on with 'and'");
        return new GateExpression(text, comparisons);
    }

    private GateComparison Comparison()
    {
        var left = Sum();
        if (Now is not ("<" or "<=" or ">" or ">=" or "==" or "!=")) throw Wrong(Now is "=" ? "equality is written ==" : "a comparison (<, <=, >, >=, ==, !=) is missing");
        var op = tokens[next++].Text;
        return new GateComparison(left, op, Sum());
    }

    /// <summary>product { ("+" | "-") product }</summary>
    private GateTerm Sum()
    {
        var term = Product();
        while (Now is "+" or "-") term = new BinaryTerm(term, tokens[next++].Text[0], Product());
        return term;
    }

    /// <summary>factor { ("*" | "/") factor }</summary>
    private GateTerm Product()
    {
        var term = Factor();
        while (Now is "*" or "/") term = new BinaryTerm(term, tokens[next++].Text[0], Factor());
        return term;
    }

    /// <summary>"-" factor | "(" sum ")" | number | metric</summary>
    private GateTerm Factor()
    {
        if (++level > MostLevels) throw Wrong($"the gate is nested deeper than {MostLevels} levels");
        GateTerm term;
        if (Take("-")) term = new NegativeTerm(Factor());
        else if (Take("("))
        {
            term = Sum();
            Need(")");
        }
        else if (Now is { } token && (char.IsAsciiDigit(token[0]) || token[0] == '.'))
        {
            if (!double.TryParse(token, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)) throw Wrong($"'{token}' is not a number");
            next++;
            term = new NumberTerm(number);
        }
        else term = Metric();
        level--;
        return term;
    }

    /// <summary>[ "champion" "." ] ( name | "slice" "(" feature ")" "." name "." ( "max" | "min" ) )</summary>
    private MetricTerm Metric()
    {
        var ofChampion = Take("champion");
        if (ofChampion) Need(".");
        if (!Take("slice")) return new MetricTerm(Known(), ofChampion, null, false);
        Need("(");
        var feature = Word("the name of a feature");
        Need(")");
        Need(".");
        var at = next;
        var metric = Known();
        if (metric == GateExpression.Rows)
        {
            next = at;
            throw Wrong("slices have no rows to gate on; name a metric");
        }

        Need(".");
        if (Take("max")) return new MetricTerm(metric, ofChampion, feature, true);
        if (Take("min")) return new MetricTerm(metric, ofChampion, feature, false);
        throw Wrong("a slice ends with .max or .min");
    }

    private string Known()
    {
        var name = Word("the name of a metric");
        if (name == GateExpression.Rows || Numerics.Metrics.Find(name) is not null) return name;
        next--;
        throw Wrong($"there is no metric '{name}'; there is rows, {string.Join(", ", Numerics.Metrics.All.Select(m => m.Name))}");
    }

    private string Word(string what) =>
        Now is { } token && (char.IsLetter(token[0]) || token[0] == '_') ? tokens[next++].Text : throw Wrong($"{what} is missing");

    private string? Now => next < tokens.Count ? tokens[next].Text : null;

    private bool Take(string token)
    {
        if (Now != token) return false;
        next++;
        return true;
    }

    private void Need(string token)
    {
        if (!Take(token)) throw Wrong($"'{token}' is missing");
    }

    private int Length(int at)
    {
        var c = text[at];
        var end = at + 1;
        if (char.IsLetter(c) || c == '_')
        {
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_')) end++;
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && end < text.Length && char.IsAsciiDigit(text[end])))
        {
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '.' || (text[end] is '+' or '-' && text[end - 1] is 'e' or 'E'))) end++;
        }
        else if (c is '<' or '>' or '=' or '!' && end < text.Length && text[end] == '=') end++;
        else if (c is not ('<' or '>' or '=' or '+' or '-' or '*' or '/' or '(' or ')' or '.')) throw new FormatException($"the gate '{text}' is wrong at character {at + 1}: '{c}' has no meaning here");
        return end - at;
    }

    private FormatException Wrong(string message)
    {
        var place = next < tokens.Count ? $"at character {tokens[next].At + 1}" : "at its end";
        return new FormatException($"the gate '{text}' is wrong {place}: {message}");
    }
}
