using System.Text.Json.Nodes;

namespace Flyball.Server.Projects;

/// <summary>Maps, lists and scalars as they stand; nothing (null) may stand in lists and maps.</summary>
internal sealed class TreeShape(string what, bool isText = false) : Shape<object>
{
    private const int Deepest = 32;

    public override bool TryRead(YamlNode node, string path, Problems problems, out object value)
    {
        value = "";
        if (node is YamlText && !isText)
        {
            problems.Add(node, path, $"here stands {node.Kind}, but {what} is expected");
            return false;
        }

        if (node is YamlText { IsNull: true } or YamlText { Text.Length: 0 })
        {
            problems.Add(node, path, "there is no value");
            return false;
        }

        value = Read(node, path, problems, 0) ?? "";
        return true;
    }

    public override JsonObject Schema() => new() { ["type"] = isText ? new JsonArray("string", "object") : new JsonArray("object", "array") };

    private static object? Read(YamlNode node, string path, Problems problems, int depth)
    {
        if (depth > Deepest)
        {
            problems.Add(node, path, "this is nested too deeply");
            return null;
        }

        switch (node)
        {
            case YamlMap map: return map.Entries.ToDictionary(entry => entry.Key.Text, entry => Read(entry.Value, Paths.Below(path, entry.Key.Text), problems, depth + 1));
            case YamlList list: return list.Items.Select((item, i) => Read(item, $"{path}[{i}]", problems, depth + 1)).ToList();
            default: return node is YamlText { IsNull: true } || !Scalars.Any.TryRead(node, path, problems, out var scalar) ? null : scalar;
        }
    }
}
