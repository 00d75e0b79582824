using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>Reads one scalar expression into a tree, with DuckDB as the parser.</summary>
internal static class SqlTree
{
    /// <summary>The relation that trees are bound against.</summary>
    public const string Row = "flyball_row";

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2000 };

    /// <exception cref="SqlRefusedException">It is not exactly one scalar expression over plain columns.</exception>
    public static SqlNode Parse(DuckDbConnection duck, string sql)
    {
        if (string.IsNullOrWhiteSpace(sql) || sql.Contains('\0', StringComparison.Ordinal)) throw new SqlRefusedException("it is not SQL");
        var statement = Serialize(duck, $"select {sql}\n");
        var node = statement["node"]!.AsObject();
        if ((string?)node["type"] != "SELECT_NODE") throw new SqlRefusedException("it is not one expression");
        if ((string?)node["from_table"]?["type"] != "EMPTY") throw new SqlRefusedException("it reads a table; a feature reads the columns of its row");
        var clauses = new[] { "where_clause", "having", "qualify", "sample" }.Any(clause => node[clause] is not null);
        var groups = node["group_expressions"] is JsonArray { Count: > 0 } || node["modifiers"] is JsonArray { Count: > 0 } || node["cte_map"]?["map"] is JsonArray { Count: > 0 };
        if (clauses || groups || node["select_list"] is not JsonArray { Count: 1 } list) throw new SqlRefusedException("it is not one expression");
        return Read(list[0]!, []);
    }

    /// <summary>SQL that selects these nodes from <see cref="Row"/>.</summary>
    public static string Select(DuckDbConnection duck, IEnumerable<SqlNode> nodes)
    {
        using var template = duck.Query($"select json_serialize_sql('select 1 from {Row}'::varchar)::varchar");
        var document = JsonNode.Parse(template.Scalar<string>(), null, Deep)!;
        document["statements"]![0]!["node"]!["select_list"] = new JsonArray([.. nodes.Select(node => Written(node.Json.DeepClone()))]);
        using var text = duck.Query("select json_deserialize_sql(?::json)", document.ToJsonString(new JsonSerializerOptions { MaxDepth = 2000 }));
        return text.Scalar<string>();
    }

    /// <summary>Written back as SQL, a floating-point literal would read as a decimal: it becomes a cast of its text.</summary>
    private static JsonNode Written(JsonNode node)
    {
        if (node is JsonArray array)
        {
            for (var i = 0; i < array.Count; i++)
            {
                if (array[i] is { } item && Written(item) is var written && written != item) array[i] = written;
            }
        }
        else if (node is JsonObject members)
        {
            if ((members["class"] as JsonValue)?.GetValue<string>() == "CONSTANT" && (string?)members["value"]?["type"]?["id"] == "DOUBLE" && members["value"]!["value"] is JsonValue number)
            {
                var literal = DuckDbText.Literal(((double)number).ToString("R", CultureInfo.InvariantCulture));
                return JsonNode.Parse($$$"""
                    {"class":"CAST","type":"OPERATOR_CAST","alias":"","child":{"class":"CONSTANT","type":"VALUE_CONSTANT","alias":"","value":{"type":{"id":"VARCHAR","type_info":null},"is_null":false,"value":"{{{literal[1..^1]}}}"}},
                    "cast_type":{"id":"DOUBLE","type_info":null},"try_cast":false}
                    """)!;
            }

            foreach (var (key, value) in members.ToList())
            {
                if (value is not null && Written(value) is var written && written != value) members[key] = written;
            }
        }

        return node;
    }

    private static JsonNode Serialize(DuckDbConnection duck, string sql)
    {
        using var result = duck.Query($"select json_serialize_sql({DuckDbText.Literal(sql)}::varchar)::varchar");
        var document = JsonNode.Parse(result.Scalar<string>(), null, Deep)!;
        if ((bool)document["error"]!)
        {
            var message = (string?)document["error_message"] ?? "it is not SQL";
            throw new SqlRefusedException(message.StartsWith("Only SELECT", StringComparison.Ordinal) ? "it is not one expression" : message);
        }

        return document["statements"] is JsonArray { Count: 1 } statements ? statements[0]! : throw new SqlRefusedException("it is not one expression");
    }

    private static SqlNode Read(JsonNode json, IReadOnlyCollection<string> lambdaNames)
    {
        var kind = (string)json["class"]!;
        var type = (string)json["type"]!;
        SqlNode Child(string key) => Read(json[key]!, lambdaNames);
        SqlNode[] Children() => [.. json["children"]!.AsArray().Select(child => Read(child!, lambdaNames))];
        SqlNode Of(string name, params IReadOnlyList<SqlNode> children) => new(json, kind, type, name, children);
        switch (kind)
        {
            case "COLUMN_REF":
                var path = json["column_names"]!.AsArray().Select(part => (string)part!).ToArray();
                // the parameter of a lambda is no column
                if (lambdaNames.Contains(path[0], StringComparer.OrdinalIgnoreCase)) return new SqlNode(json, "LAMBDA_REF", type, path[0], []);
                return path.Length == 1 ? Of(path[0]) : throw new SqlRefusedException($"it names {string.Join('.', path)}; a feature names columns without their table");
            case "CONSTANT":
                return Of("");
            case "FUNCTION":
                if (json["filter"] is not null || json["order_bys"]?["orders"] is JsonArray { Count: > 0 } || json["distinct"] is JsonValue distinct && (bool)distinct)
                {
                    throw new SqlRefusedException($"it aggregates with {(string)json["function_name"]!}");
                }

                return Of(((string)json["function_name"]!).ToLowerInvariant(), Children());
            case "COMPARISON":
                return Of("", Child("left"), Child("right"));
            case "CONJUNCTION" or "OPERATOR":
                return Of("", Children());
            case "CAST" or "COLLATE":
                return Of("", Child("child"));
            case "BETWEEN":
                return Of("", Child("input"), Child("lower"), Child("upper"));
            case "CASE":
                var checks = json["case_checks"]!.AsArray().SelectMany(check => (SqlNode[])[Read(check!["when_expr"]!, lambdaNames), Read(check["then_expr"]!, lambdaNames)]);
                return Of("", [.. checks, Child("else_expr")]);
            case "LAMBDA":
                return Lambda(json, kind, type, lambdaNames);
            case "SUBQUERY":
                throw new SqlRefusedException("it holds a subquery; a feature is computed from its row alone");
            case "WINDOW":
                throw new SqlRefusedException($"it holds the window function {(string?)json["function_name"]}; a feature is computed from its row alone");
            case "STAR":
                throw new SqlRefusedException("it holds *; a feature names its columns");
            case "PARAMETER":
                throw new SqlRefusedException("it holds a parameter");
            default:
                throw new SqlRefusedException($"it holds a {kind}");
        }
    }

    private static SqlNode Lambda(JsonNode json, string kind, string type, IReadOnlyCollection<string> outer)
    {
        IEnumerable<JsonNode> Parameters(JsonNode side) => (string?)side["class"] == "COLUMN_REF" ? [side] : side["children"]?.AsArray().Select(child => child!) ?? [];
        var names = Parameters(json["lhs"]!).SelectMany(side => side["column_names"]?.AsArray().Select(part => (string)part!) ?? []);
        return new SqlNode(json, kind, type, "", [Read(json["expr"]!, [.. outer, .. names])]);
    }
}

/// <summary>Why a text is not a feature's expression.</summary>
internal sealed class SqlRefusedException(string reason) : Exception(reason);
