using System.Runtime.CompilerServices;
using System.Text;

namespace Flyball.Native.DuckDb;

/// <summary>One column of a chunk. Spans point into the engine's memory and are valid until the next chunk is asked for.</summary>
public sealed unsafe class DuckDbVector
{
    private readonly DuckDbChunk chunk;
    private readonly nint vector;
    private readonly byte* data;
    private readonly ulong* validity;
    private readonly DuckDbVector?[] children;

    internal DuckDbVector(nint vector, DuckDbLogicalType type, int count, DuckDbChunk chunk)
    {
        this.chunk = chunk;
        this.vector = vector;
        Logical = type;
        Count = count;
        data = (byte*)DuckDbNative.VectorData(vector);
        validity = (ulong*)DuckDbNative.VectorValidity(vector);
        children = type.Children.Length == 0 ? [] : new DuckDbVector?[type.Children.Length + 1];
    }

    public int Count { get; }

    public DuckDbType Type => Logical.Id;

    internal DuckDbLogicalType Logical { get; }

    public bool IsNull(int row)
    {
        CheckRow(row);
        return validity is not null && (validity[row >> 6] >> (row & 63) & 1) == 0;
    }

    /// <summary>A bit per row, 64 to a word from the lowest on, set where there is a value; empty where no row is null.</summary>
    public ReadOnlySpan<ulong> Validity
    {
        get
        {
            CheckAlive();
            return validity is null ? [] : new ReadOnlySpan<ulong>(validity, (Count + 63) >> 6);
        }
    }

    /// <summary>All values of a fixed-width type as they lie in memory; where a row is null the value is undefined. Dates are days, timestamps are counts of their unit since 1970.</summary>
    /// <exception cref="InvalidOperationException">The column's values are of another type.</exception>
    public ReadOnlySpan<T> Values<T>()
        where T : unmanaged
    {
        if (StoredAs(Logical.Stored) != typeof(T) && !(typeof(T) == typeof(byte) && Logical.Stored == DuckDbType.Boolean))
        {
            throw new InvalidOperationException($"A {Logical.SqlName} column holds {StoredAs(Logical.Stored)?.Name ?? "no fixed-width"} values, not {typeof(T).Name}.");
        }

        return Raw<T>();
    }

    /// <summary>The bytes of a text or blob.</summary>
    public ReadOnlySpan<byte> Utf8(int row)
    {
        CheckRow(row);
        if (!IsBytes) throw new InvalidOperationException($"A {Logical.SqlName} column holds no text: cast it to VARCHAR in the query.");
        // duckdb_string_t: 4 bytes of length, then 12 bytes of text or 4 of prefix and a pointer
        var text = data + ((long)row * 16);
        var length = *(int*)text;
        return new ReadOnlySpan<byte>(length <= 12 ? text + 4 : *(byte**)(text + 8), length);
    }

    /// <summary>The text of a VARCHAR, JSON or ENUM column.</summary>
    public string String(int row) => Type == DuckDbType.Enum ? Logical.Labels[(int)AsLong(row)] : Encoding.UTF8.GetString(Utf8(row));

    /// <summary>Any number (booleans are 0 and 1) as a double; null is NaN.</summary>
    /// <exception cref="InvalidOperationException">The column is not numeric.</exception>
    public double AsDouble(int row) => IsNull(row) ? double.NaN : DuckDbValues.Double(this, row);

    /// <summary>Any whole number, the stored count of a date or timestamp, or the code of an enum, as a long.</summary>
    /// <exception cref="InvalidOperationException">The row is null or the column holds no whole numbers.</exception>
    /// <exception cref="OverflowException">The value does not fit.</exception>
    public long AsLong(int row) => IsNull(row) ? throw new InvalidOperationException($"Row {row} is null.") : DuckDbValues.Long(this, row);

    /// <summary>Any whole number, or a decimal without its point, as 128 bits.</summary>
    /// <exception cref="InvalidOperationException">The row is null or the column holds neither.</exception>
    public Int128 Unscaled(int row) => IsNull(row) ? throw new InvalidOperationException($"Row {row} is null.") : DuckDbValues.Whole(this, row);

