using System.Globalization;
using System.Text.RegularExpressions;

namespace Flyball.Server.Projects;

/// <summary>The small notations of a project file: durations, comparisons, thresholds and training windows. Each parser gives null for text that is not of its form.</summary>
internal static partial class Notation
{
    /// <summary>
    /// Stands behind a pattern wherever one is used here. The schema's $ is the end of the text; that of .NET is also the place before a last line break, and \z, which is the end alone, is unknown to schemas.
    /// </summary>
    public const string End = @"\z";

    public const string DurationPattern = "^[1-9][0-9]{0,5}(s|m|h|d|w)$";

    public const string ComparisonPattern = @"^(<=|>=|==|!=|<|>) *-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$";

    public const string ThresholdPattern = @"^(<=|>=|<|>) *(-?[0-9]+(\.[0-9]+)?|baseline( *\* *[0-9]+(\.[0-9]+)?)?|[0-9]+(\.[0-9]+)? *\* *baseline)$";

    public const string WindowPattern = "^(expanding|only new|sliding +[1-9][0-9]{0,5}(s|m|h|d|w))$";

    public static TimeSpan? Duration(string text)
    {
        if (!DurationForm().IsMatch(text)) return null;
        var count = int.Parse(text.AsSpan(0, text.Length - 1), CultureInfo.InvariantCulture);
        var span = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => TimeSpan.FromDays(7L * count),
        };
        return span <= TimeSpan.FromDays(36_500) ? span : null;
    }

    /// <summary>A duration as the file writes it, in the largest unit that divides it.</summary>
    public static string Written(TimeSpan duration) => duration switch
    {
        _ when duration.Ticks % TimeSpan.TicksPerDay == 0 => $"{duration.TotalDays:0}d",
        _ when duration.Ticks % TimeSpan.TicksPerHour == 0 => $"{duration.TotalHours:0}h",
        _ when duration.Ticks % TimeSpan.TicksPerMinute == 0 => $"{duration.TotalMinutes:0}m",
        _ => $"{duration.TotalSeconds:0}s",
    };

    public static Comparison? Comparison(string text) =>
        ComparisonForm().IsMatch(text) && Split(text) is var (op, rest) && Number(rest) is { } value ? new Comparison(op, value) : null;

    public static Threshold? Threshold(string text)
    {
        if (!ThresholdForm().IsMatch(text)) return null;
        var (op, rest) = Split(text);
        if (!rest.Contains("baseline", StringComparison.Ordinal)) return Number(rest) is { } limit ? new Threshold(op, limit, TimesBaseline: false) : null;
        var factor = rest.Replace("baseline", "", StringComparison.Ordinal).Replace("*", "", StringComparison.Ordinal).Trim();
        return factor.Length == 0 ? new Threshold(op, 1, TimesBaseline: true) : Number(factor) is { } times ? new Threshold(op, times, TimesBaseline: true) : null;
    }

    public static (WindowKind Kind, TimeSpan? Length)? Window(string text) => text switch
    {
        "expanding" => (WindowKind.Expanding, null),
        "only new" => (WindowKind.OnlyNew, null),
        _ when text.StartsWith("sliding ", StringComparison.Ordinal) && Duration(text[8..].TrimStart(' ')) is { } length => (WindowKind.Sliding, length),
        _ => null,
    };

    /// <summary>A finite number in the notation of YAML and JSON.</summary>
    public static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
        && double.IsFinite(value) ? value : null;

    private static (string Operator, string Operand) Split(string text)
    {
        var length = text.Length > 1 && text[1] == '=' ? 2 : 1;
        return (text[..length], text[length..].Trim());
    }

    [GeneratedRegex(DurationPattern + End)]
    private static partial Regex DurationForm();

    [GeneratedRegex(ComparisonPattern + End)]
    private static partial Regex ComparisonForm();

    [GeneratedRegex(ThresholdPattern + End)]
    private static partial Regex ThresholdForm();
}
