using System.Text.Json.Nodes;

namespace Flyball.Server.Projects;

/// <summary>The expectations that a dataset may declare: their Great Expectations names and arguments.</summary>
public static class ExpectationNames
{
    private static readonly Key Column = Key.Needed("column", Scalars.Text, "Name of the column.");

    private static readonly Key Mostly = Key.Optional("mostly", Scalars.Number(0, 1), "Share of the rows, 0 to 1, that must hold it; all unless given.");

    private static readonly Key ValueSet = Key.Needed("value_set", new ListShape<object>(Scalars.Any), "The values.");

    private static readonly Key[] Strict =
    [
        Key.Optional("strict_min", Scalars.Flag, "True where the lower bound itself is not allowed."),
        Key.Optional("strict_max", Scalars.Flag, "True where the upper bound itself is not allowed."),
    ];

    private static readonly Key[] Numbers = [.. Range(Scalars.Number()), .. Strict];

    private static readonly Key[] Always =
    [
        Key.Optional("severity", Severities.Shape, "info, warning or critical (the default). Only a critical one stops a training."),
        Key.Optional("row_condition", Scalars.Text, "The rows that it is about, such as trip_distance > 1 and payment_type in [1, 2]; all unless given."),
        Key.Optional("condition_parser", Scalars.Text, "pandas or great_expectations, whose words for conditions are both understood."),
        .. new[] { "result_format", "catch_exceptions", "windows", "meta", "notes", "column_index" }
            .Select(k => Key.NotYet(k, "leave it away")),
    ];

    private static readonly (string Name, Key[] Keys, bool Ranged)[] Table =
    [
        ("expect_column_to_exist", [Column], false),
        ("expect_column_values_to_not_be_null", [Column, Mostly], false),
        ("expect_column_values_to_be_null", [Column, Mostly], false),
        ("expect_column_values_to_be_between", [Column, .. Range(Scalars.Bound), .. Strict, Mostly], true),
        ("expect_column_values_to_be_in_set", [Column, ValueSet, Mostly], false),
        ("expect_column_values_to_not_be_in_set", [Column, ValueSet, Mostly], false),
        ("expect_column_values_to_be_unique", [Column, Mostly], false),
        ("expect_column_values_to_match_regex", [Column, Key.Needed("regex", Scalars.RegularExpression, "The pattern; it may match anywhere in the value."), Mostly], false),
        ("expect_column_value_lengths_to_be_between", [Column, .. Range(Scalars.Whole(0)), .. Strict, Mostly], true),
        ("expect_column_mean_to_be_between", [Column, .. Numbers], true),
        ("expect_column_min_to_be_between", [Column, .. Range(Scalars.Bound), .. Strict], true),
        ("expect_column_max_to_be_between", [Column, .. Range(Scalars.Bound), .. Strict], true),
        ("expect_table_row_count_to_be_between", [.. Range(Scalars.Whole(0))], true),
        ("expect_table_columns_to_match_set",
        [
            Key.Needed("column_set", new ListShape<string>(Scalars.Text, least: 1), "Names of the columns."),
            Key.Optional("exact_match", Scalars.Flag, "False where further columns are allowed; true unless given."),
        ], false),
        ("expect_column_distinct_values_to_be_in_set", [Column, ValueSet], false),
    ];

    private static readonly Dictionary<string, ObjectShape<ExpectationSpec>> Shapes = Table.ToDictionary(
        t => t.Name,
        t => new ObjectShape<ExpectationSpec>(t.Name, [.. t.Keys, .. Always], f => Make(t.Name, f), t.Ranged ? RangeMistakes : null));

    /// <summary>Every supported name.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Table.Select(t => t.Name)];

    internal static Shape<ExpectationSpec> Shape { get; } = new OneExpectation();

    private static Key[] Range(Shape bound) =>
    [
        Key.Optional("min_value", bound, "Lower bound; none unless given."),
        Key.Optional("max_value", bound, "Upper bound; none unless given."),
    ];

    private static ExpectationSpec Make(string name, Fields fields) => new(
        name,
        fields.Given.Where(g => g.Key != "severity").ToDictionary(g => g.Key, g => g.Value is IReadOnlyList<string> texts ? texts.Cast<object>().ToList() : g.Value),
        fields.Get("severity", Severity.Critical));

    private static IEnumerable<(string Key, string Message)> RangeMistakes(Fields fields)
    {
        if (!fields.Has("min_value") && !fields.Has("max_value")) yield return ("", "give min_value, max_value or both");
        else if (fields.Has("min_value") && fields.Has("max_value"))
        {
            var (low, high) = (fields.Get<object>("min_value"), fields.Get<object>("max_value"));
            if (low.GetType() != high.GetType()) yield return ("max_value", "min_value and max_value are not of one kind");
            else if (Comparer<object>.Default.Compare(low, high) > 0) yield return ("max_value", "max_value is below min_value");
        }
    }

    /// <summary>A map whose one key is the expectation's name.</summary>
    private sealed class OneExpectation : Shape<ExpectationSpec>
    {
        public override bool TryRead(YamlNode node, string path, Problems problems, out ExpectationSpec value)
        {
            value = null!;
            if (node is not YamlMap { Entries: [var only] })
            {
                problems.Add(node, path, "an expectation is a map with one key, its name, such as expect_column_to_exist: { column: id }");
                return false;
            }

            if (Shapes.TryGetValue(only.Key.Text, out var shape)) return shape.TryRead(only.Value, Paths.Below(path, only.Key.Text), problems, out value);
            var near = Suggestions.For(only.Key.Text, All);
            var list = near is null ? $"; it knows {string.Join(", ", All)}" : "";
            problems.Add(only.Key, path, $"this version of Flyball does not know the expectation '{only.Key.Text}'{list}", near);
            return false;
        }

        public override JsonObject Schema() => new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(All.Select(n => KeyValuePair.Create(n, (JsonNode?)Shapes[n].Schema()))),
            ["additionalProperties"] = false,
            ["minProperties"] = 1,
            ["maxProperties"] = 1,
        };
    }
}

internal static class Severities
{
    public static readonly Shape<Severity> Shape =
        Scalars.Choice([("info", Severity.Info), ("warning", Severity.Warning), ("critical", Severity.Critical)]);
}
