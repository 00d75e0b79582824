using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Flyball.Server.Projects;

/// <summary>
/// Reads one YAML document into nodes that know their place. Bounded: 1 MB of text, 32 levels, and 50,000 nodes with every alias counted as often as it is used,
/// so that a small file cannot unfold into a large one.
/// </summary>
internal sealed class YamlTree
{
    public const int MostBytes = 1024 * 1024;

    public const int MostLevels = 32;

    public const int MostNodes = 50_000;

    private readonly Parser parser;
    private readonly Problems problems;
    private readonly Dictionary<string, (YamlNode Node, int Size)?> anchors = [];
    private int nodes;

    /// <summary>Where the node that was read last begins.</summary>
    private int line = 1, column = 1;

    private YamlTree(string yaml, Problems problems)
    {
        parser = new Parser(new StringReader(yaml));
        this.problems = problems;
    }

    /// <summary>The document's root, or null where it could not be read; the reason is then among the problems.</summary>
    public static YamlNode? Read(string yaml, Problems problems)
    {
        if (Encoding.UTF8.GetByteCount(yaml) > MostBytes)
        {
            problems.Add(1, 1, "", "the file is larger than 1 MB");
            return null;
        }

        var tree = new YamlTree(yaml, problems);
        try
        {
            return tree.Document();
        }
        catch (Exception lost) when (lost is InvalidOperationException or ArgumentException)
        {
            // what the parser throws where it loses its own way: in a flow mapping whose brace is missing, over a tag or an escape that cannot be
            problems.Add(tree.line, tree.column, "", "this is not valid YAML from here on; look for a missing }, ] or quote, a tag (!) or an escape (\\)");
        }
        catch (YamlException e)
        {
            var (line, column) = Place(e, yaml);
            problems.Add(line, column, "", $"this is not valid YAML: {Sentence(e)}");
        }
        catch (TooMuchException e)
        {
            problems.Add(e.Line, e.Column, "", e.Message);
        }

        return null;
    }

    private YamlNode? Document()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            problems.Add(1, 1, "", "the file is empty");
            return null;
        }

        parser.Consume<DocumentStart>();
        var root = Node(0, out _);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
            problems.Add((int)second.Start.Line, (int)second.Start.Column, "", "a project file is one YAML document; remove the second one");
        return root;
    }

    private YamlNode Node(int level, out int size)
    {
        (this.line, this.column) = ((int)parser.Current!.Start.Line, (int)parser.Current.Start.Column);
        var (line, column) = (this.line, this.column);
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            var known = anchors.GetValueOrDefault(alias.Value.Value) ?? throw new TooMuchException(line, column, $"the alias *{alias.Value.Value} has no anchor before it, or lies inside it");
            Count(known.Size, line, column);
            size = known.Size;
            return known.Node;
        }

        if (level > MostLevels) throw new TooMuchException(line, column, $"the file is nested deeper than {MostLevels} levels");
        Count(1, line, column);
        var read = parser.Consume<NodeEvent>();
        if (!read.Anchor.IsEmpty) anchors[read.Anchor.Value] = null;
        var text = !read.Tag.IsEmpty && read.Tag.Value is "tag:yaml.org,2002:str" or "!";
        if (!read.Tag.IsEmpty && !text) problems.Add(line, column, "", $"the tag {read.Tag.Value} is not known here; write the value without a tag");
        if (read is Scalar { Value: var value } && value.Contains('\0', StringComparison.Ordinal)) problems.Add(line, column, "", "a text cannot hold the character NUL (\\0)");
        YamlNode node;
        (node, size) = read switch
        {
            Scalar scalar => (new YamlText(scalar.Value, scalar.Style == ScalarStyle.Plain && !text, line, column), 1),
            SequenceStart => List(level, line, column),
            _ => Map(level, line, column),
        };
        if (!read.Anchor.IsEmpty) anchors[read.Anchor.Value] = (node, size);
        return node;
    }

    private (YamlNode Node, int Size) List(int level, int line, int column)
    {
        var items = new List<YamlNode>();
        var size = 1;
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Node(level + 1, out var part));
            size += part;
        }

        return (new YamlList(items, line, column), size);
    }

    private (YamlNode Node, int Size) Map(int level, int line, int column)
    {
        var entries = new List<YamlEntry>();
        var seen = new Dictionary<string, int>();
        var size = 1;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Node(level + 1, out var keySize);
            var value = Node(level + 1, out var valueSize);
            size += keySize + valueSize;
            if (key is not YamlText text) problems.Add(key.Line, key.Column, "", $"a key is a single word, not {key.Kind}");
            else if (!seen.TryAdd(text.Text, text.Line)) problems.Add(text.Line, text.Column, "", $"the key '{text.Text}' is already given in line {seen[text.Text]}");
            else entries.Add(new YamlEntry(text, value));
        }

        return (new YamlMap(entries, line, column), size);
    }

    private void Count(int more, int line, int column)
    {
        nodes += more;
        if (nodes > MostNodes) throw new TooMuchException(line, column, $"the file holds more than {MostNodes} values once its aliases are followed");
    }

    /// <summary>The parser reports a tab in the indentation at the start of the map around it; the tab itself is what to look for.</summary>
    private static (int Line, int Column) Place(YamlException e, string yaml)
    {
        var lines = e.Message.Contains("invalid tab", StringComparison.Ordinal) ? yaml.Split('\n') : [];
        var tab = Array.FindIndex(lines, l => l.TrimStart(' ').StartsWith('\t'));
        return tab < 0 ? ((int)e.Start.Line, (int)e.Start.Column) : (tab + 1, lines[tab].IndexOf('\t', StringComparison.Ordinal) + 1);
    }

    private static string Sentence(YamlException e)
    {
        var text = e.Message;
        var colon = text.StartsWith("(Line", StringComparison.Ordinal) ? text.IndexOf("): ", StringComparison.Ordinal) : -1;
        return (colon < 0 ? text : text[(colon + 3)..]).TrimEnd('.');
    }

    private sealed class TooMuchException(int line, int column, string message) : Exception(message)
    {
        public int Line { get; } = line;

        public int Column { get; } = column;
    }
}
