using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Flyball.Native.DuckDb;

/// <summary>Single values out of vectors.</summary>
internal static class DuckDbValues
{
    public static double Double(DuckDbVector vector, int row) => vector.Type switch
    {
        DuckDbType.Double => vector.Raw<double>()[row],
        DuckDbType.Float => vector.Raw<float>()[row],
        DuckDbType.Decimal => Scaled(Whole(vector, row), vector.Logical.Scale),
        DuckDbType.UHugeInt => (double)vector.Raw<UInt128>()[row],
        DuckDbType.HugeInt => (double)Whole(vector, row),
        DuckDbType.UBigInt => vector.Raw<ulong>()[row],
        DuckDbType.Boolean or DuckDbType.TinyInt or DuckDbType.SmallInt or DuckDbType.Integer or DuckDbType.BigInt
            or DuckDbType.UTinyInt or DuckDbType.USmallInt or DuckDbType.UInteger => (long)Whole(vector, row),
        _ => throw new InvalidOperationException($"A {vector.Logical.SqlName} column holds no numbers."),
    };

    public static long Long(DuckDbVector vector, int row) => vector.Type switch
    {
        DuckDbType.Decimal when vector.Logical.Scale > 0 => throw new InvalidOperationException($"A {vector.Logical.SqlName} column holds no whole numbers."),
        DuckDbType.UHugeInt => checked((long)vector.Raw<UInt128>()[row]),
        _ => checked((long)Whole(vector, row)),
    };

    public static object Box(DuckDbVector vector, int row)
    {
        var type = vector.Logical;
        switch (type.Id)
        {
            case DuckDbType.Boolean: return vector.Raw<byte>()[row] != 0;
            case DuckDbType.TinyInt: return vector.Raw<sbyte>()[row];
            case DuckDbType.SmallInt: return vector.Raw<short>()[row];
            case DuckDbType.Integer: return vector.Raw<int>()[row];
            case DuckDbType.BigInt: return vector.Raw<long>()[row];
            case DuckDbType.UTinyInt: return vector.Raw<byte>()[row];
            case DuckDbType.USmallInt: return vector.Raw<ushort>()[row];
            case DuckDbType.UInteger: return vector.Raw<uint>()[row];
            case DuckDbType.UBigInt: return vector.Raw<ulong>()[row];
            case DuckDbType.HugeInt: return vector.Raw<Int128>()[row];
            case DuckDbType.UHugeInt: return vector.Raw<UInt128>()[row];
            case DuckDbType.Float: return vector.Raw<float>()[row];
            case DuckDbType.Double: return vector.Raw<double>()[row];
            case DuckDbType.Decimal: return Decimal(Whole(vector, row), type.Scale);
            case DuckDbType.Varchar or DuckDbType.Enum: return vector.String(row);
            case DuckDbType.Blob or DuckDbType.Geometry: return vector.Utf8(row).ToArray();
            case DuckDbType.Date: return DuckDbTime.Date(vector.Raw<int>()[row]);
            case DuckDbType.Timestamp: return DuckDbTime.Time(vector.Raw<long>()[row], DateTimeKind.Unspecified);
            case DuckDbType.TimestampTz: return DuckDbTime.Time(vector.Raw<long>()[row], DateTimeKind.Utc);
            case DuckDbType.TimestampS: return DuckDbTime.Time(Micros(vector.Raw<long>()[row], 1_000_000), DateTimeKind.Unspecified);
            case DuckDbType.TimestampMs: return DuckDbTime.Time(Micros(vector.Raw<long>()[row], 1_000), DateTimeKind.Unspecified);
            case DuckDbType.TimestampNs: return FromNanos(vector.Raw<long>()[row]);
            case DuckDbType.Time: return TimeSpan.FromTicks(vector.Raw<long>()[row] * 10);
            case DuckDbType.TimeNs: return TimeSpan.FromTicks(vector.Raw<long>()[row] / 100);
            case DuckDbType.TimeTz: return ZonedTime(vector.Raw<ulong>()[row]);
            case DuckDbType.Interval: return Interval(vector.Raw<Int128>()[row]);
            case DuckDbType.Uuid: return Uuid(vector.Raw<Int128>()[row]);
            case DuckDbType.Bit: return Bits(vector.Utf8(row));
            case DuckDbType.BigNum: return BigNumber(vector.Utf8(row));
            case DuckDbType.List or DuckDbType.Array: return Elements(vector, row);
            case DuckDbType.Map: return Entries(vector, row);
            case DuckDbType.Struct: return Fields(vector, row);
            case DuckDbType.Union: return vector.Child(1 + vector.Child(0).Raw<byte>()[row]).Value(row)!;
            default: throw new InvalidOperationException($"A value of type {type.SqlName} cannot be read: cast it in the query.");
        }
    }

