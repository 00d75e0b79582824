using System.Text.Json.Nodes;

namespace Flyball.Models.Features.Compilation;

/// <summary>A node of DuckDB's parse tree, with its children in the order of evaluation.</summary>
internal sealed class SqlNode(JsonNode json, string kind, string type, string name, IReadOnlyList<SqlNode> children)
{
    public JsonNode Json { get; } = json;

    /// <summary>The tree's own word for what it is: COLUMN_REF, CONSTANT, FUNCTION, COMPARISON, CONJUNCTION, OPERATOR, CASE, CAST, BETWEEN, COLLATE, LAMBDA.</summary>
    public string Kind { get; } = kind;

    /// <summary>Which one of its kind, such as COMPARE_EQUAL.</summary>
    public string Type { get; } = type;

    /// <summary>Of a column or function; lower case for functions.</summary>
    public string Name { get; } = name;

    public IReadOnlyList<SqlNode> Children { get; } = children;

    public bool IsConstant { get; } = kind != "COLUMN_REF" && children.All(child => child.IsConstant);

    /// <summary>What DuckDB binds it to; set before compilation.</summary>
    public SqlType Bound { get; set; }

    /// <summary>The value of a node that reads no column; set before compilation.</summary>
    public Value Constant { get; set; }

    public IEnumerable<SqlNode> WithDescendants() => Children.SelectMany(child => child.WithDescendants()).Prepend(this);

    /// <summary>The columns that it names, in order, each once; spelled as the schema does where there is one.</summary>
    public IReadOnlyList<string> ColumnNames(RowSchema? schema = null) =>
    [
        .. WithDescendants().Where(node => node.Kind == "COLUMN_REF")
            .Select(node => schema is not null && schema.TryFind(node.Name, out var place) ? schema.Columns[place].Name : node.Name).Distinct(StringComparer.OrdinalIgnoreCase),
    ];
}
