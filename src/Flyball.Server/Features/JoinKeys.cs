namespace Flyball.Server.Features;

/// <summary>Keys of two types as values that are equal where the keys are: whole numbers of any width, whole numbers that were written as fractions, texts and enumerations.</summary>
internal static class JoinKeys
{
    /// <summary>The type of a column without any value.</summary>
    public const string NoType = "\"NULL\"";

    private static readonly string[] Narrow = ["TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "BIGINT"];

    /// <summary>SQL of both keys, or null where values of these types are never the same.</summary>
    public static (string Entity, string View)? Agree(string entity, string entityType, string view, string viewType)
    {
        if (IsNested(entityType) || IsNested(viewType)) return null;
        if (entityType == viewType) return (entity, view);
        if (entityType == NoType) return ($"cast({entity} as {viewType})", view);
        if (viewType == NoType) return (entity, $"cast({view} as {entityType})");
        var common = (KindOf(entityType), KindOf(viewType)) switch
        {
            (Kind.Narrow, Kind.Narrow) => "bigint",
            (Kind.Narrow, Kind.Fraction) or (Kind.Fraction, Kind.Narrow) => "bigint",
            (Kind.Narrow or Kind.Wide or Kind.Fraction, Kind.Narrow or Kind.Wide) or (Kind.Wide, Kind.Fraction) => "hugeint",
            (Kind.Fraction, Kind.Fraction) => "double",
            (Kind.Text, Kind.Text) => "varchar",
            _ => null,
        };
        return common is null ? null : (As(entity, entityType, common), As(view, viewType, common));
    }

    /// <summary>What holds other values is no key.</summary>
    public static bool IsNested(string type) => type.EndsWith(']') || type.StartsWith("STRUCT(", StringComparison.Ordinal) || type.StartsWith("MAP(", StringComparison.Ordinal) || type.StartsWith("UNION(", StringComparison.Ordinal);

    private static string As(string key, string type, string common) =>
        // a fraction would be rounded to the key of another
        KindOf(type) == Kind.Fraction && common != "double" ? $"case when {key} = trunc({key}) then try_cast({key} as {common}) end" : $"try_cast({key} as {common})";

    private static Kind KindOf(string type) => type switch
    {
        _ when Narrow.Contains(type) => Kind.Narrow,
        "UBIGINT" or "HUGEINT" or "UHUGEINT" => Kind.Wide,
        _ when type.StartsWith("DECIMAL(", StringComparison.Ordinal) && type.EndsWith(",0)", StringComparison.Ordinal) => Kind.Wide,
        "FLOAT" or "DOUBLE" => Kind.Fraction,
        "VARCHAR" => Kind.Text,
        _ when type.StartsWith("ENUM(", StringComparison.Ordinal) => Kind.Text,
        _ => Kind.Other,
    };

    private enum Kind { Other, Narrow, Wide, Fraction, Text }
}
