using System.Text.Json.Nodes;

namespace Flyball.Server.Projects;

/// <summary>The expectations that a dataset may declare: their Great Expectations names and arguments.</summary>
public static class ExpectationNames
{
    private static readonly Key Column = Key.Needed("column", Scalars.Text, "Name of the column.");

    private static readonly Key Mostly = Key.Optional("mostly", Scalars.Number(0, 1), "Share of the rows, 0 to 1, that must hold it; all unless given.");

    private static readonly Key ValueSet = Key.Needed("value_set", new ListShape<object>(Scalars.Any), "The values.");

    private static readonly Key MatchOn = Key.Optional("match_on", Scalars.Choice([("any", "any"), ("all", "all")]), "Whether any of the patterns must match (unless given) or all.");

    private static readonly Key Partition = Key.Needed("partition_object", new TreeShape("a map with values or bins, and weights"), "values and their weights, or bins and the weights between them; weights sum to 1.");

    private static readonly Key TailHoldout = Key.Optional("tail_weight_holdout", Scalars.Number(0, 1), "Share that is kept for values that are not expected; none unless given.");

    private static readonly Key Level = Key.Optional("p", Scalars.Number(0, 1), "The p-value must be above it; 0.05 unless given.");

    private static readonly Key Columns = Key.Needed("column_list", new ListShape<string>(Scalars.Text, least: 1), "Names of the columns.");

    private static readonly Key IgnorePair = Key.Optional("ignore_row_if", Scalars.Choice([("both_values_are_missing", "both_values_are_missing"), ("either_value_is_missing", "either_value_is_missing"), ("neither", "neither")]), "Rows that do not count: both_values_are_missing unless given, either_value_is_missing or neither.");

    private static readonly Key IgnoreRow = Key.Optional("ignore_row_if", Scalars.Choice([("all_values_are_missing", "all_values_are_missing"), ("any_value_is_missing", "any_value_is_missing"), ("never", "never")]), "Rows that do not count: all_values_are_missing unless given, any_value_is_missing or never.");

    private static readonly Key[] Pair = [Key.Needed("column_A", Scalars.Text, "Name of the first column."), Key.Needed("column_B", Scalars.Text, "Name of the second column.")];

    private static readonly Key[] Rows = [Columns, IgnoreRow, Mostly];

    private static readonly Key[] Strict =
    [
        Key.Optional("strict_min", Scalars.Flag, "True where the lower bound itself is not allowed."),
        Key.Optional("strict_max", Scalars.Flag, "True where the upper bound itself is not allowed."),
    ];

    private static readonly Key[] Numbers = [.. Range(Scalars.Number()), .. Strict];

    private static readonly Key[] Always =
    [
        Key.Optional("severity", Severities.Shape, "info, warning or critical (the default). Only a critical one stops a training."),
        Key.Optional("row_condition", new TreeShape("a condition", isText: true), "The rows that it is about, such as trip_distance > 1 and payment_type in [1, 2]; all unless given."),
        Key.Optional("condition_parser", Scalars.Text, "pandas or great_expectations, whose words for conditions are both understood."),
        .. new[] { "result_format", "catch_exceptions", "windows", "meta", "notes" }
            .Select(k => Key.NotYet(k, "leave it away")),
    ];

