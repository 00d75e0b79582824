using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Flyball.Server.Projects;

/// <summary>The single values of a project file.</summary>
internal static class Scalars
{
    public static readonly Shape<string> Text = new ScalarShape<string>(new() { ["type"] = "string", ["minLength"] = 1 }, Words);

    public static readonly Shape<bool> Flag = new ScalarShape<bool>(new() { ["type"] = "boolean" }, t => t switch
    {
        { Plain: true, Text: "true" or "True" or "TRUE" } => (true, null),
        { Plain: true, Text: "false" or "False" or "FALSE" } => (false, null),
        _ => (default, $"{t.Kind} is not true or false"),
    });

    public static readonly Shape<TimeSpan> Duration = new ScalarShape<TimeSpan>(
        new() { ["type"] = "string", ["pattern"] = Notation.DurationPattern },
        t => Notation.Duration(t.Text) is { } span ? (span, null) : (default, $"{t.Kind} is not a duration; write a number and s, m, h, d or w, such as 15m, 6h, 28d or 2w"));

    public static readonly Shape<Comparison> Comparison = new ScalarShape<Comparison>(
        new() { ["type"] = "string", ["pattern"] = Notation.ComparisonPattern },
        t => Notation.Comparison(t.Text) is { } comparison ? (comparison, null) : (null, $"{t.Kind} is not a comparison; write an operator and a number in quotes, such as \"<= 6.5\""));

    public static readonly Shape<Threshold> Threshold = new ScalarShape<Threshold>(
        new() { ["type"] = "string", ["pattern"] = Notation.ThresholdPattern },
        t => Notation.Threshold(t.Text) is { } limit ? (limit, null) : (null, $"{t.Kind} is not a threshold; write \"> baseline * 1.2\" or \"> 7\", in quotes"));

    public static readonly Shape<(WindowKind Kind, TimeSpan? Length)> Window = new ScalarShape<(WindowKind, TimeSpan?)>(
        new() { ["type"] = "string", ["pattern"] = Notation.WindowPattern },
        t => Notation.Window(t.Text) is { } window ? (window, null) : (default, $"{t.Kind} is not a training window; write expanding, only new, or sliding with a duration, such as sliding 90d"));

    public static readonly Shape<string> Cron = new ScalarShape<string>(new() { ["type"] = "string" }, t =>
    {
        try
        {
            return (CronSchedule.Parse(t.Text).ToString(), null);
        }
        catch (FormatException e)
        {
            return (null, e.Message);
        }
    });

    public static readonly Shape<string> RegularExpression = new ScalarShape<string>(new() { ["type"] = "string", ["format"] = "regex" }, t =>
    {
        try
        {
            return (new Regex(t.Text).ToString(), null);
        }
        catch (ArgumentException e)
        {
            return (null, $"{t.Kind} is not a regular expression: {e.Message}");
        }
    });

    /// <summary>A number, true/false or text, as it is written: whole numbers become long, others double.</summary>
    public static readonly Shape<object> Any = new ScalarShape<object>(new() { ["type"] = new JsonArray("string", "number", "boolean") }, t => t switch
    {
        { IsNull: true } => (null, "there is no value"),
        { Plain: false } => (t.Text, null),
        { Text: "true" or "false" } => (t.Text == "true", null),
        _ when long.TryParse(t.Text, out var whole) => (whole, null),
        _ when Notation.Number(t.Text) is { } number => (number, null),
        _ => (t.Text, null),
    });

    /// <summary>A number or text that has an order, such as a date.</summary>
    public static readonly Shape<object> Bound = new ScalarShape<object>(new() { ["type"] = new JsonArray("string", "number") }, t => t switch
    {
        { IsNull: true } => (null, "there is no value"),
        { Plain: true } when Notation.Number(t.Text) is { } number => (number, null),
        _ => (t.Text, null),
    });

    public static Shape<double> Number(double? least = null, double? most = null, bool above = false)
    {
        var schema = new JsonObject { ["type"] = "number" };
        if (least is { } low) schema[above ? "exclusiveMinimum" : "minimum"] = low;
        if (most is { } high) schema["maximum"] = high;
        return new ScalarShape<double>(schema, t => !t.Plain || Notation.Number(t.Text) is not { } number ? (default, $"{t.Kind} is not a number{(t.Plain ? "" : "; leave the quotes away")}")
            : number < least || (above && number == least) ? (default, $"{t.Text} is too small; it must be {(above ? "above" : "at least")} {least:R}")
            : number > most ? (default, $"{t.Text} is too large; it must be at most {most:R}")
            : (number, null));
    }

    public static Shape<int> Whole(int least, int most = int.MaxValue)
    {
        var schema = new JsonObject { ["type"] = "integer", ["minimum"] = least };
        if (most < int.MaxValue) schema["maximum"] = most;
        return new ScalarShape<int>(schema, t => !t.Plain || !int.TryParse(t.Text, out var whole) ? (default, $"{t.Kind} is not a whole number{(t.Plain ? "" : "; leave the quotes away")}")
            : whole < least ? (default, $"{t.Text} is too small; it must be at least {least}")
            : whole > most ? (default, $"{t.Text} is too large; it must be at most {most}")
            : (whole, null));
    }

    public static Shape<string> Name(NameRule rule, string what) => new ScalarShape<string>(
        new() { ["type"] = "string", ["pattern"] = rule.Pattern },
        t => t.IsNull || !rule.Fits(t.Text) ? (null, $"{t.Kind} cannot name a {what}: {rule.Rule}") : (t.Text, null));

    /// <summary>One of fixed words. Words that the design knows but this version does not do are refused with what it does instead.</summary>
    public static Shape<T> Choice<T>((string Word, T Value)[] words, params string[] notYet) => new ScalarShape<T>(
        new() { ["type"] = "string", ["enum"] = new JsonArray([.. words.Select(w => (JsonNode)w.Word)]) },
        t =>
        {
            foreach (var (word, value) in words)
            {
                if (word == t.Text) return (value, null);
            }

            var offered = string.Join(", ", words.Select(w => w.Word));
            return (default, notYet.Contains(t.Text)
                ? $"this version of Flyball does not support '{t.Text}' yet; it supports {offered}"
                : $"{t.Kind} is not one of {offered}");
        });

    /// <summary>Text of which <paramref name="wrong"/> may say why it cannot be used.</summary>
    public static Shape<string> Checked(Func<string, string?> wrong) => new ScalarShape<string>(
        new() { ["type"] = "string", ["minLength"] = 1 },
        t => Words(t) is { Wrong: null } && wrong(t.Text) is { } message ? (null, message) : Words(t));

    private static (string? Value, string? Wrong) Words(YamlText t) => t switch
    {
        { IsNull: true } => (null, "there is no value"),
        { Text.Length: 0 } => (null, "the text is empty"),
        { Plain: true } when t.Text is "true" or "false" || Notation.Number(t.Text) is not null => (null, $"{t.Kind} is not text; put it in quotes"),
        _ => (t.Text, null),
    };
}
