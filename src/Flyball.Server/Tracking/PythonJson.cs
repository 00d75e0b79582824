using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Flyball.Server.Tracking;

/// <summary>JSON as Python's <c>json.dumps</c> writes it, for values that clients compare as texts: a space behind each comma and colon, ASCII alone.</summary>
internal static class PythonJson
{
    /// <summary>Reads JSON that can be written again: half a surrogate pair and a name given twice are found only when they are looked at.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JsonNode? Parse(string text)
    {
        try
        {
            var node = JsonNode.Parse(text);
            Write(node);
            return node;
        }
        catch (Exception unusable) when (unusable is InvalidOperationException or ArgumentException)
        {
            throw new JsonException(unusable.Message, unusable);
        }
    }

    /// <summary>A text as it stands in Python's JSON.</summary>
    public static string Write(string text) => Write(JsonValue.Create(text));

    /// <summary>A number as Python shows it.</summary>
    public static string Write(double number) =>
        double.IsNaN(number) ? "nan" : double.IsInfinity(number) ? number > 0 ? "inf" : "-inf" : number.ToString("R", System.Globalization.CultureInfo.InvariantCulture) is var text && text.All(c => char.IsAsciiDigit(c) || c == '-') ? $"{text}.0" : text.Replace("E", "e", StringComparison.Ordinal);

    /// <summary>A text as Python's <c>repr</c> shows it: in single quotes, unless it holds those and no others.</summary>
    public static string Quoted(string text) => text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? $"\"{text}\"" : $"'{text.Replace("'", "\\'", StringComparison.Ordinal)}'";

    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    private static void Append(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject known:
                text.Append('{');
                var first = true;
                foreach (var (name, value) in known)
                {
                    if (!first) text.Append(", ");
                    first = false;
                    AppendText(text, name);
                    text.Append(": ");
                    Append(text, value);
                }

                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) text.Append(", ");
                    Append(text, list[i]);
                }

                text.Append(']');
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                AppendText(text, value.GetValue<string>());
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void AppendText(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or > '~' => text.Append(null, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
