using System.Collections.Concurrent;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>What a feature's expression may be made of: columns of its row, and functions that answer the same for the same row, always.</summary>
internal static class SqlRules
{
    /// <summary>Functions that DuckDB calls consistent although they read the session or the clock.</summary>
    private static readonly HashSet<string> OfTheSession = new(["current_setting", "getvariable", "getenv", "current_localtimestamp", "current_localtime", "version"], StringComparer.Ordinal);

    private static readonly string[] InMacros = ["current_", "unnest", "select", "now("];

    /// <summary>The engine's functions do not change while it runs; null is a function without objection.</summary>
    private static readonly ConcurrentDictionary<string, string?> Objections = new(StringComparer.Ordinal);

    /// <exception cref="SqlRefusedException">It holds something else.</exception>
    public static void Check(SqlNode tree, RowSchema schema, DuckDbConnection duck)
    {
        foreach (var node in tree.WithDescendants())
        {
            if (node.Kind == "COLUMN_REF" && !schema.TryFind(node.Name, out _)) throw new SqlRefusedException(Unknown(node.Name, schema));
        }

        CheckFunctions(tree, duck);
    }

    /// <exception cref="SqlRefusedException">A function is not one of its arguments alone.</exception>
    public static void CheckFunctions(SqlNode tree, DuckDbConnection duck)
    {
        foreach (var node in tree.WithDescendants())
        {
            if (node.Kind != "FUNCTION") continue;
            if (node.Name == "age" && node.Children.Count == 1) throw new SqlRefusedException("age() of one argument depends on the day it is asked");
            if (Objections.GetOrAdd(node.Name, static (name, duck) => Objection(name, duck), duck) is { } objection) throw new SqlRefusedException(objection);
        }
    }

    /// <summary>Binds the tree as DuckDB does; a second, plain column makes hidden aggregates fail.</summary>
    /// <exception cref="SqlRefusedException">DuckDB cannot bind it; the reason is DuckDB's own.</exception>
    public static DuckDbColumn Bind(SqlNode tree, RowSchema schema, DuckDbConnection duck)
    {
        try
        {
            var select = SqlTree.Select(duck, [tree, SqlTree.Parse(duck, "flyball_one")]);
            using var statement = duck.Prepare($"with {SqlTree.Row} as (select *, 1 as flyball_one from {schema.EmptyRelation}) {select}");
            return statement.Columns[0];
        }
        catch (DuckDbException error)
        {
            var line = error.Message.Split('\n')[0];
            throw new SqlRefusedException(line.Contains("GROUP BY", StringComparison.Ordinal) ? "it aggregates over rows; a feature is computed from its row alone" : line);
        }
    }

    private static string Unknown(string name, RowSchema schema) => name.StartsWith("current_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("local", StringComparison.OrdinalIgnoreCase)
        ? $"{name} depends on when it is asked; a feature of the same row must stay the same"
        : $"there is no column {name}; the row has {string.Join(", ", schema.Columns.Select(column => column.Name))}";

    private static string? Objection(string name, DuckDbConnection duck)
    {
        const string Changes = "answers differently each time; a feature of the same row must stay the same";
        if (OfTheSession.Contains(name)) return $"{name}() {Changes}";
        using var result = duck.Query("select function_type, stability, coalesce(macro_definition, '') from duckdb_functions() where function_name = ?", name);
        var found = result.Rows().Select(row => (Type: (string)row[0]!, Stability: row[1] as string, Macro: (string)row[2]!)).ToList();
        if (found.Exists(function => function.Type == "aggregate")) return $"{name}() aggregates over rows; a feature is computed from its row alone";
        if (found.Exists(function => function.Type == "scalar" && function.Stability != "CONSISTENT")) return $"{name}() {Changes}";
        if (found.Exists(function => function.Type == "macro" && InMacros.Any(part => function.Macro.Contains(part, StringComparison.OrdinalIgnoreCase)))) return $"{name}() {Changes}";
        if (found.Count > 0 && found.TrueForAll(function => function.Type is not ("scalar" or "macro"))) return $"{name}() is not a function of one row";
        return null;
    }
}
