using System.Globalization;

namespace Flyball.Native.DuckDb;

/// <summary>A type with everything needed to read values of it, copied out of the engine.</summary>
internal sealed class DuckDbLogicalType
{
    private static readonly string[] Names =
    [
        "INVALID", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "TIMESTAMP", "DATE",
        "TIME", "INTERVAL", "HUGEINT", "VARCHAR", "BLOB", "DECIMAL", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "ENUM", "LIST", "STRUCT", "MAP", "UUID", "UNION",
        "BIT", "TIME WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", "UHUGEINT", "ARRAY", "ANY", "BIGNUM", "\"NULL\"", "STRING_LITERAL", "INTEGER_LITERAL", "TIME_NS",
        "GEOMETRY", "VARIANT",
    ];

    public required DuckDbType Id { get; init; }

    public string? Alias { get; private init; }

    /// <summary>The type whose numbers lie in memory: differs from <see cref="Id"/> for decimals and enums.</summary>
    public DuckDbType Stored { get; private init; }

    public int Width { get; private init; }

    public int Scale { get; private init; }

    public int Length { get; private init; }

    public string[] Labels { get; private init; } = [];

    public (string Name, DuckDbLogicalType Type)[] Children { get; private init; } = [];

    public string SqlName => Alias ?? Id switch
    {
        DuckDbType.Decimal => string.Create(CultureInfo.InvariantCulture, $"DECIMAL({Width},{Scale})"),
        DuckDbType.List => $"{Children[0].Type.SqlName}[]",
        DuckDbType.Array => string.Create(CultureInfo.InvariantCulture, $"{Children[0].Type.SqlName}[{Length}]"),
        DuckDbType.Map => $"MAP({Children[0].Type.SqlName}, {Children[1].Type.SqlName})",
        DuckDbType.Struct => $"STRUCT({Members()})",
        DuckDbType.Union => $"UNION({Members()})",
        DuckDbType.Enum => $"ENUM({string.Join(", ", Labels.Select(DuckDbText.Literal))})",
        _ => (int)Id < Names.Length ? Names[(int)Id] : Id.ToString(),
    };

    public static DuckDbLogicalType Plain(DuckDbType id) => new() { Id = id, Stored = id };

    /// <summary>Copies a type out of the engine and frees the engine's own.</summary>
    public static DuckDbLogicalType Take(nint type)
    {
        try
        {
            return Copy(type);
        }
        finally
        {
            DuckDbNative.DestroyLogicalType(ref type);
        }
    }

    private static DuckDbLogicalType Copy(nint type)
    {
        var id = (DuckDbType)DuckDbNative.TypeId(type);
        return new DuckDbLogicalType
        {
            Id = id,
            Alias = DuckDbNative.TakeText(DuckDbNative.TypeAlias(type)),
            Stored = id switch
            {
                DuckDbType.Decimal => (DuckDbType)DuckDbNative.DecimalInternalType(type),
                DuckDbType.Enum => (DuckDbType)DuckDbNative.EnumInternalType(type),
                _ => id,
            },
            Width = id == DuckDbType.Decimal ? DuckDbNative.DecimalWidth(type) : 0,
            Scale = id == DuckDbType.Decimal ? DuckDbNative.DecimalScale(type) : 0,
            Length = id == DuckDbType.Array ? (int)DuckDbNative.ArraySize(type) : 0,
            Labels = id == DuckDbType.Enum ? LabelsOf(type) : [],
            Children = id switch
            {
                DuckDbType.List => [("", Take(DuckDbNative.ListChildType(type)))],
                DuckDbType.Array => [("", Take(DuckDbNative.ArrayChildType(type)))],
                DuckDbType.Map => [("key", Take(DuckDbNative.MapKeyType(type))), ("value", Take(DuckDbNative.MapValueType(type)))],
                DuckDbType.Struct => Named((int)DuckDbNative.StructCount(type), i => (DuckDbNative.StructName(type, i), DuckDbNative.StructType(type, i))),
                DuckDbType.Union => Named((int)DuckDbNative.UnionCount(type), i => (DuckDbNative.UnionName(type, i), DuckDbNative.UnionType(type, i))),
                _ => [],
            },
        };
    }

    private static string[] LabelsOf(nint type)
    {
        var labels = new string[DuckDbNative.EnumSize(type)];
        for (var i = 0; i < labels.Length; i++) labels[i] = DuckDbNative.TakeText(DuckDbNative.EnumValue(type, (ulong)i)) ?? "";
        return labels;
    }

    private static (string Name, DuckDbLogicalType Type)[] Named(int count, Func<ulong, (nint Name, nint Type)> child)
    {
        var children = new (string, DuckDbLogicalType)[count];
        for (var i = 0; i < count; i++)
        {
            var (name, type) = child((ulong)i);
            children[i] = (DuckDbNative.TakeText(name) ?? "", Take(type));
        }

        return children;
    }

    private string Members() => string.Join(", ", Children.Select(child => $"{DuckDbText.Quote(child.Name)} {child.Type.SqlName}"));
}
