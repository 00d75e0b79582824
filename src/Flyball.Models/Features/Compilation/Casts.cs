using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>Casts between the types that compiled expressions know.</summary>
internal static class Casts
{
    /// <summary>Converts a value; false where it does not fit.</summary>
    private delegate bool Converter(Value value, out Value converted);

    /// <summary>The cast that DuckDB inserts by itself.</summary>
    public static Compiled Implicit(Compiled child, SqlType type)
    {
        if (child.Type == type) return child;
        if (child.IsNullLiteral || child.Type.Id == DuckDbType.SqlNull) return Compiled.Of(type, Value.Null);
        if (child.Type.Id == DuckDbType.Varchar && type.Kind is ValueKind.Timestamp or ValueKind.Date && child.Constant is { Kind: ValueKind.Text } text) return Moment(text.Text, type);
        var cast = Explicit(child, type, isTry: false);
        if (child.Constant is null) return cast;
        try
        {
            return Compiled.Of(type, cast.Run([]));
        }
        catch (FeatureEvaluationException error)
        {
            throw new FeatureNotCompilableException(error.Message);
        }
    }

    /// <summary>CAST, or TRY_CAST which is null where the value does not fit.</summary>
    public static Compiled Explicit(Compiled child, SqlType type, bool isTry)
    {
        if (child.Type == type) return child;
        if (child.IsNullLiteral) return Compiled.Of(type, Value.Null);
        var convert = Find(child.Type, type) ?? throw new FeatureNotCompilableException($"a cast from {child.Type} to {type}");
        var run = child.Run;
        return new Compiled(type, row =>
        {
            var value = run(row);
            if (value.IsNull) return value;
            if (convert(value, out var converted)) return converted;
            return isTry ? Value.Null : throw new FeatureEvaluationException($"{Shown(value)} does not fit a {type}");
        });
    }

    private static Converter? Find(SqlType from, SqlType to) => (from.Kind, to.Kind) switch
    {
        (ValueKind.Integer, ValueKind.Integer) => ToRange(to),
        (ValueKind.Integer, ValueKind.Number) when to.Id == DuckDbType.Float => static (Value v, out Value r) => Done(Value.Of((double)(float)v.Integer), out r),
        (ValueKind.Integer, ValueKind.Number) => static (Value v, out Value r) => Done(Value.Of((double)v.Integer), out r),
        (ValueKind.Integer, ValueKind.Boolean) => static (Value v, out Value r) => Done(Value.Of(v.Integer != 0), out r),
        (ValueKind.Integer, ValueKind.Text) => static (Value v, out Value r) => Done(Value.Of(v.Integer.ToString(CultureInfo.InvariantCulture)), out r),
        (ValueKind.Integer, ValueKind.Decimal) => Rescale(0, to),
        (ValueKind.Boolean, ValueKind.Integer) => static (Value v, out Value r) => Done(Value.Of(v.Integer), out r),
        (ValueKind.Boolean, ValueKind.Number) => static (Value v, out Value r) => Done(Value.Of((double)v.Integer), out r),
        (ValueKind.Boolean, ValueKind.Text) => static (Value v, out Value r) => Done(Value.Of(v.Boolean ? "true" : "false"), out r),
        (ValueKind.Number, ValueKind.Integer) => Rounded(to),
        (ValueKind.Number, ValueKind.Number) when to.Id == DuckDbType.Double => static (Value v, out Value r) => Done(v, out r),
        (ValueKind.Number, ValueKind.Number) => static (Value v, out Value r) => Done(Value.Of((double)(float)v.Number), out r) && !(float.IsInfinity((float)v.Number) && double.IsFinite(v.Number)),
        (ValueKind.Number, ValueKind.Boolean) => static (Value v, out Value r) => Done(Value.Of(v.Number != 0), out r),
        (ValueKind.Number, ValueKind.Text) when from.Id == DuckDbType.Double => static (Value v, out Value r) => Done(Value.Of(NumberText.Write(v.Number)), out r),
        (ValueKind.Number, ValueKind.Text) => static (Value v, out Value r) => Done(Value.Of(NumberText.Write((float)v.Number)), out r),
        (ValueKind.Number, ValueKind.Decimal) when from.Id == DuckDbType.Double && to.Width <= 18 => ToDecimal(to),
        (ValueKind.Decimal, ValueKind.Number) when to.Id == DuckDbType.Double => static (Value v, out Value r) => Done(Value.Of(Decimals.ToDouble(v.Unscaled, v.Scale)), out r),
        (ValueKind.Decimal, ValueKind.Integer) => Whole(to),
        (ValueKind.Decimal, ValueKind.Decimal) => Rescale(from.Scale, to),
        (ValueKind.Decimal, ValueKind.Text) => static (Value v, out Value r) => Done(Value.Of(Decimals.Text(v.Unscaled, v.Scale)), out r),
        (ValueKind.Decimal, ValueKind.Boolean) => static (Value v, out Value r) => Done(Value.Of(v.Unscaled != 0), out r),
        (ValueKind.Text, ValueKind.Integer) => Parsed(to),
        (ValueKind.Text, ValueKind.Number) when to.Id == DuckDbType.Double => static (Value v, out Value r) => Done(NumberText.TryReadDouble(v.Text, out var number), Value.Of(number), out r),
        (ValueKind.Text, ValueKind.Boolean) => static (Value v, out Value r) => Done(NumberText.TryReadBoolean(v.Text, out var flag), Value.Of(flag), out r),
        (ValueKind.Date, ValueKind.Timestamp) => static (Value v, out Value r) => Done(Calendar.TryMicros(v.Days, out var micros), Value.OfTimestamp(micros), out r),
        (ValueKind.Timestamp, ValueKind.Timestamp) => static (Value v, out Value r) => Done(v, out r),
        (ValueKind.Timestamp, ValueKind.Date) => static (Value v, out Value r) => Done(Value.OfDate(Calendar.DayOf(v.Micros)), out r),
        (ValueKind.Date, ValueKind.Text) => static (Value v, out Value r) => Done(Value.Of(TimeText.Date(v.Days)), out r),
        (ValueKind.Timestamp, ValueKind.Text) when from.Id == DuckDbType.Timestamp => static (Value v, out Value r) => Done(Value.Of(TimeText.Timestamp(v.Micros)), out r),
        (ValueKind.Timestamp, ValueKind.Text) => static (Value v, out Value r) => Done(Value.Of(TimeText.Timestamp(v.Micros) + "+00"), out r),
        _ => null,
    };

