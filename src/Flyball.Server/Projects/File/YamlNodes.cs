namespace Flyball.Server.Projects;

/// <summary>A value of a YAML document and where it starts; lines and columns count from 1.</summary>
internal abstract class YamlNode(int line, int column)
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    /// <summary>What to call it in a message.</summary>
    public abstract string Kind { get; }

    /// <summary>The node below this one by keys and list positions, or the deepest one on the way that exists.</summary>
    public YamlNode At(params ReadOnlySpan<string> path)
    {
        var node = this;
        foreach (var step in path)
        {
            var next = node switch
            {
                YamlMap map => map.Find(step)?.Value,
                YamlList list when int.TryParse(step, out var index) && index < list.Items.Count => list.Items[index],
                _ => null,
            };
            if (next is null) break;
            node = next;
        }

        return node;
    }
}

/// <summary>A single value; <see cref="Plain"/> ones (without quotes) may be numbers, true/false or empty.</summary>
internal sealed class YamlText(string text, bool plain, int line, int column) : YamlNode(line, column)
{
    public string Text { get; } = text;

    public bool Plain { get; } = plain;

    public bool IsNull => Plain && Text is "" or "~" or "null" or "Null" or "NULL";

    public override string Kind => IsNull ? "nothing" : $"'{Text}'";
}

/// <summary>One key with its value.</summary>
internal sealed record YamlEntry(YamlText Key, YamlNode Value);

internal sealed class YamlMap(IReadOnlyList<YamlEntry> entries, int line, int column) : YamlNode(line, column)
{
    public IReadOnlyList<YamlEntry> Entries { get; } = entries;

    public override string Kind => "a map";

    public YamlEntry? Find(string key) => Entries.FirstOrDefault(e => e.Key.Text == key);
}

internal sealed class YamlList(IReadOnlyList<YamlNode> items, int line, int column) : YamlNode(line, column)
{
    public IReadOnlyList<YamlNode> Items { get; } = items;

    public override string Kind => "a list";
}
