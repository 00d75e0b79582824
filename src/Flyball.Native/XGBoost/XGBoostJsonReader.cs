using System.Text.Json;

namespace Flyball.Native.XGBoost;

/// <summary>Reads a model file of text JSON into what the checks need.</summary>
internal static class XGBoostJsonReader
{
    public static ModelObject Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var document = (ModelObject)Value(ref reader)!;
        if (reader.Read()) throw XGBoostModelFile.Damaged("something follows its end");
        return document;
    }

    private static object? Value(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Members(ref reader),
        JsonTokenType.StartArray => Elements(ref reader),
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => reader.GetDouble(),
        JsonTokenType.True => 1.0,
        JsonTokenType.False => 0.0,
        _ => null,
    };

    private static ModelObject Members(ref Utf8JsonReader reader)
    {
        var members = new ModelObject();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            members.Add(name, Value(ref reader));
        }

        return members;
    }

    private static object Elements(ref Utf8JsonReader reader)
    {
        var numbers = new List<double>();
        var others = new List<object?>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Value(ref reader) is var value && value is double number) numbers.Add(number);
            else others.Add(value);
        }

        if (others.Count == 0) return numbers.ToArray();
        return numbers.Count == 0 ? others.ToArray() : throw XGBoostModelFile.Damaged("an array mixes numbers with something else");
    }
}
