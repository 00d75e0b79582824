using System.Globalization;
using System.Text.Json;
using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>
/// Whether a text is JSON that a JSON Schema accepts: the assertions of drafts 4 to 2020-12, with <c>$ref</c> inside the schema alone. Nothing is fetched; <c>format</c> is a note, as it is for Python's <c>jsonschema</c>; keys that are
/// not known say nothing.
/// </summary>
internal sealed class JsonSchema
{
    private const int Deepest = 64;
    private readonly JsonElement root;
    private readonly Dictionary<string, Func<string, bool>> patterns = new(StringComparer.Ordinal);

    /// <exception cref="ExpectationException">It refers to what it does not hold, or a pattern cannot be read.</exception>
    public JsonSchema(IReadOnlyDictionary<string, object?> schema)
    {
        root = Json.Element(schema);
        Inspect(root, 0);
    }

    public bool Accepts(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Deepest });
            return Accepts(root, document.RootElement, 0);
        }
        catch (JsonException)
        {
            return false;
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or FormatException or ArgumentNullException or KeyNotFoundException)
        {
            throw new ExpectationException("json_schema is no JSON Schema: a rule in it has a value of another kind than such rules have.");
        }
    }

    private void Inspect(JsonElement node, int depth)
    {
        if (depth > Deepest) throw new ExpectationException("json_schema is nested too deeply.");
        if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in node.EnumerateArray()) Inspect(item, depth + 1);
        }

        if (node.ValueKind != JsonValueKind.Object) return;
        foreach (var (key, value) in node.EnumerateObject().Select(entry => (entry.Name, entry.Value)))
        {
            if (key is "enum" or "const" or "default" or "examples") continue;
            if (key == "$ref" && value.ValueKind == JsonValueKind.String) _ = Referred(value.GetString()!);
            if (key == "pattern" && value.ValueKind == JsonValueKind.String) patterns.TryAdd(value.GetString()!, Pattern.Matcher(value.GetString()!));
            if (key == "patternProperties" && value.ValueKind == JsonValueKind.Object)
            {
                foreach (var entry in value.EnumerateObject()) patterns.TryAdd(entry.Name, Pattern.Matcher(entry.Name));
            }

            Inspect(value, depth + 1);
        }
    }

    /// <summary>A part of the schema by <c>#/…</c>, or by its <c>$anchor</c>.</summary>
    private JsonElement Referred(string reference)
    {
        var part = root;
        if (reference is not ['#', ..] || (reference.Length > 1 && reference[1] != '/')) throw new ExpectationException($"json_schema refers to '{Refusal.Shown(reference)}'; only what is in it, such as #/$defs/name, can be referred to.");
        foreach (var step in reference.Split('/').Skip(1).Select(step => Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            if (part.ValueKind == JsonValueKind.Object && part.TryGetProperty(step, out var next)) part = next;
            else if (part.ValueKind == JsonValueKind.Array && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < part.GetArrayLength()) part = part[i];
            else throw new ExpectationException($"json_schema refers to '{Refusal.Shown(reference)}', which it does not hold.");
        }

        return part;
    }

    private bool Accepts(JsonElement schema, JsonElement value, int depth)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False) return schema.ValueKind == JsonValueKind.True;
        if (schema.ValueKind != JsonValueKind.Object) return true;
        // a schema that refers to itself without going into the value would go on for ever
        if (depth > 4 * Deepest) throw new ExpectationException("json_schema refers to itself without end.");
        if (schema.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String && !Accepts(Referred(reference.GetString()!), value, depth + 1)) return false;
        foreach (var rule in schema.EnumerateObject())
        {
            if (!Holds(schema, rule.Name, rule.Value, value, depth + 1)) return false;
        }

        return value.ValueKind switch
        {
            JsonValueKind.Object => ObjectHolds(schema, value, depth + 1),
            JsonValueKind.Array => ArrayHolds(schema, value, depth + 1),
            _ => true,
        };
    }

    private bool Holds(JsonElement schema, string rule, JsonElement told, JsonElement value, int depth) => rule switch
    {
        "type" => told.ValueKind == JsonValueKind.Array ? told.EnumerateArray().Any(one => IsA(value, one.GetString())) : IsA(value, told.GetString()),
        "enum" => told.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)),
        "const" => JsonElement.DeepEquals(told, value),
        "allOf" => told.EnumerateArray().All(one => Accepts(one, value, depth)),
        "anyOf" => told.EnumerateArray().Any(one => Accepts(one, value, depth)),
        "oneOf" => told.EnumerateArray().Count(one => Accepts(one, value, depth)) == 1,
        "not" => !Accepts(told, value, depth),
        "if" => schema.TryGetProperty(Accepts(told, value, depth) ? "then" : "else", out var branch) is false || Accepts(branch, value, depth),
        _ when value.ValueKind == JsonValueKind.Number => NumberHolds(schema, rule, told, value.GetDouble()),
        _ when value.ValueKind == JsonValueKind.String => TextHolds(rule, told, value.GetString()!),
        _ => true,
    };

    private static bool IsA(JsonElement value, string? type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number == Math.Floor(number) && double.IsFinite(number),
        _ => throw new ExpectationException($"json_schema: '{Refusal.Shown(type ?? "null")}' is no type."),
    };

    private static bool NumberHolds(JsonElement schema, string rule, JsonElement told, double number) => rule switch
    {
        // draft 4 says with a flag that the bound itself is not allowed
        "minimum" => schema.TryGetProperty("exclusiveMinimum", out var flag) && flag.ValueKind == JsonValueKind.True ? number > told.GetDouble() : number >= told.GetDouble(),
        "maximum" => schema.TryGetProperty("exclusiveMaximum", out var flag) && flag.ValueKind == JsonValueKind.True ? number < told.GetDouble() : number <= told.GetDouble(),
        "exclusiveMinimum" when told.ValueKind == JsonValueKind.Number => number > told.GetDouble(),
        "exclusiveMaximum" when told.ValueKind == JsonValueKind.Number => number < told.GetDouble(),
        "multipleOf" => number / told.GetDouble() is var times && times == Math.Round(times),
        _ => true,
    };

    private bool TextHolds(string rule, JsonElement told, string text) => rule switch
    {
        "minLength" => Length(text) >= told.GetDouble(),
        "maxLength" => Length(text) <= told.GetDouble(),
        "pattern" => patterns[told.GetString()!](text),
        _ => true,
    };

    private static int Length(string text) => text.EnumerateRunes().Count();

    private bool ArrayHolds(JsonElement schema, JsonElement value, int depth)
    {
        var (items, count) = (value.EnumerateArray().ToList(), value.GetArrayLength());
        if (Number(schema, "minItems") > count || Number(schema, "maxItems") < count) return false;
        if (schema.TryGetProperty("uniqueItems", out var unique) && unique.ValueKind == JsonValueKind.True && items.Where((item, i) => items.Take(i).Any(before => JsonElement.DeepEquals(before, item))).Any()) return false;
        // what stands at a place of its own, and what follows
        var tuple = schema.TryGetProperty("prefixItems", out var prefix) ? prefix : schema.TryGetProperty("items", out var list) && list.ValueKind == JsonValueKind.Array ? list : default;
        var placed = tuple.ValueKind == JsonValueKind.Array ? tuple.GetArrayLength() : 0;
        for (var i = 0; i < Math.Min(placed, count); i++)
        {
            if (!Accepts(tuple[i], items[i], depth)) return false;
        }

        var isOld = schema.TryGetProperty("items", out var rest) && rest.ValueKind == JsonValueKind.Array;
        if ((!isOld || schema.TryGetProperty("additionalItems", out rest)) && rest.ValueKind != JsonValueKind.Undefined && items.Skip(placed).Any(item => !Accepts(rest, item, depth))) return false;
        if (!schema.TryGetProperty("contains", out var contained)) return true;
        var found = items.Count(item => Accepts(contained, item, depth));
        return found >= (Number(schema, "minContains") ?? 1) && !(Number(schema, "maxContains") < found);
    }

    private bool ObjectHolds(JsonElement schema, JsonElement value, int depth)
    {
        var (entries, properties, matching) = (value.EnumerateObject().ToList(), Part(schema, "properties"), Part(schema, "patternProperties"));
        if (Number(schema, "minProperties") > entries.Count || Number(schema, "maxProperties") < entries.Count) return false;
        if (schema.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array && !required.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _))) return false;
        foreach (var entry in entries)
        {
            if (Part(schema, "propertyNames") is { } names && !Accepts(names, JsonSerializer.SerializeToElement(entry.Name), depth)) return false;
            var isKnown = false;
            if (properties is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty(entry.Name, out var own))
            {
                isKnown = true;
                if (!Accepts(own, entry.Value, depth)) return false;
            }

            foreach (var pattern in matching is { ValueKind: JsonValueKind.Object } all ? all.EnumerateObject().Where(pattern => patterns[pattern.Name](entry.Name)) : [])
            {
                isKnown = true;
                if (!Accepts(pattern.Value, entry.Value, depth)) return false;
            }

            if (!isKnown && Part(schema, "additionalProperties") is { } others && !Accepts(others, entry.Value, depth)) return false;
        }

        return Needs(schema, value, depth, "dependentRequired") && Needs(schema, value, depth, "dependentSchemas") && Needs(schema, value, depth, "dependencies");
    }

    /// <summary>What must be there, or hold, where an entry is.</summary>
    private bool Needs(JsonElement schema, JsonElement value, int depth, string rule) =>
        Part(schema, rule) is not { ValueKind: JsonValueKind.Object } needs
        || needs.EnumerateObject().Where(need => value.TryGetProperty(need.Name, out _)).All(need => need.Value.ValueKind == JsonValueKind.Array ? need.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)) : Accepts(need.Value, value, depth));

    private static JsonElement? Part(JsonElement schema, string name) => schema.TryGetProperty(name, out var part) ? part : null;

    private static double? Number(JsonElement schema, string name) => schema.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number ? number.GetDouble() : null;
}
