using System.Globalization;
using System.Numerics;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>How the raw values of a column of numbers or times are read, and told as text. A number is raw × <paramref name="Times"/> / <paramref name="Over"/>.</summary>
/// <param name="Places">Decimal places.</param>
internal sealed record NumberReading(DuckDbType Type, ColumnKind Kind, double Times, double Over, int Width = 0, int Places = 0)
{
    /// <summary>From here on a raw value of 128 bits is told by the nearest double.</summary>
    private const double Widest = 9.2e18;

    /// <summary>Raw values are the bits of a double.</summary>
    public bool IsFloat => Type is DuckDbType.Float or DuckDbType.Double;

    /// <summary>Every value is a whole number.</summary>
    public bool IsWhole => Kind == ColumnKind.Number && !IsFloat && Places == 0;

    private bool IsWide => Type is DuckDbType.UBigInt or DuckDbType.HugeInt || Width > 18;

    public static NumberReading? Of(DuckDbColumn column) => column.Type switch
    {
        DuckDbType.TinyInt or DuckDbType.SmallInt or DuckDbType.Integer or DuckDbType.BigInt or DuckDbType.UTinyInt or DuckDbType.USmallInt or DuckDbType.UInteger or DuckDbType.UBigInt or DuckDbType.HugeInt
            or DuckDbType.Float or DuckDbType.Double => new NumberReading(column.Type, ColumnKind.Number, 1, 1),
        DuckDbType.Decimal => Decimal(column),
        DuckDbType.Date => new NumberReading(column.Type, ColumnKind.Time, 86_400, 1),
        DuckDbType.TimestampS => new NumberReading(column.Type, ColumnKind.Time, 1, 1),
        DuckDbType.TimestampMs => new NumberReading(column.Type, ColumnKind.Time, 1, 1e3),
        DuckDbType.Timestamp or DuckDbType.TimestampTz or DuckDbType.Time => new NumberReading(column.Type, ColumnKind.Time, 1, 1e6),
        DuckDbType.TimestampNs or DuckDbType.TimeNs => new NumberReading(column.Type, ColumnKind.Time, 1, 1e9),
        _ => null,
    };

    /// <summary>Reads a chunk: raw values by which two are told apart, and numbers, in which an infinite time is infinite. What stands for a null is undefined.</summary>
    public void Read(DuckDbVector vector, Span<long> raw, Span<double> numbers)
    {
        switch (Type)
        {
            case DuckDbType.TinyInt: Whole<sbyte>(vector, raw, numbers); break;
            case DuckDbType.SmallInt: Whole<short>(vector, raw, numbers); break;
            case DuckDbType.Decimal when Width <= 4: Whole<short>(vector, raw, numbers); break;
            case DuckDbType.Integer or DuckDbType.Date: Whole<int>(vector, raw, numbers); break;
            case DuckDbType.Decimal when Width <= 9: Whole<int>(vector, raw, numbers); break;
            case DuckDbType.UTinyInt: Whole<byte>(vector, raw, numbers); break;
            case DuckDbType.USmallInt: Whole<ushort>(vector, raw, numbers); break;
            case DuckDbType.UInteger: Whole<uint>(vector, raw, numbers); break;
            case DuckDbType.UBigInt: Wide<ulong>(vector, raw, numbers); break;
            case DuckDbType.HugeInt: Wide<Int128>(vector, raw, numbers); break;
            case DuckDbType.Decimal when Width > 18: Wide<Int128>(vector, raw, numbers); break;
            case DuckDbType.Float: Floating<float>(vector, raw, numbers); break;
            case DuckDbType.Double: Floating<double>(vector, raw, numbers); break;
            default: Whole<long>(vector, raw, numbers); break;
        }

        if (Type == DuckDbType.Date) Endless(raw, numbers, int.MaxValue);
        else if (Kind == ColumnKind.Time) Endless(raw, numbers, long.MaxValue);
    }

    public string Text(long raw, double number)
    {
        if (Kind == ColumnKind.Time) return Moment(raw, number);
        if (Type == DuckDbType.Float) return ((float)number).ToString("R", CultureInfo.InvariantCulture);
        if (IsFloat || (IsWide && Math.Abs(number) * Over >= Widest)) return number.ToString("R", CultureInfo.InvariantCulture);
        if (Places == 0) return raw.ToString(CultureInfo.InvariantCulture);
        var power = (Int128)Over;
        var (whole, rest) = Int128.DivRem(Int128.Abs(raw), power);
        return $"{(raw < 0 ? "-" : "")}{whole.ToString(CultureInfo.InvariantCulture)}.{rest.ToString(CultureInfo.InvariantCulture).PadLeft(Places, '0')}";
    }

