using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Flyball.Server.Projects;

/// <summary>
/// What a value of the project file may be. One definition reads it and describes it in the JSON schema, so that the two cannot say different things.
/// </summary>
internal abstract class Shape
{
    /// <summary>The value, or null where there is none to go on with. Every mistake is among the problems, also those of a value that is only in part usable.</summary>
    public abstract object? ReadAny(YamlNode node, string path, Problems problems);

    public abstract JsonObject Schema();
}

internal abstract class Shape<T> : Shape
{
    /// <summary>False where there is no value to go on with. True does not mean that there was no mistake: reading goes on with what is right, so that all mistakes are found at once.</summary>
    public abstract bool TryRead(YamlNode node, string path, Problems problems, out T value);

    public override object? ReadAny(YamlNode node, string path, Problems problems) => TryRead(node, path, problems, out var value) ? value : null;
}

/// <summary>A single value: <paramref name="parse"/> gives the value or a message that says what is expected.</summary>
internal sealed class ScalarShape<T>(JsonObject schema, Func<YamlText, (T? Value, string? Wrong)> parse) : Shape<T>
{
    public override bool TryRead(YamlNode node, string path, Problems problems, out T value)
    {
        value = default!;
        if (node is not YamlText text)
        {
            problems.Add(node, path, $"here stands {node.Kind}, but {Expected} is expected");
            return false;
        }

        var (read, wrong) = parse(text);
        if (wrong is null)
        {
            value = read!;
            return true;
        }

        var allowed = schema["enum"]?.AsArray().Select(v => v!.ToString()) ?? [];
        problems.Add(node, path, wrong, Suggestions.For(text.Text, allowed));
        return false;
    }

    public override JsonObject Schema() => (JsonObject)schema.DeepClone();

    private string Expected => schema["type"]?.ToString() switch
    {
        "number" or "integer" => "a number",
        "boolean" => "true or false",
        _ => "text",
    };
}

/// <summary>A list of different values of one shape, at least <paramref name="least"/> of them.</summary>
internal sealed class ListShape<T>(Shape<T> item, int least = 0) : Shape<IReadOnlyList<T>>
{
    public override bool TryRead(YamlNode node, string path, Problems problems, out IReadOnlyList<T> value)
    {
        value = [];
        if (node is not YamlList list)
        {
            problems.Add(node, path, $"here stands {node.Kind}, but a list is expected");
            return false;
        }

        var items = new List<T>();
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (!item.TryRead(list.Items[i], $"{path}[{i}]", problems, out var read)) continue;
            if (items.Contains(read)) problems.Add(list.Items[i], $"{path}[{i}]", $"{list.Items[i].Kind} is listed twice");
            items.Add(read);
        }

        if (list.Items.Count < least) problems.Add(node, path, least == 1 ? "the list is empty" : $"the list needs at least {least} entries");
        value = items;
        return true;
    }

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = item.Schema(), ["uniqueItems"] = true };
        if (least > 0) schema["minItems"] = least;
        return schema;
    }
}

/// <summary>A map from names that the file chooses to values of one shape, in the order of the file.</summary>
internal sealed class NamedShape<T>(string what, NameRule names, Shape<T> item, int least = 0, Func<string, string?>? refuse = null) : Shape<IReadOnlyList<KeyValuePair<string, T>>>
{
    public override bool TryRead(YamlNode node, string path, Problems problems, out IReadOnlyList<KeyValuePair<string, T>> value)
    {
        value = [];
        if (node is not YamlMap map)
        {
            problems.Add(node, path, $"here stands {node.Kind}, but a map from names of {what}s is expected");
            return false;
        }

        var read = new List<KeyValuePair<string, T>>();
        foreach (var (key, entry) in map.Entries)
        {
            var at = Paths.Below(path, key.Text);
            if (refuse?.Invoke(key.Text) is { } reason)
            {
                problems.Add(key, at, reason);
                continue;
            }

            if (!names.Fits(key.Text)) problems.Add(key, at, $"'{key.Text}' cannot name a {what}: {names.Rule}");
            if (item.TryRead(entry, at, problems, out var one)) read.Add(new(key.Text, one));
        }

        if (map.Entries.Count < least) problems.Add(node, path, $"there is no {what}");
        value = read;
        return true;
    }

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "object", ["propertyNames"] = new JsonObject { ["pattern"] = names.Pattern }, ["additionalProperties"] = item.Schema() };
        if (least > 0) schema["minProperties"] = least;
        return schema;
    }
}

/// <summary>How a name may look, as a pattern and in words.</summary>
internal sealed record NameRule(string Pattern, string Rule)
{
    public static readonly NameRule Project = new("^[a-z][a-z0-9-]{0,99}$", "1 to 100 lower-case letters, digits and dashes, a letter first");

    public static readonly NameRule Thing = new("^[A-Za-z][A-Za-z0-9_-]{0,99}$", "1 to 100 letters, digits, dashes and underscores, a letter first");

    public static readonly NameRule Column = new("^[A-Za-z_][A-Za-z0-9_]{0,99}$", "1 to 100 letters, digits and underscores, no digit first");

    public static readonly NameRule Reason = new(@"^[^\x00-\x1f]{1,100}$", "1 to 100 characters on one line");

    public bool Fits(string name) => Regex.IsMatch(name, Pattern + Notation.End);
}

internal static class Paths
{
    public static string Below(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
