using System.Text.Json.Nodes;

namespace Flyball.Server.Projects;

/// <summary>One key of an object: what stands behind it, or why this version refuses it.</summary>
internal sealed record Key(string Name, Shape? Shape, bool Required, string About)
{
    public static Key Optional(string name, Shape shape, string about) => new(name, shape, false, about);

    public static Key Needed(string name, Shape shape, string about) => new(name, shape, true, about);

    /// <summary>A key that the design knows but this version does not do: refused with what it does instead, and absent from the schema.</summary>
    public static Key NotYet(string name, string instead) => new(name, null, false, $"this version of Flyball does not support '{name}' yet; {instead}");
}

/// <summary>What was read of an object. Keys that the table does not hold are a mistake of the reader itself.</summary>
internal sealed class Fields(IReadOnlyDictionary<string, object?> values)
{
    /// <summary>The keys that the file gives, with their values.</summary>
    public IEnumerable<KeyValuePair<string, object?>> Given => values.Where(v => v.Value is not null);

    public bool Has(string key) => values[key] is not null;

    public T Get<T>(string key) => (T)values[key]!;

    public T Get<T>(string key, T otherwise) => values[key] is { } value ? (T)value : otherwise;

    public T? Find<T>(string key)
        where T : class => (T?)values[key];

    public T? FindValue<T>(string key)
        where T : struct => (T?)values[key];
}

/// <summary>A map with fixed keys, made into a record once the keys it needs are read. <paramref name="check"/> names what is wrong between keys.</summary>
internal sealed class ObjectShape<T>(string what, Key[] keys, Func<Fields, T> make, Func<Fields, IEnumerable<(string Key, string Message)>>? check = null) : Shape<T>
{
    public override bool TryRead(YamlNode node, string path, Problems problems, out T value)
    {
        value = default!;
        if (node is not YamlMap map)
        {
            problems.Add(node, path, $"here stands {node.Kind}, but {what} is a map with the keys {string.Join(", ", Offered)}");
            return false;
        }

        var read = keys.ToDictionary(k => k.Name, _ => (object?)null);
        foreach (var (key, entry) in map.Entries)
        {
            var at = Paths.Below(path, key.Text);
            var known = keys.FirstOrDefault(k => k.Name == key.Text);
            if (known is { Shape: { } shape }) read[key.Text] = shape.ReadAny(entry, at, problems);
            else if (known is not null) problems.Add(key, at, known.About);
            else problems.Add(key, at, $"{what} has no key '{key.Text}'; its keys are {string.Join(", ", Offered)}", Suggestions.For(key.Text, Offered));
        }

        foreach (var missing in keys.Where(k => k.Required && map.Find(k.Name) is null)) problems.Add(node, path, $"{what} needs the key '{missing.Name}'");
        if (keys.Any(k => k.Required && read[k.Name] is null)) return false;
        var fields = new Fields(read);
        foreach (var (key, message) in check?.Invoke(fields) ?? []) problems.Add(map.At(key), key.Length == 0 ? path : Paths.Below(path, key), message);
        value = make(fields);
        return true;
    }

    public override JsonObject Schema()
    {
        var properties = new JsonObject();
        foreach (var key in keys)
        {
            if (key.Shape is null) continue;
            var schema = key.Shape.Schema();
            schema["description"] = key.About;
            properties[key.Name] = schema;
        }

        var result = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (keys.Any(k => k.Required)) result["required"] = new JsonArray([.. keys.Where(k => k.Required).Select(k => (JsonNode)k.Name)]);
        return result;
    }

    private IEnumerable<string> Offered => keys.Where(k => k.Shape is not null).Select(k => k.Name);
}