    /// <summary>
    /// The value as an object: numbers as their own types (HUGEINT as <see cref="Int128"/>), DATE as <see cref="DateOnly"/>, TIMESTAMP as <see cref="DateTime"/>
    /// (with time zone: UTC kind), TIME as <see cref="TimeSpan"/>, DECIMAL as decimal, LIST and ARRAY as object[], STRUCT as Dictionary by field, MAP as Dictionary by key,
    /// ENUM and INTERVAL as string, UUID as <see cref="Guid"/>, BLOB as byte[].
    /// </summary>
    public object? Value(int row) => IsNull(row) ? null : DuckDbValues.Box(this, row);

    /// <summary>Where the elements of a LIST or ARRAY row lie in <see cref="Child"/>.</summary>
    public (int Offset, int Length) List(int row)
    {
        CheckRow(row);
        if (Type == DuckDbType.Array) return (row * Logical.Length, Logical.Length);
        if (Type is not (DuckDbType.List or DuckDbType.Map)) throw new InvalidOperationException($"A {Logical.SqlName} column holds no lists.");
        var entry = (ulong*)data + ((long)row * 2);
        return ((int)entry[0], (int)entry[1]);
    }

    /// <summary>The elements of a LIST or ARRAY (index 0), the keys and values of a MAP (0, 1), or a field of a STRUCT.</summary>
    public DuckDbVector Child(int index = 0)
    {
        CheckAlive();
        return children[index] ??= Type switch
        {
            DuckDbType.List => new DuckDbVector(DuckDbNative.ListChild(vector), Logical.Children[0].Type, (int)DuckDbNative.ListSize(vector), chunk),
            DuckDbType.Array => new DuckDbVector(DuckDbNative.ArrayChild(vector), Logical.Children[0].Type, Count * Logical.Length, chunk),
            DuckDbType.Map => new DuckDbVector(DuckDbNative.StructChild(DuckDbNative.ListChild(vector), (ulong)index), Logical.Children[index].Type, (int)DuckDbNative.ListSize(vector), chunk),
            DuckDbType.Union => new DuckDbVector(DuckDbNative.StructChild(vector, (ulong)index), index == 0 ? Tag : Logical.Children[index - 1].Type, Count, chunk),
            DuckDbType.Struct => new DuckDbVector(DuckDbNative.StructChild(vector, (ulong)index), Logical.Children[index].Type, Count, chunk),
            _ => throw new InvalidOperationException($"A {Logical.SqlName} column has no parts."),
        };
    }

    internal ReadOnlySpan<T> Raw<T>()
        where T : unmanaged
    {
        CheckAlive();
        return new ReadOnlySpan<T>(data, Count);
    }

    private static readonly DuckDbLogicalType Tag = DuckDbLogicalType.Plain(DuckDbType.UTinyInt);

    private bool IsBytes => Type is DuckDbType.Varchar or DuckDbType.Blob or DuckDbType.Bit or DuckDbType.BigNum or DuckDbType.Geometry;

    private static Type? StoredAs(DuckDbType type) => type switch
    {
        DuckDbType.Boolean => typeof(bool),
        DuckDbType.TinyInt => typeof(sbyte),
        DuckDbType.SmallInt => typeof(short),
        DuckDbType.Integer or DuckDbType.Date => typeof(int),
        DuckDbType.BigInt or DuckDbType.Timestamp or DuckDbType.TimestampS or DuckDbType.TimestampMs or DuckDbType.TimestampNs or DuckDbType.TimestampTz => typeof(long),
        DuckDbType.Time or DuckDbType.TimeNs => typeof(long),
        DuckDbType.UTinyInt => typeof(byte),
        DuckDbType.USmallInt => typeof(ushort),
        DuckDbType.UInteger => typeof(uint),
        DuckDbType.UBigInt or DuckDbType.TimeTz => typeof(ulong),
        DuckDbType.Float => typeof(float),
        DuckDbType.Double => typeof(double),
        DuckDbType.HugeInt or DuckDbType.Uuid => typeof(Int128),
        DuckDbType.UHugeInt => typeof(UInt128),
        _ => null,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CheckRow(int row)
    {
        CheckAlive();
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
    }

    /// <summary>Reading a freed chunk would read foreign memory.</summary>
    private void CheckAlive() => ObjectDisposedException.ThrowIf(chunk.IsGone, chunk);
}
