using System.Buffers;
using System.Text.Json;
using Flyball.Foundation;

namespace Flyball.Server.Serving;

/// <summary>The raw rows of one request as JSON objects, each on one line, whatever form the request had.</summary>
public sealed class RequestRows
{
    /// <summary>Most rows of one request.</summary>
    public const int MaxRows = 100_000;

    /// <summary>Most bytes of one row.</summary>
    public const int MaxRowBytes = 64 << 10;

    private readonly ArrayBufferWriter<byte> buffer;
    private readonly List<(int Start, int Length)> rows = [];

    public RequestRows(int expectedBytes = 512) => buffer = new ArrayBufferWriter<byte>(Math.Max(16, expectedBytes));

    public int Count => rows.Count;

    /// <summary>The bytes of a row's object.</summary>
    public ReadOnlySpan<byte> this[int row] => buffer.WrittenSpan.Slice(rows[row].Start, rows[row].Length);

    /// <summary>Adds a row that is an object already.</summary>
    public void Add(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object) throw Refusal.Invalid("row-malformed", $"Row {Count + 1} is {Name(row.ValueKind)}; a row is an object with a field per column.");
        Add(writer => row.WriteTo(writer));
    }

    /// <summary>Adds a row that is one line of JSON already, written by a program and not by a caller.</summary>
    internal void AddLine(ReadOnlySpan<byte> json)
    {
        rows.Add((buffer.WrittenCount, json.Length));
        buffer.Write(json);
    }

    /// <summary>Adds a row of values for the named columns.</summary>
    public void Add(IReadOnlyList<string> columns, Func<int, JsonElement> value)
    {
        Add(writer =>
        {
            writer.WriteStartObject();
            for (var i = 0; i < columns.Count; i++)
            {
                writer.WritePropertyName(columns[i]);
                value(i).WriteTo(writer);
            }

            writer.WriteEndObject();
        });
    }

    private void Add(Action<Utf8JsonWriter> write)
    {
        if (Count == MaxRows) throw Refusal.Invalid("too-many-rows", $"A request holds at most {MaxRows:N0} rows; send it in parts.");
        var start = buffer.WrittenCount;
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true })) write(writer);
        var length = buffer.WrittenCount - start;
        if (length > MaxRowBytes) throw Refusal.Invalid("row-too-large", $"Row {Count + 1} has {length:N0} bytes; a row holds at most {MaxRowBytes:N0}.");
        rows.Add((start, length));
    }

    internal static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a truth value",
    };
}
