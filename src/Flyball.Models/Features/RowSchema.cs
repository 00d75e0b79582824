using System.Diagnostics.CodeAnalysis;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features;

/// <summary>A column of a request's row.</summary>
public sealed record RowColumn(string Name, ValueKind Kind, string SqlType)
{
    internal DuckDbType Type { get; init; }

    internal int Width { get; init; }

    internal int Scale { get; init; }
}

/// <summary>The columns of a request's row, in order. SQL finds them without case, as it does; the fields of a row are found with it, since rows become training data as they are.</summary>
public sealed class RowSchema
{
    private readonly Dictionary<string, int> places = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;

    /// <summary>From names and DuckDB type names such as <c>BIGINT</c> or <c>DECIMAL(10,2)</c>.</summary>
    /// <exception cref="ArgumentException">Two columns have one name, or a type has no place in a request's row.</exception>
    public RowSchema(IReadOnlyList<InputColumn> columns)
    {
        var read = new RowColumn[columns.Count];
        for (var i = 0; i < read.Length; i++)
        {
            if (!places.TryAdd(columns[i].Name, i)) throw new ArgumentException($"Two columns are called {columns[i].Name}.", nameof(columns));
            read[i] = Column(columns[i]);
        }

        Columns = read;
        lookup = places.ToDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public IReadOnlyList<RowColumn> Columns { get; }

    /// <summary>Whether a column of this DuckDB type can be given in a request's row; lists and structs cannot.</summary>
    public static bool Takes(string sqlType) => TryType(sqlType, out _, out _, out _);

    /// <summary>Place of a column.</summary>
    public bool TryFind(string name, out int place) => places.TryGetValue(name, out place);

    internal bool TryFind(ReadOnlySpan<char> name, out int place) => lookup.TryGetValue(name, out place);

    /// <summary>A relation of one row of nulls with these columns, to bind SQL against.</summary>
    internal string EmptyRelation => Columns.Count == 0 ? "(select 1)" : $"(select {string.Join(", ", Columns.Select(column => $"cast(null as {column.SqlType}) as {DuckDbText.Quote(column.Name)}"))})";

    /// <summary>A relation of one row whose values are parameters.</summary>
    internal string ParameterRelation => Columns.Count == 0 ? "(select 1)" : $"(select {string.Join(", ", Columns.Select((column, i) => $"cast(${i + 1} as {column.SqlType}) as {DuckDbText.Quote(column.Name)}"))})";

    private static RowColumn Column(InputColumn column)
    {
        if (!TryType(column.Type, out var type, out var width, out var scale)) throw new ArgumentException($"Column {column.Name}: a {column.Type} cannot be given in a request's row.");
        var kind = type switch
        {
            DuckDbType.Boolean => ValueKind.Boolean,
            DuckDbType.Date => ValueKind.Date,
            DuckDbType.Decimal => ValueKind.Decimal,
            DuckDbType.Float or DuckDbType.Double => ValueKind.Number,
            DuckDbType.Varchar or DuckDbType.Enum or DuckDbType.Uuid => ValueKind.Text,
            DuckDbType.Timestamp or DuckDbType.TimestampTz or DuckDbType.TimestampS or DuckDbType.TimestampMs or DuckDbType.TimestampNs => ValueKind.Timestamp,
            _ => ValueKind.Integer,
        };
        return new RowColumn(column.Name, kind, column.Type) { Type = type, Width = width, Scale = scale };
    }

    [SuppressMessage("Globalization", "CA1308:Normalize strings to uppercase", Justification = "A table of names.")]
    private static bool TryType(string name, out DuckDbType type, out int width, out int scale)
    {
        (type, width, scale) = (DuckDbType.Invalid, 0, 0);
        var upper = name.Trim().ToUpperInvariant();
        if (upper.EndsWith(']')) return false;
        if (upper.StartsWith("DECIMAL(", StringComparison.Ordinal) || upper.StartsWith("NUMERIC(", StringComparison.Ordinal))
        {
            var sizes = upper[8..^1].Split(',');
            type = DuckDbType.Decimal;
            return sizes.Length == 2 && int.TryParse(sizes[0], out width) && int.TryParse(sizes[1], out scale);
        }

        type = upper switch
        {
            "BOOLEAN" or "BOOL" => DuckDbType.Boolean,
            "TINYINT" => DuckDbType.TinyInt,
            "SMALLINT" => DuckDbType.SmallInt,
            "INTEGER" or "INT" => DuckDbType.Integer,
            "BIGINT" or "LONG" => DuckDbType.BigInt,
            "UTINYINT" => DuckDbType.UTinyInt,
            "USMALLINT" => DuckDbType.USmallInt,
            "UINTEGER" => DuckDbType.UInteger,
            "UBIGINT" => DuckDbType.UBigInt,
            "HUGEINT" => DuckDbType.HugeInt,
            "FLOAT" or "REAL" => DuckDbType.Float,
            "DOUBLE" => DuckDbType.Double,
            "VARCHAR" or "TEXT" or "STRING" => DuckDbType.Varchar,
            "UUID" => DuckDbType.Uuid,
            "DATE" => DuckDbType.Date,
            "TIMESTAMP" or "DATETIME" => DuckDbType.Timestamp,
            "TIMESTAMP_S" => DuckDbType.TimestampS,
            "TIMESTAMP_MS" => DuckDbType.TimestampMs,
            "TIMESTAMP_NS" => DuckDbType.TimestampNs,
            "TIMESTAMP WITH TIME ZONE" or "TIMESTAMPTZ" => DuckDbType.TimestampTz,
            _ when upper.StartsWith("ENUM(", StringComparison.Ordinal) => DuckDbType.Enum,
            _ => DuckDbType.Invalid,
        };
        return type != DuckDbType.Invalid;
    }
}