    /// <summary>Converts between the number types, which the engine chooses by its own rules (a sum of integers is a HUGEINT).</summary>
    public static T To<T>(object? value)
    {
        if (value is T same) return same;
        if (value is null) return default(T) is null ? default! : throw new InvalidOperationException("The query answered null.");
        var type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        object converted = value switch
        {
            Int128 huge when type == typeof(double) => (double)huge,
            Int128 huge => Convert.ChangeType((decimal)huge, type, CultureInfo.InvariantCulture),
            UInt128 huge when type == typeof(double) => (double)huge,
            UInt128 huge => Convert.ChangeType((decimal)huge, type, CultureInfo.InvariantCulture),
            DateTime time when type == typeof(DateTimeOffset) => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
            DateOnly date when type == typeof(DateTime) => date.ToDateTime(TimeOnly.MinValue),
            Guid id when type == typeof(string) => id.ToString(),
            _ when type == typeof(Int128) => (Int128)Convert.ToDecimal(value, CultureInfo.InvariantCulture),
            _ => Convert.ChangeType(value, type, CultureInfo.InvariantCulture),
        };
        return (T)converted;
    }

    public static Int128 Whole(DuckDbVector vector, int row) => vector.Logical.Stored switch
    {
        DuckDbType.Boolean => vector.Raw<byte>()[row] != 0 ? 1 : 0,
        DuckDbType.TinyInt => vector.Raw<sbyte>()[row],
        DuckDbType.SmallInt => vector.Raw<short>()[row],
        DuckDbType.Integer or DuckDbType.Date => vector.Raw<int>()[row],
        DuckDbType.BigInt or DuckDbType.Timestamp or DuckDbType.TimestampS or DuckDbType.TimestampMs or DuckDbType.TimestampNs or DuckDbType.TimestampTz
            or DuckDbType.Time or DuckDbType.TimeNs => vector.Raw<long>()[row],
        DuckDbType.UTinyInt => vector.Raw<byte>()[row],
        DuckDbType.USmallInt => vector.Raw<ushort>()[row],
        DuckDbType.UInteger => vector.Raw<uint>()[row],
        DuckDbType.UBigInt => vector.Raw<ulong>()[row],
        DuckDbType.HugeInt => vector.Raw<Int128>()[row],
        _ => throw new InvalidOperationException($"A {vector.Logical.SqlName} column holds no whole numbers."),
    };

    /// <summary>As the engine casts: exact numerators divide once, larger ones are split into whole and fraction.</summary>
    private static double Scaled(Int128 unscaled, int scale)
    {
        var power = Power(scale);
        if (scale == 0 || Int128.Abs(unscaled) <= 1L << 53) return (double)unscaled / (double)power;
        var (whole, rest) = Int128.DivRem(unscaled, power);
        return (double)whole + ((double)rest / (double)power);
    }

    private static decimal Decimal(Int128 unscaled, int scale)
    {
        // 96 bits and 28 places are what a decimal has; digits beyond are rounded away
        var most = (Int128.One << 96) - 1;
        while (scale > 28 || (scale > 0 && Int128.Abs(unscaled) > most))
        {
            var (quotient, rest) = Int128.DivRem(unscaled, 10);
            unscaled = quotient + (rest >= 5 ? 1 : rest <= -5 ? -1 : 0);
            scale--;
        }

        var magnitude = Int128.Abs(unscaled);
        if (magnitude > most) throw new OverflowException("A DECIMAL of more than 28 digits before the point does not fit a decimal.");
        return new decimal((int)(uint)(magnitude & uint.MaxValue), (int)(uint)(magnitude >> 32 & uint.MaxValue), (int)(uint)(magnitude >> 64), unscaled < 0, (byte)scale);
    }

