using System.Text;
using System.Text.RegularExpressions;
using Flyball.Foundation;
using Flyball.Server.Hosting;
using Flyball.Server.Projects;

namespace Flyball.Server.Features;

/// <summary>A view as it is written behind <c>--view</c>: <c>FILES:option=value,option=value</c>.</summary>
internal sealed partial record ViewArgument(string Files, string Name, IReadOnlyList<JoinKey> Keys, string EventTime, string? Created, TimeSpan Ttl, IReadOnlyList<string>? Columns)
{
    public const string Form = "FILES:keys=KEY,time=TIME[,created=CREATED][,ttl=2h][,name=NAME][,columns=A+B]";

    private const int Longest = 100_000;
    private static readonly string[] Known = ["keys", "time", "created", "ttl", "name", "columns"];

    /// <exception cref="VerbException">The text is not of the form.</exception>
    public static ViewArgument Parse(string text)
    {
        if (text.Length > Longest) throw new VerbException($"A view is longer than {Longest:N0} characters.");
        if (Start().Match(text) is not { Success: true, Index: > 0 } start) throw Wrong(text, "it has a file and, behind a colon, options");
        var options = new Dictionary<string, IReadOnlyList<IReadOnlyList<string>>>(StringComparer.Ordinal);
        foreach (var option in Split(text, text[(start.Index + 1)..], ','))
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            var key = (equals < 0 ? option : option[..equals]).Trim();
            if (!Known.Contains(key, StringComparer.Ordinal)) throw new VerbException($"The view {Refusal.Shown(text)} has an option '{Refusal.Shown(key)}', which is none of {string.Join(", ", Known)}{(Suggestions.For(key, Known) is { } near ? $"; did you mean {near}?" : ".")}");
            if (equals < 0) throw Wrong(text, $"{key} has no value");
            List<IReadOnlyList<string>> values = [.. Split(text, option[(equals + 1)..], '+').Select(value => (IReadOnlyList<string>)[.. Split(text, value, ':').Select(part => Unquoted(text, key, part))])];
            if (!options.TryAdd(key, values)) throw Wrong(text, $"{key} is there twice");
        }

        var files = text[..start.Index];
        return new ViewArgument(
            files,
            options.ContainsKey("name") ? One(text, options, "name") : NameOf(text, files),
            options.TryGetValue("keys", out var keys) ? [.. keys.Select(key => key switch { [var same] => new JoinKey(same, same), [var entity, var view] => new JoinKey(entity, view), _ => throw Wrong(text, "a key is a column, or ENTITY:VIEW where the two call it differently") })] : throw Wrong(text, "it names no keys"),
            options.ContainsKey("time") ? One(text, options, "time") : throw Wrong(text, "it names no time"),
            options.ContainsKey("created") ? One(text, options, "created") : null,
            options.ContainsKey("ttl") ? TtlOf(text, One(text, options, "ttl")) : TimeSpan.Zero,
            options.TryGetValue("columns", out var columns) ? [.. columns.Select(column => column is [var name] ? name : throw Wrong(text, "columns are separated by +"))] : null);
    }

    private static TimeSpan TtlOf(string text, string ttl) => ttl == "0" ? TimeSpan.Zero
        : Notation.Duration(ttl) ?? throw Wrong(text, $"'{Refusal.Shown(ttl)}' is no ttl; write a number and s, m, h, d or w, such as 15m, 6h or 28d, of at most 36500d, or 0 for none");

    private static string One(string text, Dictionary<string, IReadOnlyList<IReadOnlyList<string>>> options, string key) =>
        options[key] is [[var value]] ? value : throw Wrong(text, $"{key} has one value; put a name that holds + or : in double quotes");

    /// <summary>Called like its file, as far as the first dot and without what a pattern has.</summary>
    private static string NameOf(string text, string files)
    {
        var name = Path.GetFileName(files).Split('.')[0].Replace("*", "", StringComparison.Ordinal).Trim('_', '-', ' ');
        return name.Length > 0 ? name : throw Wrong(text, "no name can be made of its file; give it one with name=NAME");
    }

    /// <summary>The parts between separators that do not stand in double quotes.</summary>
    private static List<string> Split(string whole, string text, char separator)
    {
        var (parts, part, quoted) = (new List<string>(), new StringBuilder(), false);
        foreach (var c in text)
        {
            if (c == '"') quoted = !quoted;
            if (c == separator && !quoted)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(c);
            }
        }

        if (quoted) throw Wrong(whole, "a double quote is not closed");
        return [.. parts, part.ToString()];
    }

    private static string Unquoted(string text, string key, string value)
    {
        var name = value is ['"', .., '"'] ? value[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : value.Trim();
        return name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) ? throw Wrong(text, $"{key} has an empty value") : name;
    }

    private static VerbException Wrong(string text, string what) => new($"The view {Refusal.Shown(text)} is not one: {what}. Write {Form}.");

    [GeneratedRegex(""":\s*[A-Za-z_]+\s*(=|$)""")]
    private static partial Regex Start();
}