    /// <summary>A time as the engine writes it.</summary>
    private string Moment(long raw, double number)
    {
        if (double.IsInfinity(number)) return number > 0 ? "infinity" : "-infinity";
        var ticks = Type switch
        {
            DuckDbType.Date => (Int128)raw * TimeSpan.TicksPerDay,
            DuckDbType.TimestampS => (Int128)raw * TimeSpan.TicksPerSecond,
            DuckDbType.TimestampMs => (Int128)raw * TimeSpan.TicksPerMillisecond,
            DuckDbType.TimestampNs or DuckDbType.TimeNs => (Int128)raw / 100,
            _ => (Int128)raw * 10,
        };
        if (Type is DuckDbType.Time or DuckDbType.TimeNs) return new TimeSpan((long)ticks).ToString(@"hh\:mm\:ss\.FFFFFFF", CultureInfo.InvariantCulture).TrimEnd('.');
        // the calendar repeats every 400 years, also before its first and after its last that a DateTime knows
        ticks += DateTime.UnixEpoch.Ticks;
        var cycle = (Int128)146_097 * TimeSpan.TicksPerDay;
        var (cycles, within) = Int128.DivRem(ticks, cycle);
        if (within < 0) (cycles, within) = (cycles - 1, within + cycle);
        var at = new DateTime((long)within, DateTimeKind.Unspecified);
        var year = at.Year + (400 * (long)cycles);
        var day = string.Create(CultureInfo.InvariantCulture, $"{(year > 0 ? year : 1 - year):0000}-{at:MM-dd}{(year > 0 ? "" : " (BC)")}");
        return Type == DuckDbType.Date ? day : string.Create(CultureInfo.InvariantCulture, $"{day} {at:HH:mm:ss.FFFFFFF}{(Type == DuckDbType.TimestampTz ? "+00" : "")}");
    }

    private static NumberReading Decimal(DuckDbColumn column)
    {
        var parts = column.TypeName.Split('(', ',', ')');
        var places = int.Parse(parts[2], CultureInfo.InvariantCulture);
        return new NumberReading(column.Type, ColumnKind.Number, 1, Math.Pow(10, places), int.Parse(parts[1], CultureInfo.InvariantCulture), places);
    }

    private void Whole<T>(DuckDbVector vector, Span<long> raw, Span<double> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        var values = vector.Values<T>();
        var (times, over) = (Times, Over);
        if (times == 1 && over == 1)
        {
            for (var i = 0; i < values.Length; i++) numbers[i] = raw[i] = long.CreateTruncating(values[i]);
        }
        else
        {
            for (var i = 0; i < values.Length; i++) numbers[i] = (raw[i] = long.CreateTruncating(values[i])) * times / over;
        }
    }

    /// <summary>A value beyond 64 bits is told apart by a hash of all of its bits.</summary>
    private void Wide<T>(DuckDbVector vector, Span<long> raw, Span<double> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        var values = vector.Values<T>();
        for (var i = 0; i < values.Length; i++)
        {
            var value = Int128.CreateTruncating(values[i]);
            numbers[i] = (double)value / Over;
            raw[i] = value >= long.MinValue && value <= long.MaxValue ? (long)value : (long)ValueHash.Of(value);
        }
    }

    /// <summary>Of zero there is one, whatever its sign.</summary>
    private static void Floating<T>(DuckDbVector vector, Span<long> raw, Span<double> numbers)
        where T : unmanaged, IFloatingPoint<T>
    {
        var values = vector.Values<T>();
        for (var i = 0; i < values.Length; i++) raw[i] = BitConverter.DoubleToInt64Bits(numbers[i] = double.CreateTruncating(values[i]) + 0.0);
    }

    private static void Endless(ReadOnlySpan<long> raw, Span<double> numbers, long end)
    {
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == end || raw[i] == -end) numbers[i] = raw[i] < 0 ? double.NegativeInfinity : double.PositiveInfinity;
        }
    }
}