    private static readonly (string Name, Key[] Keys, bool Ranged)[] Table =
    [
        ("expect_column_to_exist", [Column, Key.Optional("column_index", Scalars.Whole(0), "Its place among the columns, from 0 on.")], false),
        ("expect_column_values_to_not_be_null", [Column, Mostly], false),
        ("expect_column_values_to_be_null", [Column, Mostly], false),
        ("expect_column_values_to_be_between", [Column, .. Range(Scalars.Bound), .. Strict, Mostly], true),
        ("expect_column_values_to_be_in_set", [Column, ValueSet, Mostly], false),
        ("expect_column_values_to_not_be_in_set", [Column, ValueSet, Mostly], false),
        ("expect_column_values_to_be_unique", [Column, Mostly], false),
        ("expect_column_values_to_match_regex", [Column, Regex("regex"), Mostly], false),
        ("expect_column_values_to_not_match_regex", [Column, Regex("regex"), Mostly], false),
        ("expect_column_values_to_match_regex_list", [Column, Regexes, MatchOn, Mostly], false),
        ("expect_column_values_to_not_match_regex_list", [Column, Regexes, Mostly], false),
        ("expect_column_values_to_match_like_pattern", [Column, Like, Mostly], false),
        ("expect_column_values_to_not_match_like_pattern", [Column, Like, Mostly], false),
        ("expect_column_values_to_match_like_pattern_list", [Column, Likes, MatchOn, Mostly], false),
        ("expect_column_values_to_not_match_like_pattern_list", [Column, Likes, Mostly], false),
        ("expect_column_values_to_match_strftime_format", [Column, Key.Needed("strftime_format", Scalars.Text, "The format, such as %Y-%m-%d."), Mostly], false),
        ("expect_column_values_to_be_dateutil_parseable", [Column, Mostly], false),
        ("expect_column_values_to_be_json_parseable", [Column, Mostly], false),
        ("expect_column_values_to_match_json_schema", [Column, Key.Needed("json_schema", new TreeShape("a JSON Schema"), "The JSON Schema."), Mostly], false),
        ("expect_column_values_to_be_of_type", [Column, Key.Needed("type_", Scalars.Text, "Name of the type, in SQL or pandas.")], false),
        ("expect_column_values_to_be_in_type_list", [Column, Key.Needed("type_list", new ListShape<string>(Scalars.Text, least: 1), "Names of types, in SQL or pandas.")], false),
        ("expect_column_values_to_be_increasing", [Column, Key.Optional("strictly", Scalars.Flag, "True where a value may not be the one before it."), Mostly], false),
        ("expect_column_values_to_be_decreasing", [Column, Key.Optional("strictly", Scalars.Flag, "True where a value may not be the one before it."), Mostly], false),
        ("expect_column_value_lengths_to_be_between", [Column, .. Range(Scalars.Whole(0)), .. Strict, Mostly], true),
        ("expect_column_value_lengths_to_equal", [Column, Key.Needed("value", Scalars.Whole(0), "Characters of each value."), Mostly], false),
        ("expect_column_value_z_scores_to_be_less_than", [Column, Key.Needed("threshold", Scalars.Number(0), "Standard deviations from the mean."), Key.Optional("double_sided", Scalars.Flag, "True where values far below the mean are unexpected, too."), Mostly], false),
        ("expect_column_mean_to_be_between", [Column, .. Numbers], true),
        ("expect_column_median_to_be_between", [Column, .. Numbers], true),
        ("expect_column_stdev_to_be_between", [Column, .. Numbers], true),
        ("expect_column_sum_to_be_between", [Column, .. Numbers], true),
        ("expect_column_min_to_be_between", [Column, .. Range(Scalars.Bound), .. Strict], true),
        ("expect_column_max_to_be_between", [Column, .. Range(Scalars.Bound), .. Strict], true),
        ("expect_column_quantile_values_to_be_between", [Column, Key.Needed("quantile_ranges", new TreeShape("a map with quantiles and value_ranges"), "quantiles, a list of numbers 0 to 1, and value_ranges, a pair of bounds for each, of which either may be null."), Key.Optional("allow_relative_error", Scalars.Any, "Taken for other engines' sake: quantiles are exact.")], false),
        ("expect_column_unique_value_count_to_be_between", [Column, .. Range(Scalars.Whole(0)), .. Strict], true),
        ("expect_column_proportion_of_unique_values_to_be_between", [Column, .. Range(Scalars.Number(0, 1)), .. Strict], true),
        ("expect_column_proportion_of_non_null_values_to_be_between", [Column, .. Range(Scalars.Number(0, 1)), .. Strict], true),
        ("expect_column_distinct_values_to_be_in_set", [Column, ValueSet], false),
        ("expect_column_distinct_values_to_contain_set", [Column, ValueSet], false),
        ("expect_column_distinct_values_to_equal_set", [Column, ValueSet], false),
        ("expect_column_most_common_value_to_be_in_set", [Column, ValueSet, Key.Optional("ties_okay", Scalars.Flag, "True where one of several equally common values will do.")], false),
        ("expect_column_kl_divergence_to_be_less_than", [Column, Partition, Key.Needed("threshold", Scalars.Number(0), "Nats."), TailHoldout, Key.Optional("internal_weight_holdout", Scalars.Number(0, 1), "Share that is kept for intervals of which nothing is expected; none unless given.")], false),
        ("expect_column_chisquare_test_p_value_to_be_greater_than", [Column, Partition, Level, TailHoldout], false),
        ("expect_column_bootstrapped_ks_test_p_value_to_be_greater_than", [Column, Partition, Level, Key.Optional("bootstrap_samples", Scalars.Whole(1, 100_000), "1,000 unless given."), Key.Optional("bootstrap_sample_size", Scalars.Whole(1, 1_000_000), "Twice the number of weights unless given.")], false),
        ("expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than", [Column, Key.Needed("distribution", Scalars.Text, "SciPy's name of it: norm, uniform, beta, gamma, chi2, expon, lognorm, t, laplace or cauchy."), Key.Needed("params", new TreeShape("a map or list of parameters"), "Its parameters, by name or in SciPy's order."), Key.Optional("p_value", Scalars.Number(0, 1), "0.05 unless given.")], false),
        ("expect_column_pair_values_to_be_equal", [.. Pair, IgnorePair, Mostly], false),
        ("expect_column_pair_values_a_to_be_greater_than_b", [.. Pair, Key.Optional("or_equal", Scalars.Flag, "True where they may be equal."), IgnorePair, Mostly], false),
        ("expect_column_pair_values_to_be_in_set", [.. Pair, Key.Needed("value_pairs_set", new TreeShape("a list of pairs"), "The pairs, a list of two values each."), IgnorePair, Mostly], false),
        ("expect_column_pair_cramers_phi_value_to_be_less_than", [.. Pair, Key.Optional("threshold", Scalars.Number(0, 1), "0.1 unless given."), .. new[] { "A", "B" }.SelectMany(side => new[] { Key.Optional($"bins_{side}", new TreeShape("a list of bins"), "Numbers between which values are alike, or lists of values that are."), Key.Optional($"n_bins_{side}", Scalars.Whole(1, 1000), "Ten unless given.") })], false),
        ("expect_multicolumn_sum_to_equal", [Columns, Key.Needed("sum_total", Scalars.Number(), "The sum of the columns in each row."), IgnoreRow, Mostly], false),
        ("expect_multicolumn_values_to_be_equal", Rows, false),
        ("expect_multicolumn_values_to_be_unique", Rows, false),
        ("expect_select_column_values_to_be_unique_within_record", Rows, false),
        ("expect_compound_columns_to_be_unique", Rows, false),
        ("expect_table_row_count_to_be_between", [.. Range(Scalars.Whole(0))], true),
        ("expect_table_row_count_to_equal", [Key.Needed("value", Scalars.Whole(0), "Number of rows.")], false),
        ("expect_table_row_count_to_equal_other_table", [Key.Needed("other_table_name", Scalars.Text, "Another dataset of the project, of which the newest usable version counts.")], false),
        ("expect_table_column_count_to_be_between", [.. Range(Scalars.Whole(0))], true),
        ("expect_table_column_count_to_equal", [Key.Needed("value", Scalars.Whole(0), "Number of columns.")], false),
        ("expect_table_columns_to_match_ordered_list", [Columns], false),
        ("expect_table_columns_to_match_set",
        [
            Key.Needed("column_set", new ListShape<string>(Scalars.Text, least: 1), "Names of the columns."),
            Key.Optional("exact_match", Scalars.Flag, "False where further columns are allowed; true unless given."),
        ], false),
        ("unexpected_rows_expectation", [Key.Needed("unexpected_rows_query", Scalars.Text, "A query that finds what should not be there; {batch} stands for the rows."), Key.Optional("description", Scalars.Text, "What it is about.")], false),
    ];

