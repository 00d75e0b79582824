using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>An expectation cannot be computed as it was asked for: an argument is missing, wrong, or does not suit the column. The message is what the result of the expectation tells.</summary>
internal sealed class ExpectationException(string message) : Exception(message);

/// <summary>
/// The rows that an expectation is about, as Great Expectations tells it in three ways: a comparison such as <c>col("x") &gt; 5</c>, an expression of pandas' <c>query</c> (comparisons, <c>and or not &amp; | ~</c>, <c>in</c>,
/// arithmetic, <c>isnull()</c>, names in backticks; no calls of anything else), and objects such as <c>{"type": "comparison", "column": {"name": "x"}, "operator": "&gt;", "parameter": 5}</c>.
/// </summary>
internal static class RowCondition
{
    /// <summary>As many conditions as Great Expectations takes.</summary>
    private const int Most = 100;

    /// <summary>A condition as SQL that is true for the rows that count and false, never null, for all others.</summary>
    /// <exception cref="ExpectationException">It cannot be read, or names a column that is not there.</exception>
    public static string Sql(object condition, IReadOnlyList<Column> columns)
    {
        var left = Most;
        return condition switch
        {
            string text => new RowConditionParser(text, columns).Read(),
            IReadOnlyDictionary<string, object?> node => Node(node, columns, ref left),
            _ => throw new ExpectationException("A row_condition is a text or an object with a type."),
        };
    }

    public static string Known(string name, IReadOnlyList<Column> columns) => columns.FirstOrDefault(column => column.Name == name) is { } known
        ? DuckDbText.Quote(known.Name)
        : throw new ExpectationException($"Error: The row_condition names the column \"{name}\", which does not exist.");

    private static string Node(IReadOnlyDictionary<string, object?> node, IReadOnlyList<Column> columns, ref int left)
    {
        if (left-- == 0) throw new ExpectationException($"{Most} conditions is the maximum of a row_condition.");
        switch (node.GetValueOrDefault("type"))
        {
            case "comparison": return Comparison(node, columns);
            case "nullity": return $"({Named(node, columns)} is {(node.GetValueOrDefault("is_null") is true ? "" : "not ")}null)";
            case "pass_through" when node.GetValueOrDefault("pass_through_filter") is string text: return new RowConditionParser(text, columns).Read();
            case "and" or "or" when node.GetValueOrDefault("conditions") is IReadOnlyList<object?> { Count: > 0 } parts:
                var read = new List<string>();
                foreach (var part in parts) read.Add(part is IReadOnlyDictionary<string, object?> inner ? Node(inner, columns, ref left) : throw Unknown(node));
                return $"({string.Join($" {node["type"]} ", read)})";
            default: throw Unknown(node);
        }
    }

    private static string Comparison(IReadOnlyDictionary<string, object?> node, IReadOnlyList<Column> columns)
    {
        var (column, parameter) = (Named(node, columns), node.GetValueOrDefault("parameter"));
        return (node.GetValueOrDefault("operator"), parameter) switch
        {
            ("IN", IReadOnlyList<object?> { Count: 0 }) => "false",
            ("NOT_IN", IReadOnlyList<object?> { Count: 0 }) => "true",
            ("IN" or "NOT_IN", IReadOnlyList<object?> set) => $"coalesce({column} {(node["operator"] is "IN" ? "in" : "not in")} ({string.Join(", ", set.Select(Scalar.Sql))}), false)",
            ("==" or "!=" or "<" or "<=" or ">" or ">=", string or bool or long or double or int) => $"coalesce({column} {(node["operator"] is "==" ? "=" : node["operator"])} {Scalar.Sql(parameter)}, false)",
            _ => throw Unknown(node),
        };
    }

    private static string Named(IReadOnlyDictionary<string, object?> node, IReadOnlyList<Column> columns) =>
        node.GetValueOrDefault("column") is IReadOnlyDictionary<string, object?> column && column.GetValueOrDefault("name") is string name ? Known(name, columns) : throw Unknown(node);

    private static ExpectationException Unknown(IReadOnlyDictionary<string, object?> node) =>
        new($"Unable to determine Condition type from dict: {string.Join(", ", node.Select(entry => $"{entry.Key}: {entry.Value}"))}");
}