    private static Int128 Power(int scale)
    {
        Int128 power = 1;
        for (var i = 0; i < scale; i++) power *= 10;
        return power;
    }

    private static long Micros(long count, long perUnit) => count is long.MaxValue or -long.MaxValue ? count : checked(count * perUnit);

    private static DateTime FromNanos(long nanos)
    {
        if (nanos is long.MaxValue or -long.MaxValue) return DuckDbTime.Time(nanos, DateTimeKind.Unspecified);
        return DateTime.SpecifyKind(DateTime.UnixEpoch.AddTicks((long)Math.Floor(nanos / 100m)), DateTimeKind.Unspecified);
    }

    private static string ZonedTime(ulong bits)
    {
        const int LargestOffset = (16 * 3600) - 1;
        var time = TimeSpan.FromTicks((long)(bits >> 24) * 10);
        var offset = TimeSpan.FromSeconds(LargestOffset - (int)(bits & 0xFFFFFF));
        return $"{time:c}{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm}";
    }

    /// <summary>ISO 8601 duration of the three independent parts: months, days, microseconds.</summary>
    private static string Interval(Int128 raw)
    {
        var months = (int)(uint)(raw & uint.MaxValue);
        var days = (int)(uint)(raw >> 32 & uint.MaxValue);
        var micros = (long)(raw >> 64);
        var text = new StringBuilder("P");
        if (months != 0) text.Append(months).Append('M');
        if (days != 0) text.Append(days).Append('D');
        if (micros != 0 || text.Length == 1) text.Append('T').Append((micros / 1_000_000m).ToString("0.######", CultureInfo.InvariantCulture)).Append('S');
        return text.ToString();
    }

    private static Guid Uuid(Int128 raw)
    {
        // the engine flips the top bit so that ids sort as signed numbers
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(bytes, raw);
        bytes[0] ^= 0x80;
        return new Guid(bytes, bigEndian: true);
    }

    private static string Bits(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        for (var i = bytes[0]; i < (bytes.Length - 1) * 8; i++) text.Append((bytes[1 + (i / 8)] >> (7 - (i % 8)) & 1) == 1 ? '1' : '0');
        return text.ToString();
    }

    private static BigInteger BigNumber(ReadOnlySpan<byte> bytes)
    {
        var negative = (bytes[0] & 0x80) == 0;
        var magnitude = bytes[3..].ToArray();
        if (negative)
        {
            for (var i = 0; i < magnitude.Length; i++) magnitude[i] = (byte)~magnitude[i];
        }

        var value = new BigInteger(magnitude, isUnsigned: true, isBigEndian: true);
        return negative ? -value : value;
    }

    private static object?[] Elements(DuckDbVector vector, int row)
    {
        var (offset, length) = vector.List(row);
        var child = vector.Child();
        var elements = new object?[length];
        for (var i = 0; i < length; i++) elements[i] = child.Value(offset + i);
        return elements;
    }

    private static Dictionary<object, object?> Entries(DuckDbVector vector, int row)
    {
        var (offset, length) = vector.List(row);
        var entries = new Dictionary<object, object?>(length);
        for (var i = offset; i < offset + length; i++) entries[vector.Child(0).Value(i)!] = vector.Child(1).Value(i);
        return entries;
    }

    private static Dictionary<string, object?> Fields(DuckDbVector vector, int row)
    {
        var children = vector.Logical.Children;
        var fields = new Dictionary<string, object?>(children.Length, StringComparer.Ordinal);
        for (var i = 0; i < children.Length; i++) fields[children[i].Name] = vector.Child(i).Value(row);
        return fields;
    }
}