    private static bool Done(Value value, out Value result)
    {
        result = value;
        return true;
    }

    private static bool Done(bool fits, Value value, out Value result)
    {
        result = value;
        return fits;
    }

    private static Converter ToRange(SqlType type)
    {
        var (least, most) = type.Range;
        return (Value v, out Value r) => Done(v.Integer >= least && v.Integer <= most, v, out r);
    }

    /// <summary>Halves go to the even neighbour.</summary>
    private static Converter Rounded(SqlType type)
    {
        var (least, most) = type.Range;
        // the first double beyond the range: for 64 bits the greatest whole number itself is not a double
        var beyond = type.Range.Most == long.MaxValue ? 9223372036854775808.0 : most + 1.0;
        return (Value v, out Value r) =>
        {
            var fits = v.Number >= least && v.Number < beyond;
            var rounded = fits ? Math.Round(v.Number, MidpointRounding.ToEven) : 0;
            fits &= rounded < beyond;
            return Done(fits, fits ? Value.Of((long)rounded) : Value.Null, out r);
        };
    }

    private static Converter Rescale(int from, SqlType to) => (Value v, out Value r) =>
    {
        var unscaled = v.Kind == ValueKind.Integer ? v.Integer : v.Unscaled;
        return Done(Decimals.TryRescale(unscaled, from, to.Scale, to.Width, out var result), Value.OfDecimal(result, to.Scale), out r);
    };

    private static Converter ToDecimal(SqlType type)
    {
        var power = (double)Decimals.Power(type.Scale);
        var most = (double)Decimals.Power(type.Width);
        return (Value v, out Value r) =>
        {
            var rounded = Math.Round(v.Number * power, MidpointRounding.AwayFromZero);
            var fits = rounded > -most && rounded < most;
            return Done(fits, fits ? Value.OfDecimal((Int128)rounded, type.Scale) : Value.Null, out r);
        };
    }

    private static Converter Whole(SqlType type)
    {
        var (least, most) = type.Range;
        return (Value v, out Value r) =>
        {
            var whole = Decimals.Round(v.Unscaled, v.Scale);
            var fits = whole >= least && whole <= most;
            return Done(fits, fits ? Value.Of((long)whole) : Value.Null, out r);
        };
    }

    private static Converter Parsed(SqlType type)
    {
        var (least, most) = type.Range;
        return (Value v, out Value r) =>
        {
            var fits = NumberText.TryReadInteger(v.Text, out var number) && number >= least && number <= most;
            return Done(fits, fits ? Value.Of((long)number) : Value.Null, out r);
        };
    }

    /// <summary>A text literal in the place of a time; odd spellings are left to DuckDB.</summary>
    private static Compiled Moment(string text, SqlType type)
    {
        var plain = text.Length <= 26 && !text.AsSpan(Math.Min(10, text.Length)).ContainsAny("+-Zz");
        if (plain && type.Kind == ValueKind.Date && IsoTime.TryDate(text, out var days)) return Compiled.Of(type, Value.OfDate(days));
        if (plain && type.Kind == ValueKind.Timestamp && IsoTime.TryTimestamp(text, out var micros)) return Compiled.Of(type, Value.OfTimestamp(micros));
        throw new FeatureNotCompilableException($"'{text}' as a {type}");
    }

    private static string Shown(Value value) => value.Kind == ValueKind.Text ? $"the text '{value.Text}'" : value.ToString();
}
