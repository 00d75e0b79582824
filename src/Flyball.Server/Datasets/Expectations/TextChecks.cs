using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>Expectations on how texts look.</summary>
internal static class TextChecks
{
    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All =>
    [
        ("expect_column_values_to_match_regex", (arguments, columns) => Regexes(arguments, columns, [arguments.Text("regex", "(?s).*")], Any, expected: true)),
        ("expect_column_values_to_not_match_regex", (arguments, columns) => Regexes(arguments, columns, [arguments.Text("regex")], Any, expected: false)),
        ("expect_column_values_to_match_regex_list", (arguments, columns) => Regexes(arguments, columns, arguments.Texts("regex_list"), On(arguments), expected: true)),
        ("expect_column_values_to_not_match_regex_list", (arguments, columns) => Regexes(arguments, columns, arguments.Texts("regex_list"), Any, expected: false)),
        ("expect_column_values_to_match_like_pattern", (arguments, columns) => Likes(arguments, columns, [arguments.Text("like_pattern")], Any, expected: true)),
        ("expect_column_values_to_not_match_like_pattern", (arguments, columns) => Likes(arguments, columns, [arguments.Text("like_pattern")], Any, expected: false)),
        ("expect_column_values_to_match_like_pattern_list", (arguments, columns) => Likes(arguments, columns, arguments.Texts("like_pattern_list"), On(arguments), expected: true)),
        ("expect_column_values_to_not_match_like_pattern_list", (arguments, columns) => Likes(arguments, columns, arguments.Texts("like_pattern_list"), Any, expected: false)),
        ("expect_column_values_to_match_strftime_format", (arguments, columns) => ValueChecks.Texts(arguments, columns, name => $"try_strptime({name}, {DuckDbText.Literal(arguments.Text("strftime_format"))}) is not null")),
        ("expect_column_values_to_be_dateutil_parseable", (arguments, columns) => ValueChecks.Texts(arguments, columns, _ => "true") with { Does = TimeWords.IsTime }),
        ("expect_column_values_to_match_json_schema", (arguments, columns) => new JsonSchema(arguments.Object("json_schema")) is var schema ? ValueChecks.Texts(arguments, columns, _ => "true") with { Does = schema.Accepts } : null!),
        ("expect_column_values_to_be_json_parseable", (arguments, columns) => ValueChecks.Texts(arguments, columns, name => $"json_valid({name})")),
    ];

    private const string Any = " or ";

    private static string On(Arguments arguments) => arguments.Text("match_on", "any") switch
    {
        "any" => Any,
        "all" => " and ",
        _ => throw arguments.Wrong("match_on", "either 'any' or 'all'"),
    };

    private static RowCheck Likes(Arguments arguments, ExpectedColumns columns, IReadOnlyList<string> patterns, string joint, bool expected) => ValueChecks.Texts(arguments, columns, name =>
        $"{(expected ? "" : "not ")}({Joined(patterns.Select(pattern => $"{name} like {DuckDbText.Literal(pattern)}"), joint)})");

    private static RowCheck Regexes(Arguments arguments, ExpectedColumns columns, IReadOnlyList<string> patterns, string joint, bool expected)
    {
        var matchers = patterns.Select(Pattern.Matcher).ToList();
        var here = false;
        var check = ValueChecks.Texts(arguments, columns, name =>
        {
            var told = patterns.Select(pattern => Pattern.Sql(name, pattern)).ToList();
            here = told.Contains(null);
            return here ? "true" : $"{(expected ? "" : "not ")}({Joined(told!, joint)})";
        });
        if (!here) return check;
        return check with { Does = text => expected == (joint == Any ? matchers.Exists(matches => matches(text)) : matchers.TrueForAll(matches => matches(text))) };
    }

    /// <summary>Of no pattern none matches.</summary>
    private static string Joined(IEnumerable<string> parts, string joint) => string.Join(joint, parts) is { Length: > 0 } joined ? joined : joint == Any ? "false" : "true";
}
