using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features;

/// <summary>A DuckDB type as far as compiled expressions know it.</summary>
internal readonly record struct SqlType(DuckDbType Id, int Width = 0, int Scale = 0)
{
    public static readonly SqlType Null = new(DuckDbType.SqlNull);
    public static readonly SqlType Boolean = new(DuckDbType.Boolean);
    public static readonly SqlType BigInt = new(DuckDbType.BigInt);
    public static readonly SqlType Double = new(DuckDbType.Double);
    public static readonly SqlType Varchar = new(DuckDbType.Varchar);
    public static readonly SqlType Timestamp = new(DuckDbType.Timestamp);

    public bool IsInteger => Id is DuckDbType.TinyInt or DuckDbType.SmallInt or DuckDbType.Integer or DuckDbType.BigInt or DuckDbType.UTinyInt or DuckDbType.USmallInt or DuckDbType.UInteger;

    public bool IsSigned => Id is DuckDbType.TinyInt or DuckDbType.SmallInt or DuckDbType.Integer or DuckDbType.BigInt;

    public bool IsFloating => Id is DuckDbType.Float or DuckDbType.Double;

    public bool IsDecimal => Id == DuckDbType.Decimal;

    public bool IsNumeric => IsInteger || IsFloating || IsDecimal;

    public bool IsMoment => Id is DuckDbType.Timestamp or DuckDbType.TimestampTz;

    /// <summary>Null where compiled expressions do not know the type.</summary>
    public ValueKind? Kind => Id switch
    {
        DuckDbType.SqlNull => ValueKind.Null,
        DuckDbType.Boolean => ValueKind.Boolean,
        DuckDbType.Varchar => ValueKind.Text,
        DuckDbType.Date => ValueKind.Date,
        DuckDbType.Decimal => ValueKind.Decimal,
        _ when IsMoment => ValueKind.Timestamp,
        _ when IsInteger => ValueKind.Integer,
        _ when IsFloating => ValueKind.Number,
        _ => null,
    };

    /// <summary>The whole numbers that fit.</summary>
    public (long Least, long Most) Range => Id switch
    {
        DuckDbType.TinyInt => (sbyte.MinValue, sbyte.MaxValue),
        DuckDbType.SmallInt => (short.MinValue, short.MaxValue),
        DuckDbType.Integer => (int.MinValue, int.MaxValue),
        DuckDbType.UTinyInt => (0, byte.MaxValue),
        DuckDbType.USmallInt => (0, ushort.MaxValue),
        DuckDbType.UInteger => (0, uint.MaxValue),
        _ => (long.MinValue, long.MaxValue),
    };

    public static SqlType Of(DuckDbColumn column)
    {
        // JSON and other named types keep their name but not their meaning
        if (column.Type == DuckDbType.Varchar && column.TypeName != "VARCHAR") return new SqlType(DuckDbType.Any);
        return column.Type == DuckDbType.Decimal ? Decimal(column.TypeName) : new SqlType(column.Type);
    }

    public override string ToString() => IsDecimal ? $"DECIMAL({Width},{Scale})" : Id.ToString().ToUpperInvariant();

    private static SqlType Decimal(string name)
    {
        var sizes = name[(name.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(',');
        return new SqlType(DuckDbType.Decimal, int.Parse(sizes[0], CultureInfo.InvariantCulture), int.Parse(sizes[1], CultureInfo.InvariantCulture));
    }
}
