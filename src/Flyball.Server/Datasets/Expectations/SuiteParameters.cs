using System.Globalization;

namespace Flyball.Server.Datasets;

/// <summary>
/// Values in the place of <c>{"$PARAMETER": "expression"}</c>: names, numbers, <c>+ - * / ^</c>, brackets, <c>sin cos tan exp abs trunc round sgn</c>, <c>PI</c>, <c>E</c>, <c>now()</c>, <c>datetime(y, m, d, …)</c> and
/// <c>timedelta(weeks=…, days=…, hours=…, minutes=…, seconds=…)</c>, as Great Expectations has them.
/// </summary>
internal sealed class SuiteParameters(IReadOnlyDictionary<string, object?> known, DateTimeOffset now)
{
    private const int Deepest = 100;
    private string text = "";
    private int at;
    private int depth;

    /// <exception cref="ExpectationException">A parameter is not there, or an expression cannot be read.</exception>
    public object? Resolve(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map when map.Count == 1 && map.TryGetValue("$PARAMETER", out var expression) => expression is string told ? Value(told) : throw new ExpectationException("A $PARAMETER is a text."),
        IReadOnlyDictionary<string, object?> map => map.Where(entry => !entry.Key.StartsWith("$PARAMETER.", StringComparison.Ordinal)).ToDictionary(entry => entry.Key, entry => Resolve(entry.Value)),
        IReadOnlyList<object?> list => list.Select(Resolve).ToList(),
        _ => value,
    };

