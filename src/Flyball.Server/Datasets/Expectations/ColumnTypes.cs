namespace Flyball.Server.Datasets;

/// <summary>What other tools call the types of columns.</summary>
internal static class ColumnTypes
{
    /// <summary>Names in pandas, NumPy, Python, SQLAlchemy and Spark.</summary>
    private static readonly Dictionary<string, string[]> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["TINYINT"] = ["int8", "ByteType", "INT1"],
        ["SMALLINT"] = ["int16", "ShortType", "INT2", "SmallInteger"],
        ["INTEGER"] = ["int32", "IntegerType", "INT", "INT4"],
        ["BIGINT"] = ["int64", "int", "LongType", "INT8", "BigInteger", "long"],
        ["UTINYINT"] = ["uint8"],
        ["USMALLINT"] = ["uint16"],
        ["UINTEGER"] = ["uint32"],
        ["UBIGINT"] = ["uint64"],
        ["FLOAT"] = ["float32", "FloatType", "REAL", "FLOAT4"],
        ["DOUBLE"] = ["float64", "float", "DoubleType", "DOUBLE_PRECISION", "DOUBLE PRECISION", "FLOAT8", "Numeric"],
        ["BOOLEAN"] = ["bool", "bool_", "BooleanType", "LOGICAL"],
        ["VARCHAR"] = ["str", "string", "object", "StringType", "TEXT", "CHAR", "STRING", "NVARCHAR", "Unicode"],
        ["DATE"] = ["date", "DateType", "datetime.date"],
        ["TIMESTAMP"] = ["datetime64", "datetime64[ns]", "datetime64[us]", "datetime", "DATETIME", "TimestampType", "Timestamp", "TIMESTAMP WITHOUT TIME ZONE"],
        ["TIMESTAMP WITH TIME ZONE"] = ["TIMESTAMPTZ", "datetime64[ns, UTC]", "datetime64[us, UTC]", "TimestampType"],
        ["TIME"] = ["time", "datetime.time"],
        ["BLOB"] = ["bytes", "BinaryType", "BYTEA", "VARBINARY", "LargeBinary"],
    };

    public static bool IsNumeric(Column column) =>
        column.Type is "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "HUGEINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "UHUGEINT" or "FLOAT" or "DOUBLE"
        || (column.Type.StartsWith("DECIMAL(", StringComparison.Ordinal) && column.Type.EndsWith(')'));

    /// <summary>Whether a column of a type of the engine is of a type by whatever name; the precision of a DECIMAL need not be named.</summary>
    public static bool IsA(string type, string name)
    {
        name = name.Trim();
        if (type.Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
        var bare = type.IndexOf('(', StringComparison.Ordinal) is > 0 and var at ? type[..at] : type;
        if (bare == "DECIMAL") return name.ToUpperInvariant() is "DECIMAL" or "NUMERIC" or "DECIMALTYPE";
        if (bare is "TIMESTAMP_S" or "TIMESTAMP_MS" or "TIMESTAMP_NS") bare = "TIMESTAMP";
        return name.Equals(bare, StringComparison.OrdinalIgnoreCase) || (Names.TryGetValue(bare, out var names) && names.Contains(name, StringComparer.Ordinal));
    }
}