    private static readonly Dictionary<string, ObjectShape<ExpectationSpec>> Shapes = Table.ToDictionary(
        t => t.Name,
        t => new ObjectShape<ExpectationSpec>(t.Name, [.. t.Keys, .. Always, .. IsOfRows(t.Name, t.Keys) ? [SetsAside] : (Key[])[]], f => Make(t.Name, f), t.Ranged ? RangeMistakes : null));

    /// <summary>Every supported name.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Table.Select(t => t.Name)];

    internal static Shape<ExpectationSpec> Shape { get; } = new OneExpectation();

    private static Key SetsAside => Key.Optional("quarantine", Scalars.Flag, "True where rows that do not meet it are set aside instead of becoming part of the dataset.");

    /// <summary>Whether a row by itself meets it or not.</summary>
    private static bool IsOfRows(string name, Key[] keys) => keys.Contains(Mostly)
        && name is not ("expect_column_values_to_be_unique" or "expect_compound_columns_to_be_unique" or "expect_column_values_to_be_increasing" or "expect_column_values_to_be_decreasing" or "expect_column_value_z_scores_to_be_less_than"
            or "expect_column_values_to_be_dateutil_parseable" or "expect_column_values_to_match_json_schema");

    private static Key Like => Key.Needed("like_pattern", Scalars.Text, "The pattern: % stands for any text, _ for one character.");

    private static Key Likes => Key.Needed("like_pattern_list", new ListShape<string>(Scalars.Text), "Patterns: % stands for any text, _ for one character.");

    private static Key Regexes => Key.Needed("regex_list", new ListShape<string>(Scalars.RegularExpression), "Patterns; each may match anywhere in the value.");

    private static Key Regex(string name) => Key.Needed(name, Scalars.RegularExpression, "The pattern; it may match anywhere in the value.");

    private static Key[] Range(Shape bound) =>
    [
        Key.Optional("min_value", bound, "Lower bound; none unless given."),
        Key.Optional("max_value", bound, "Upper bound; none unless given."),
    ];

    private static ExpectationSpec Make(string name, Fields fields) => new(
        name,
        fields.Given.Where(g => g.Key is not ("severity" or "quarantine")).ToDictionary(g => g.Key, g => g.Value is IReadOnlyList<string> texts ? texts.Cast<object>().ToList() : g.Value),
        fields.Get("severity", Severity.Critical)) { SetsAside = fields.Given.Any(g => g is { Key: "quarantine", Value: true }) };

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
