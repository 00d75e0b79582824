using System.Collections.Frozen;
using System.Text.Json;
using Flyball.Native.DuckDb;

namespace Flyball.Models;

/// <summary>Which columns a scalar SQL expression reads, from DuckDB's own parse tree.</summary>
public static class SqlColumns
{
    /// <summary>DuckDB's functions that take a lambda. Elsewhere an arrow reaches into JSON, and what stands before it is a column.</summary>
    private static readonly FrozenSet<string> Lambdas = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "apply", "array_apply", "array_filter", "array_reduce", "array_transform", "filter", "list_apply", "list_filter", "list_reduce", "list_transform", "reduce");

    /// <summary>Names in the order of their first appearance, without duplicates.</summary>
    /// <exception cref="DuckDbException">The expression is not SQL.</exception>
    public static IReadOnlyList<string> Of(DuckDbConnection duck, string expression)
    {
        using var tree = Parse(duck, "select " + expression);
        var names = new List<string>();
        Walk(tree.RootElement, names, []);
        return names;
    }

    /// <summary>The named columns that a query computes itself, also by <c>* replace</c> and <c>* rename</c>, each with the columns it computes them from; what lies in subqueries is not looked into.</summary>
    /// <exception cref="DuckDbException">The text is not a query.</exception>
    public static IReadOnlyList<(string Name, IReadOnlyList<string> From)> Computed(DuckDbConnection duck, string query)
    {
        using var tree = Parse(duck, query);
        var computed = new List<(string, IReadOnlyList<string>)>();
        if (!tree.RootElement.GetProperty("statements")[0].GetProperty("node").TryGetProperty("select_list", out var list)) return computed;
        foreach (var item in list.EnumerateArray())
        {
            if (item.GetProperty("class").ValueEquals("STAR"))
            {
                foreach (var replaced in item.GetProperty("replace_list").EnumerateArray()) computed.Add((replaced.GetProperty("key").GetString()!, Read(replaced.GetProperty("value"))));
                foreach (var renamed in item.GetProperty("rename_list").EnumerateArray()) computed.Add((renamed.GetProperty("value").GetString()!, [renamed.GetProperty("key").GetProperty("column").GetString()!]));
            }
            else if (item.GetProperty("alias").GetString() is { Length: > 0 } name) computed.Add((name, Read(item)));
        }

        return computed;

        static List<string> Read(JsonElement expression)
        {
            var from = new List<string>();
            Walk(expression, from, []);
            return from;
        }
    }

    private static JsonDocument Parse(DuckDbConnection duck, string query)
    {
        using var result = duck.Query($"select json_serialize_sql({DuckDbText.Literal(query)}::varchar)::varchar");
        JsonDocument tree;
        try
        {
            tree = JsonDocument.Parse(result.Strings(0)[0]!, new JsonDocumentOptions { MaxDepth = 1000 });
        }
        catch (JsonException)
        {
            throw new DuckDbException("It is nested too deeply; compute parts of it in the dataset's transform.");
        }

        if (!tree.RootElement.GetProperty("error").GetBoolean()) return tree;
        using (tree) throw new DuckDbException(tree.RootElement.GetProperty("error_message").GetString() ?? "not SQL");
    }

    /// <param name="own">What the lambdas around the node name for themselves: neither they nor the fields of what they name are columns.</param>
    private static void Walk(JsonElement node, List<string> names, IReadOnlyList<string> own)
    {
        if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in node.EnumerateArray()) Walk(item, names, own);
        }
        else if (node.ValueKind == JsonValueKind.Object)
        {
            if (node.TryGetProperty("class", out var kind) && kind.ValueEquals("COLUMN_REF") && node.TryGetProperty("column_names", out var path))
            {
                if (own.Contains(path[0].GetString()!, StringComparer.OrdinalIgnoreCase)) return;
                var name = path[path.GetArrayLength() - 1].GetString()!;
                if (!names.Contains(name, StringComparer.OrdinalIgnoreCase)) names.Add(name);
                return;
            }

            if (kind.ValueKind == JsonValueKind.String && kind.ValueEquals("STAR")) throw new DuckDbException("It holds * or columns(); name the columns instead.");
            var lambdas = kind.ValueKind == JsonValueKind.String && kind.ValueEquals("FUNCTION") && Lambdas.Contains(node.GetProperty("function_name").GetString()!);
            foreach (var property in node.EnumerateObject())
            {
                if (!lambdas || !property.NameEquals("children")) Walk(property.Value, names, own);
                else foreach (var argument in property.Value.EnumerateArray()) Argument(argument, names, own);
            }
        }
    }

    private static void Argument(JsonElement argument, List<string> names, IReadOnlyList<string> own)
    {
        if (!argument.GetProperty("class").ValueEquals("LAMBDA"))
        {
            Walk(argument, names, own);
            return;
        }

        var named = new List<string>();
        Walk(argument.GetProperty("lhs"), named, []);
        Walk(argument.GetProperty("expr"), names, [.. own, .. named]);
    }
}
