using System.Text.Json;
using Flyball.Native.DuckDb;

namespace Flyball.Models;

/// <summary>Which columns a scalar SQL expression reads, from DuckDB's own parse tree.</summary>
public static class SqlColumns
{
    /// <summary>Names in the order of their first appearance, without duplicates.</summary>
    /// <exception cref="DuckDbException">The expression is not SQL.</exception>
    public static IReadOnlyList<string> Of(DuckDbConnection duck, string expression)
    {
        using var result = duck.Query($"select json_serialize_sql({DuckDbText.Literal("select " + expression)}::varchar)::varchar");
        using var tree = JsonDocument.Parse(result.Strings(0)[0]!);
        if (tree.RootElement.TryGetProperty("error", out var error) && error.GetBoolean())
        {
            throw new DuckDbException(tree.RootElement.GetProperty("error_message").GetString() ?? "not SQL");
        }

        var names = new List<string>();
        Walk(tree.RootElement, names);
        return names;
    }

    private static void Walk(JsonElement node, List<string> names)
    {
        if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in node.EnumerateArray()) Walk(item, names);
        }
        else if (node.ValueKind == JsonValueKind.Object)
        {
            if (node.TryGetProperty("class", out var kind) && kind.ValueEquals("COLUMN_REF") && node.TryGetProperty("column_names", out var path))
            {
                var name = path[path.GetArrayLength() - 1].GetString()!;
                if (!names.Contains(name, StringComparer.OrdinalIgnoreCase)) names.Add(name);
                return;
            }

            if (kind.ValueKind == JsonValueKind.String && kind.ValueEquals("STAR")) throw new DuckDbException("It holds * or columns(); name the columns instead.");
            foreach (var property in node.EnumerateObject()) Walk(property.Value, names);
        }
    }
}