    private object? Value(string expression)
    {
        if (known.TryGetValue(expression, out var whole)) return whole;
        if (expression.Length > 1000) throw new ExpectationException("The expression of a $PARAMETER has at most 1,000 characters.");
        (text, at, depth) = (expression, 0, 0);
        var value = Sum();
        Skip();
        if (at < text.Length) throw Wrong($"'{text[at]}' is not expected there");
        return value switch
        {
            DateTimeOffset moment => moment.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture),
            TimeSpan span => span.TotalSeconds,
            double number when number == Math.Floor(number) && Math.Abs(number) < 1e15 => (long)number,
            _ => value,
        };
    }

    private object? Sum()
    {
        if (++depth > Deepest) throw Wrong("it is nested too deeply");
        var value = Product();
        while (true)
        {
            if (Take('+'))
            {
                var right = Product();
                value = (value, right) switch
                {
                    (DateTimeOffset moment, TimeSpan span) => moment + span,
                    (TimeSpan span, DateTimeOffset moment) => moment + span,
                    (TimeSpan one, TimeSpan other) => one + other,
                    _ => Number(value) + Number(right),
                };
            }
            else if (Take('-'))
            {
                var right = Product();
                value = (value, right) switch
                {
                    (DateTimeOffset moment, TimeSpan span) => moment - span,
                    (DateTimeOffset one, DateTimeOffset other) => one - other,
                    (TimeSpan one, TimeSpan other) => one - other,
                    _ => Number(value) - Number(right),
                };
            }
            else
            {
                depth--;
                return value;
            }
        }
    }

    private object? Product()
    {
        var value = Power();
        while (true)
        {
            if (Take('*'))
            {
                var right = Power();
                value = (value, right) switch { (TimeSpan span, _) => span * Number(right), (_, TimeSpan span) => span * Number(value), _ => Number(value) * Number(right) };
            }
            else if (Take('/'))
            {
                var right = Number(Power());
                if (right == 0) throw Wrong("it divides by zero");
                value = value is TimeSpan span ? span / right : Number(value) / right;
            }
            else
            {
                return value;
            }
        }
    }

    private object? Power()
    {
        if (Take('-')) return -Number(Power());
        var value = Atom();
        return Take('^') ? Math.Pow(Number(value), Number(Power())) : value;
    }

    private object? Atom()
    {
        if (++depth > Deepest) throw Wrong("it is nested too deeply");
        try
        {
            if (Take('('))
            {
                var inside = Sum();
                Expect(')');
                return inside;
            }

            Skip();
            var start = at;
            if (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '.' or 'e' or 'E' || (text[at] is '+' or '-' && text[at - 1] is 'e' or 'E' && at > start))) at++;
                return double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong($"'{text[start..at]}' is no number");
            }

            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '.' or ':')) at++;
            var name = text[start..at];
            if (name.Length == 0) throw Wrong(at < text.Length ? $"'{text[at]}' is not expected there" : "it ends too early");
            if (Take('(')) return Call(name, Arguments());
            if (known.TryGetValue(name, out var value)) return value;
            return name switch { "PI" => Math.PI, "E" => Math.E, _ => throw new ExpectationException($"No value found for $PARAMETER {name}") };
        }
        finally
        {
            depth--;
        }
    }

    private List<(string? Name, object? Value)> Arguments()
    {
        var found = new List<(string?, object?)>();
        while (!Take(')'))
        {
            if (found.Count > 0) Expect(',');
            Skip();
            var (start, name) = (at, (string?)null);
            while (at < text.Length && (char.IsLetter(text[at]) || text[at] == '_')) at++;
            if (at > start && Take('=')) name = text[start..(at - 1)].Trim();
            else at = start;
            found.Add((name, Sum()));
        }

        return found;
    }

    private object Call(string name, List<(string? Name, object? Value)> given)
    {
        if (name == "timedelta") return Span(given);
        var numbers = given.ConvertAll(one => one.Name is null ? Number(one.Value) : throw Wrong($"{name}() takes no argument {one.Name}"));
        return (name, numbers) switch
        {
            ("now", []) => now,
            ("datetime", { Count: >= 3 and <= 6 }) => Moment(numbers),
            ("sin", [var x]) => Math.Sin(x),
            ("cos", [var x]) => Math.Cos(x),
            ("tan", [var x]) => Math.Tan(x),
            ("exp", [var x]) => Math.Exp(x),
            ("abs", [var x]) => Math.Abs(x),
            ("trunc", [var x]) => Math.Truncate(x),
            ("round", [var x]) => Math.Round(x, MidpointRounding.ToEven),
            ("sgn", [var x]) => x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0,
            _ => throw Wrong($"{name}() with {given.Count} argument{(given.Count == 1 ? "" : "s")} is not known"),
        };
    }

    private TimeSpan Span(List<(string? Name, object? Value)> given)
    {
        string[] places = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
        var seconds = 0.0;
        for (var i = 0; i < given.Count; i++)
        {
            seconds += Number(given[i].Value) * ((given[i].Name ?? (i < places.Length ? places[i] : "")) switch
            {
                "weeks" => 604_800, "days" => 86_400, "hours" => 3600, "minutes" => 60, "seconds" => 1, "milliseconds" => 0.001, "microseconds" => 0.000_001,
                var other => throw Wrong($"timedelta() takes no argument {other}"),
            });
        }

        return Math.Abs(seconds) < 1e11 ? TimeSpan.FromSeconds(seconds) : throw Wrong("the time is too long");
    }

    private DateTimeOffset Moment(List<double> parts)
    {
        try
        {
            int Part(int i) => i < parts.Count ? checked((int)parts[i]) : 0;
            return new DateTimeOffset(Part(0), Part(1), Part(2), Part(3), Part(4), Part(5), TimeSpan.Zero);
        }
        catch (Exception wrong) when (wrong is ArgumentOutOfRangeException or OverflowException)
        {
            throw Wrong("there is no such date");
        }
    }

    private double Number(object? value) => Bounds.Number(value) is { } number ? number : throw Wrong("it computes with what is no number");

    private bool Take(char sign)
    {
        Skip();
        if (at >= text.Length || text[at] != sign) return false;
        at++;
        return true;
    }

    private void Expect(char sign)
    {
        if (!Take(sign)) throw Wrong($"'{sign}' is missing");
    }

    private void Skip()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
    }

    private ExpectationException Wrong(string what) => new($"The $PARAMETER '{text}' cannot be read: {what}.");
}
