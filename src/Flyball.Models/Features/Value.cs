using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features;

/// <summary>What a <see cref="Value"/> holds.</summary>
public enum ValueKind : byte
{
    Null,
    Boolean,
    Integer,
    Number,
    Decimal,
    Text,
    Timestamp,
    Date,
}

/// <summary>One value of a row or of an expression, without boxing.</summary>
public readonly struct Value : IEquatable<Value>
{
    private readonly string? text;
    private readonly long low;
    private readonly long high;
    private readonly byte scale;

    private Value(ValueKind kind, long low, string? text = null, long high = 0, byte scale = 0) =>
        (Kind, this.low, this.text, this.high, this.scale) = (kind, low, text, high, scale);

    public static Value Null => default;

    /// <summary>Stands where a row has no field yet; it leaves no reader.</summary>
    internal static Value Absent => new(ValueKind.Null, 1);

    internal bool IsAbsent => Kind == ValueKind.Null && low == 1;

    public ValueKind Kind { get; }

    public bool IsNull => Kind == ValueKind.Null;

    internal bool Boolean => low != 0;

    internal long Integer => low;

    internal double Number => BitConverter.Int64BitsToDouble(low);

    internal string Text => text!;

    /// <summary>Microseconds since 1970-01-01 UTC.</summary>
    internal long Micros => low;

    /// <summary>Days since 1970-01-01.</summary>
    internal int Days => (int)low;

    internal Int128 Unscaled => new((ulong)high, (ulong)low);

    internal int Scale => scale;

    public static Value Of(bool value) => new(ValueKind.Boolean, value ? 1 : 0);

    public static Value Of(long value) => new(ValueKind.Integer, value);

    public static Value Of(double value) => new(ValueKind.Number, BitConverter.DoubleToInt64Bits(value));

    public static Value Of(string? value) => value is null ? Null : new(ValueKind.Text, 0, value);

    /// <summary>An exact decimal: <paramref name="unscaled"/> divided by ten to the power of <paramref name="scale"/>.</summary>
    public static Value OfDecimal(Int128 unscaled, int scale) => new(ValueKind.Decimal, (long)unscaled, null, (long)(unscaled >> 64), (byte)scale);

    /// <summary>A moment in microseconds since 1970-01-01 UTC.</summary>
    public static Value OfTimestamp(long micros) => new(ValueKind.Timestamp, micros);

    /// <summary>A day, counted from 1970-01-01.</summary>
    public static Value OfDate(int days) => new(ValueKind.Date, days);

    /// <summary>A number or boolean as a double; NaN for null.</summary>
    /// <exception cref="InvalidOperationException">It is a text or a time.</exception>
    public double AsDouble() => Kind switch
    {
        ValueKind.Null => double.NaN,
        ValueKind.Boolean or ValueKind.Integer => low,
        ValueKind.Number => Number,
        ValueKind.Decimal => Compilation.Decimals.ToDouble(Unscaled, scale),
        _ => throw new InvalidOperationException($"A {Kind} is no number."),
    };

    /// <summary>A text; null for null.</summary>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    public string? AsText() => Kind switch
    {
        ValueKind.Null => null,
        ValueKind.Text => text,
        _ => throw new InvalidOperationException($"A {Kind} is no text."),
    };

    /// <summary>A boolean; null for null.</summary>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    public bool? AsBoolean() => Kind switch
    {
        ValueKind.Null => null,
        ValueKind.Boolean => low != 0,
        _ => throw new InvalidOperationException($"A {Kind} is no boolean."),
    };

    /// <summary>The value as an object of the base class library, for binding to a statement.</summary>
    public object? Box() => Kind switch
    {
        ValueKind.Null => null,
        ValueKind.Boolean => Boolean,
        ValueKind.Integer => low,
        ValueKind.Number => Number,
        ValueKind.Decimal => Compilation.Decimals.Text(Unscaled, scale),
        ValueKind.Text => text,
        ValueKind.Timestamp => DuckDbTime.Time(low, DateTimeKind.Unspecified),
        _ => DuckDbTime.Date(Days),
    };

    /// <summary>Same kind and same bits: NaN equals NaN, 0 differs from −0.</summary>
    public bool Equals(Value other) => Kind == other.Kind && low == other.low && high == other.high && scale == other.scale && string.Equals(text, other.text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is Value other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Kind, low, high, text);

    public static bool operator ==(Value left, Value right) => left.Equals(right);

    public static bool operator !=(Value left, Value right) => !left.Equals(right);

    public override string ToString() => Kind switch
    {
        ValueKind.Null => "null",
        ValueKind.Number => Number.ToString("R", CultureInfo.InvariantCulture),
        ValueKind.Timestamp => $"{low} µs",
        ValueKind.Date => $"{low} d",
        _ => Box()!.ToString()!,
    };
}
