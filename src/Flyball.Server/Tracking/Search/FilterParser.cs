using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Reads filters and orders of one kind of thing.</summary>
internal sealed class FilterParser
{
    private const int Deepest = 100;
    private static readonly Dictionary<string, Comparator> Operators = new()
    {
        ["="] = Comparator.Equal, ["!="] = Comparator.NotEqual, ["<"] = Comparator.Less, ["<="] = Comparator.LessOrEqual, [">"] = Comparator.Greater, [">="] = Comparator.GreaterOrEqual,
    };

    private readonly List<Token> tokens;
    private readonly SearchFields fields;
    private int at;

    private FilterParser(string text, SearchFields fields) => (tokens, this.fields) = (FilterLexer.Split(text), fields);

    private Token Next => tokens[at];

    /// <summary>The filter of a text, or null where it is blank.</summary>
    /// <exception cref="Refusal">The text is no filter of <paramref name="fields"/>.</exception>
    public static Filter? Filter(string? text, SearchFields fields)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var parser = new FilterParser(text, fields);
        var filter = parser.Any(0);
        if (parser.Next.Kind != TokenKind.End) throw Wrong(parser.Next);
        return filter;
    }

    /// <summary>The order of texts such as <c>metrics.rmse DESC</c>.</summary>
    /// <exception cref="Refusal">One of them is no order, or two name the same.</exception>
    public static List<OrderKey> Order(IReadOnlyList<string> texts, SearchFields fields)
    {
        var keys = new List<OrderKey>();
        foreach (var text in texts)
        {
            var parser = new FilterParser(text, fields);
            if (parser.Next.Kind != TokenKind.Name) throw Refusal.Invalid("order-by", $"Invalid order_by clause '{Refusal.Shown(text)}'. Could not be parsed.");
            var field = fields.Resolve(parser.Take().Text, order: true);
            var descending = parser.Next.Is("desc");
            if (descending || parser.Next.Is("asc")) parser.at++;
            if (parser.Next.Kind != TokenKind.End) throw Refusal.Invalid("order-by", $"Invalid order_by clause '{Refusal.Shown(text)}'. Could not be parsed.");
            if (keys.Exists(key => key.Field == field)) throw Refusal.Invalid("order-by", $"`order_by` contains duplicate fields: {Refusal.Shown(string.Join(", ", texts))}");
            keys.Add(new OrderKey(field, descending));
        }

        return keys;
    }

    private static Refusal Wrong(Token token) => Refusal.Invalid("filter", token.Kind == TokenKind.End ? "Invalid clause(s) in filter string: it ends too early" : $"Invalid clause(s) in filter string: '{Refusal.Shown(token.Raw)}'");

    private Token Take() => tokens[at < tokens.Count - 1 ? at++ : at];

    private Filter Any(int depth)
    {
        if (depth > Deepest) throw Refusal.Invalid("filter-too-deep", $"A filter has at most {Deepest} levels of parentheses.");
        var parts = new List<Filter> { All(depth) };
        while (Next.Is("or"))
        {
            at++;
            parts.Add(All(depth));
        }

        return parts.Count == 1 ? parts[0] : new AnyOf(parts);
    }

    private Filter All(int depth)
    {
        var parts = new List<Filter> { One(depth) };
        while (Next.Is("and"))
        {
            at++;
            parts.Add(One(depth));
        }

        return parts.Count == 1 ? parts[0] : new AllOf(parts);
    }

    private Filter One(int depth)
    {
        if (Next.Is("not"))
        {
            at++;
            return depth > Deepest ? throw Wrong(Next) : new Not(One(depth + 1));
        }

        if (Next.Kind != TokenKind.Open) return Compare();
        at++;
        var inner = Any(depth + 1);
        if (Next.Kind != TokenKind.Close) throw Wrong(Next);
        at++;
        return inner;
    }

    private Comparison Compare()
    {
        if (Next.Kind is not (TokenKind.Name or TokenKind.Text)) throw Wrong(Next);
        var field = fields.Resolve(Take().Text, order: false);
        var comparator = Comparer(field);
        if (comparator is Comparator.IsNull or Comparator.IsNotNull) return new Comparison(field, comparator, [], []);
        var values = comparator is Comparator.In or Comparator.NotIn ? List() : [Take()];
        if (values.Exists(value => value.Kind is not (TokenKind.Text or TokenKind.Number or TokenKind.Name))) throw Wrong(values.Find(value => value.Kind is not (TokenKind.Text or TokenKind.Number or TokenKind.Name)));
        if (fields.IsNumber(field))
        {
            foreach (var value in values.Where(value => value.Kind != TokenKind.Number)) throw Refusal.Invalid("filter-number", $"Expected numeric value type for {SearchFields.Kind(field)}. Found {Refusal.Shown(value.Raw)}");
            return new Comparison(field, comparator, [.. values.Select(value => value.Number)], []);
        }

        foreach (var value in values.Where(value => value.Kind != TokenKind.Text))
        {
            throw Refusal.Invalid("filter-text", $"Expected a quoted string value for {SearchFields.Kind(field)} (e.g. 'my-value'). Got value {Refusal.Shown(value.Raw)}");
        }

        return new Comparison(field, comparator, [], [.. values.Select(value => value.Text)]);
    }

    private Comparator Comparer(Field field)
    {
        var token = Take();
        if (token.Is("is"))
        {
            var negated = Next.Is("not");
            if (negated) at++;
            return Take().Is("null") ? negated ? Comparator.IsNotNull : Comparator.IsNull : throw Wrong(token);
        }

        if (token.Is("not")) return Take().Is("in") ? Comparator.NotIn : throw Wrong(token);
        if (token.Is("in")) return Comparator.In;
        if (!fields.IsNumber(field))
        {
            if (token.Is("like")) return Comparator.Like;
            if (token.Is("ilike")) return Comparator.ILike;
        }

        if (token.Kind == TokenKind.Operator && Operators.TryGetValue(token.Raw, out var comparator)) return comparator;
        if (token.Kind is TokenKind.Operator || token.Is("like") || token.Is("ilike")) throw Refusal.Invalid("filter-comparator", $"Invalid comparator '{Refusal.Shown(token.Raw)}' not one of '{fields.Comparators(field)}'");
        throw Wrong(token);
    }

    private List<Token> List()
    {
        if (Next.Kind != TokenKind.Open) throw Wrong(Next);
        var values = new List<Token>();
        do
        {
            // over the parenthesis or the comma
            at++;
            values.Add(Next.Kind is TokenKind.Text or TokenKind.Number or TokenKind.Name ? Take() : throw Wrong(Next));
        }
        while (Next.Kind == TokenKind.Comma);
        if (Next.Kind != TokenKind.Close) throw Wrong(Next);
        at++;
        return values;
    }
}
