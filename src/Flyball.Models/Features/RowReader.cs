using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features;

/// <summary>Reads a request's row from JSON. Fields without a column are passed over; every column needs a field, which may be null: a misspelt name must not turn into unknown values.</summary>
public static class RowReader
{
    extension(RowSchema schema)
    {
        /// <summary>Reads one row.</summary>
        /// <exception cref="RowFormatException">A field does not fit its column; it is named.</exception>
        public Value[] Read(JsonElement row)
        {
            var values = new Value[schema.Columns.Count];
            var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(row));
            reader.Read();
            schema.Read(ref reader, values);
            return values;
        }

        /// <summary>Reads the object that the reader stands on, up to its end, into one value per column.</summary>
        /// <exception cref="RowFormatException">A field does not fit its column; it is named.</exception>
        public void Read(ref Utf8JsonReader reader, Span<Value> values)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new RowFormatException("row", "a row is an object with a field per column");
            values.Fill(Value.Absent);
            Span<char> buffer = stackalloc char[256];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var known = Find(schema, ref reader, buffer, out var place);
                reader.Read();
                // what reads the logged row later may take the other of the two
                if (known && !values[place].IsAbsent) throw new RowFormatException(schema.Columns[place].Name, "is given twice");
                if (known) values[place] = Field(schema.Columns[place], ref reader);
                else reader.Skip();
            }

            for (var i = 0; i < values.Length; i++)
            {
                if (values[i].IsAbsent) throw new RowFormatException(schema.Columns[i].Name, "is missing; give null where it is unknown");
            }
        }
    }

    private static bool Find(RowSchema schema, scoped ref Utf8JsonReader reader, scoped Span<char> buffer, out int place)
    {
        try
        {
            var bytes = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
            if (bytes > buffer.Length) return schema.TryFind(reader.GetString().AsSpan(), out place);
            return schema.TryFind(buffer[..reader.CopyString(buffer)], out place);
        }
        catch (InvalidOperationException)
        {
            throw new RowFormatException("row", "the name of a field is no Unicode");
        }
    }

    private static Value Field(RowColumn column, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null) return Value.Null;
        return column.Kind switch
        {
            ValueKind.Boolean => reader.TokenType switch
            {
                JsonTokenType.True => Value.Of(true),
                JsonTokenType.False => Value.Of(false),
                _ => throw Wrong(column, "true or false", ref reader),
            },
            ValueKind.Integer => Integer(column, ref reader),
            ValueKind.Number => Number(column, ref reader),
            ValueKind.Decimal => Decimal(column, ref reader),
            ValueKind.Timestamp => Value.OfTimestamp(IsoTime.TryTimestamp(Text(column, "a time such as \"2024-05-31T18:30:00Z\"", ref reader), out var micros)
                ? micros
                : throw Wrong(column, "a time such as \"2024-05-31T18:30:00Z\"", ref reader)),
            ValueKind.Date => Value.OfDate(IsoTime.TryDate(Text(column, "a date such as \"2024-05-31\"", ref reader), out var days)
                ? days
                : throw Wrong(column, "a date such as \"2024-05-31\"", ref reader)),
            _ => Value.Of(Text(column, "a text", ref reader)),
        };
    }

    private static Value Integer(RowColumn column, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number) throw Wrong(column, "a whole number", ref reader);
        if (!reader.TryGetInt64(out var value))
        {
            // clients that know only floating point write 3 as 3.0
            if (!reader.TryGetDecimal(out var exact) || exact != decimal.Truncate(exact) || exact is < long.MinValue or > long.MaxValue) throw Wrong(column, "a whole number", ref reader);
            value = (long)exact;
        }

        var (least, most) = new SqlType(column.Type).Range;
        if (column.Type == DuckDbType.UBigInt) least = 0;
        return value >= least && value <= most ? Value.Of(value) : throw new RowFormatException(column.Name, $"{value} does not fit a {column.SqlType}");
    }

    private static Value Number(RowColumn column, ref Utf8JsonReader reader)
    {
        double value;
        if (reader.TokenType == JsonTokenType.Number) value = reader.GetDouble();
        else if (reader.TokenType != JsonTokenType.String || !TryWord(Text(column, "a number", ref reader), out value)) throw Wrong(column, "a number", ref reader);
        if (column.Type == DuckDbType.Float) value = (float)value;
        return double.IsInfinity(value) ? throw new RowFormatException(column.Name, $"is infinite as a {column.SqlType}; give a finite number or null") : Value.Of(value);
    }

    /// <summary>JSON has no literals for these.</summary>
    private static bool TryWord(string word, out double value)
    {
        value = word.ToUpperInvariant() switch
        {
            "NAN" => double.NaN,
            "INFINITY" or "INF" => double.PositiveInfinity,
            "-INFINITY" or "-INF" => double.NegativeInfinity,
            _ => 0,
        };
        return value != 0;
    }

    private static Value Decimal(RowColumn column, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number) throw Wrong(column, "a number", ref reader);
        var text = reader.HasValueSequence ? System.Text.Encoding.ASCII.GetString(reader.ValueSequence.ToArray()) : System.Text.Encoding.ASCII.GetString(reader.ValueSpan);
        return Compilation.Decimals.TryParse(text, column.Width, column.Scale, out var unscaled)
            ? Value.OfDecimal(unscaled, column.Scale)
            : throw new RowFormatException(column.Name, $"{text} does not fit a {column.SqlType}");
    }

    private static string Text(RowColumn column, string expected, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String) throw Wrong(column, expected, ref reader);
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // JSON's grammar lets half a surrogate pair and broken UTF-8 pass
            throw new RowFormatException(column.Name, $"expected {expected}, got text that is no Unicode");
        }
    }

    private static RowFormatException Wrong(RowColumn column, string expected, ref Utf8JsonReader reader)
    {
        var got = reader.TokenType switch
        {
            JsonTokenType.String => $"the text \"{Short(Text(column, expected, ref reader))}\"",
            JsonTokenType.Number => $"the number {Short(System.Text.Encoding.ASCII.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan))}",
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.StartArray => "an array",
            _ => "an object",
        };
        return new RowFormatException(column.Name, string.Create(CultureInfo.InvariantCulture, $"expected {expected}, got {got}"));
    }

    private static string Short(string text) => text.Length <= 40 ? text : string.Concat(text.AsSpan(0, 40), "…");
}
