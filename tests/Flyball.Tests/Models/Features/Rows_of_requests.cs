using System.Globalization;
using System.Text;
using System.Text.Json;
using Flyball.Models;
using Flyball.Models.Features;
using FsCheck;
using FsCheck.Fluent;

namespace Flyball.Tests.Models.Features;

/// <summary>Rows as JSON objects: every column needs a field that fits its type.</summary>
public sealed class Rows_of_requests
{
    private static readonly RowSchema Schema = new(
    [
        new InputColumn("i", "INTEGER"), new InputColumn("l", "BIGINT"), new InputColumn("u", "UBIGINT"), new InputColumn("f", "FLOAT"), new InputColumn("d", "DOUBLE"), new InputColumn("m", "DECIMAL(9,2)"),
        new InputColumn("b", "BOOLEAN"), new InputColumn("s", "VARCHAR"), new InputColumn("ts", "TIMESTAMP"), new InputColumn("dt", "DATE"),
    ]);

    private const string Row = """{"i": 1, "l": 2, "u": 3, "f": 0.5, "d": 1.25, "m": 12.34, "b": true, "s": "x", "ts": "2024-05-31T18:30:00Z", "dt": "2024-05-31"}""";

    [Theory]
    [InlineData("i", "3", "3")]
    [InlineData("i", "3.0", "3")]
    [InlineData("i", "3e2", "300")]
    [InlineData("l", "9223372036854775807", "9223372036854775807")]
    [InlineData("d", "\"NaN\"", "NaN")]
    [InlineData("d", "7", "7")]
    [InlineData("m", "1.5", "1.5")]
    [InlineData("b", "false", "0")]
    [InlineData("d", "null", "NaN")]
    public void Hold_values_in_the_forms_that_clients_write(string field, string json, string value) =>
        Assert.Equal(double.Parse(value, CultureInfo.InvariantCulture), Read(field, json).AsDouble());

    [Theory]
    [InlineData("\"zoë \\ud83d\\ude80\"", "zoë 🚀")]
    [InlineData("\"\"", "")]
    [InlineData("\"a\\nb\"", "a\nb")]
    public void Hold_texts(string json, string value) => Assert.Equal(value, Read("s", json).AsText());

    [Theory]
    [InlineData("i", "3.5", "expected a whole number, got the number 3.5")]
    [InlineData("i", "2147483648", "2147483648 does not fit a INTEGER")]
    [InlineData("i", "1e30", "expected a whole number, got the number 1e30")]
    [InlineData("i", "\"3\"", "expected a whole number, got the text \"3\"")]
    [InlineData("u", "-1", "-1 does not fit a UBIGINT")]
    [InlineData("d", "\"-Infinity\"", "is infinite as a DOUBLE; give a finite number or null")]
    [InlineData("d", "1e999", "is infinite as a DOUBLE; give a finite number or null")]
    [InlineData("f", "1e39", "is infinite as a FLOAT; give a finite number or null")]
    [InlineData("d", "1, \"d\": 2", "is given twice")]
    [InlineData("d", "\"seven\"", "expected a number, got the text \"seven\"")]
    [InlineData("d", "[1]", "expected a number, got an array")]
    [InlineData("d", "{}", "expected a number, got an object")]
    [InlineData("m", "12345678.9", "12345678.9 does not fit a DECIMAL(9,2)")]
    [InlineData("b", "1", "expected true or false, got the number 1")]
    [InlineData("s", "5", "expected a text, got the number 5")]
    [InlineData("ts", "\"yesterday\"", "expected a time such as \"2024-05-31T18:30:00Z\", got the text \"yesterday\"")]
    [InlineData("ts", "1717180200", "expected a time such as \"2024-05-31T18:30:00Z\", got the number 1717180200")]
    [InlineData("dt", "\"2024-02-30\"", "expected a date such as \"2024-05-31\", got the text \"2024-02-30\"")]
    [InlineData("s", "\"\\ud800\"", "expected a text, got text that is no Unicode")]
    public void Name_the_field_that_does_not_fit(string field, string json, string reason)
    {
        var refused = Assert.Throws<RowFormatException>(() => Read(field, json));
        Assert.Equal((field, reason), (refused.Field, refused.Reason));
    }

    [Fact]
    public void Need_every_column_by_its_very_name()
    {
        Assert.Equal("dt: is missing; give null where it is unknown", Assert.Throws<RowFormatException>(() => Schema.Read(Parse(Row.Replace("\"dt\"", "\"DT\"", StringComparison.Ordinal)))).Message);
        Assert.Equal("row: a row is an object with a field per column", Assert.Throws<RowFormatException>(() => Schema.Read(Parse("[1]"))).Message);
        Assert.Equal(1.25, Schema.Read(Parse(Row.Replace("{\"i\"", "{\"new\": {\"deep\": [1]}, \"i\"", StringComparison.Ordinal)))[4].AsDouble());
    }

    [Fact]
    public void With_bytes_that_are_no_text_are_refused()
    {
        byte[] row = [.. Encoding.UTF8.GetBytes(Row.Replace("\"x\"", "\"", StringComparison.Ordinal)[..Row.IndexOf("\"x\"", StringComparison.Ordinal)]), (byte)'"', 0xff, (byte)'"', .. Encoding.UTF8.GetBytes(Row[(Row.IndexOf("\"x\"", StringComparison.Ordinal) + 3)..])];
        var refused = Assert.Throws<RowFormatException>(() =>
        {
            var reader = new Utf8JsonReader(row);
            reader.Read();
            Schema.Read(ref reader, new Value[10]);
        });
        Assert.Equal("s", refused.Field);
    }

    [Fact]
    public void Keep_any_number_and_any_text()
    {
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<NormalFloat>(), number => Read("d", number.Get.ToString("R", CultureInfo.InvariantCulture)).AsDouble().Equals(number.Get)));
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<long>(), number => Read("l", number.ToString(CultureInfo.InvariantCulture)).Integer == number));
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text => text.Get.Any(char.IsSurrogate) || Read("s", JsonSerializer.Serialize(text.Get)).AsText() == text.Get));
    }

    private static Value Read(string field, string json)
    {
        var at = Schema.Columns.ToList().FindIndex(column => column.Name == field);
        var row = Parse(Row).EnumerateObject().Select(known => $"\"{known.Name}\": {(known.Name == field ? json : known.Value.GetRawText())}");
        return Schema.Read(Parse($"{{{string.Join(", ", row)}}}"))[at];
    }

    private static JsonElement Parse(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}
