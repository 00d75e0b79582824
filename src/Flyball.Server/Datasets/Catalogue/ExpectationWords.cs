namespace Flyball.Server.Datasets;

/// <summary>Expectations in words.</summary>
public static class ExpectationWords
{
    private static readonly Dictionary<string, string> Sentences = new(StringComparer.Ordinal)
    {
        ["expect_column_to_exist"] = "there is a column {column}",
        ["expect_column_values_to_not_be_null"] = "{column} is never missing",
        ["expect_column_values_to_be_null"] = "{column} is always missing",
        ["expect_column_values_to_be_between"] = "{column} is {range}",
        ["expect_column_values_to_be_in_set"] = "{column} is one of {value_set}",
        ["expect_column_values_to_not_be_in_set"] = "{column} is none of {value_set}",
        ["expect_column_values_to_be_unique"] = "no value of {column} comes twice",
        ["expect_column_values_to_match_regex"] = "{column} matches {regex}",
        ["expect_column_values_to_not_match_regex"] = "{column} does not match {regex}",
        ["expect_column_values_to_match_regex_list"] = "{column} matches of these: {regex_list}",
        ["expect_column_values_to_not_match_regex_list"] = "{column} matches none of {regex_list}",
        ["expect_column_values_to_match_like_pattern"] = "{column} is like {like_pattern}",
        ["expect_column_values_to_not_match_like_pattern"] = "{column} is not like {like_pattern}",
        ["expect_column_values_to_match_like_pattern_list"] = "{column} is like {like_pattern_list}",
        ["expect_column_values_to_not_match_like_pattern_list"] = "{column} is like none of {like_pattern_list}",
        ["expect_column_values_to_match_strftime_format"] = "{column} is a time written as {strftime_format}",
        ["expect_column_values_to_be_dateutil_parseable"] = "{column} can be read as a date or time",
        ["expect_column_values_to_be_json_parseable"] = "{column} is JSON",
        ["expect_column_values_to_match_json_schema"] = "{column} is JSON of a schema",
        ["expect_column_values_to_be_of_type"] = "{column} is of type {type_}",
        ["expect_column_values_to_be_in_type_list"] = "{column} is of one of the types {type_list}",
        ["expect_column_values_to_be_increasing"] = "{column} goes up",
        ["expect_column_values_to_be_decreasing"] = "{column} goes down",
        ["expect_column_value_lengths_to_be_between"] = "{column} has {range} characters",
        ["expect_column_value_lengths_to_equal"] = "{column} has {value} characters",
        ["expect_column_value_z_scores_to_be_less_than"] = "{column} is less than {threshold} standard deviations from its mean",
        ["expect_column_mean_to_be_between"] = "the mean of {column} is {range}",
        ["expect_column_median_to_be_between"] = "the median of {column} is {range}",
        ["expect_column_stdev_to_be_between"] = "the standard deviation of {column} is {range}",
        ["expect_column_sum_to_be_between"] = "the sum of {column} is {range}",
        ["expect_column_min_to_be_between"] = "the smallest {column} is {range}",
        ["expect_column_max_to_be_between"] = "the largest {column} is {range}",
        ["expect_column_quantile_values_to_be_between"] = "quantiles of {column} lie where they should",
        ["expect_column_unique_value_count_to_be_between"] = "{column} has {range} different values",
        ["expect_column_proportion_of_unique_values_to_be_between"] = "the share of different values of {column} is {range}",
        ["expect_column_proportion_of_non_null_values_to_be_between"] = "the share of {column} that is there is {range}",
        ["expect_column_distinct_values_to_be_in_set"] = "{column} takes no values but {value_set}",
        ["expect_column_distinct_values_to_contain_set"] = "{column} takes each of {value_set}",
        ["expect_column_distinct_values_to_equal_set"] = "{column} takes exactly the values {value_set}",
        ["expect_column_most_common_value_to_be_in_set"] = "the most common {column} is one of {value_set}",
        ["expect_column_kl_divergence_to_be_less_than"] = "{column} is spread as expected (divergence at most {threshold})",
        ["expect_column_chisquare_test_p_value_to_be_greater_than"] = "{column} is spread as expected (chi-square)",
        ["expect_column_bootstrapped_ks_test_p_value_to_be_greater_than"] = "{column} is spread as expected (bootstrapped Kolmogorov-Smirnov)",
        ["expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than"] = "{column} is spread as {distribution} (Kolmogorov-Smirnov)",
        ["expect_column_pair_values_to_be_equal"] = "{column_A} is {column_B}",
        ["expect_column_pair_values_a_to_be_greater_than_b"] = "{column_A} is greater than {column_B}",
        ["expect_column_pair_values_to_be_in_set"] = "{column_A} and {column_B} are a pair that is listed",
        ["expect_column_pair_cramers_phi_value_to_be_less_than"] = "{column_A} and {column_B} have little to do with each other",
        ["expect_multicolumn_sum_to_equal"] = "{column_list} add up to {sum_total}",
        ["expect_multicolumn_values_to_be_equal"] = "{column_list} are the same",
        ["expect_multicolumn_values_to_be_unique"] = "{column_list} differ in every row",
        ["expect_select_column_values_to_be_unique_within_record"] = "{column_list} differ in every row",
        ["expect_compound_columns_to_be_unique"] = "{column_list} together never come twice",
        ["expect_table_row_count_to_be_between"] = "there are {range} rows",
        ["expect_table_row_count_to_equal"] = "there are {value} rows",
        ["expect_table_row_count_to_equal_other_table"] = "there are as many rows as in {other_table_name}",
        ["expect_table_column_count_to_be_between"] = "there are {range} columns",
        ["expect_table_column_count_to_equal"] = "there are {value} columns",
        ["expect_table_columns_to_match_ordered_list"] = "the columns are {column_list}, in this order",
        ["expect_table_columns_to_match_set"] = "the columns are {column_set}",
        ["unexpected_rows_expectation"] = "a query finds no rows: {unexpected_rows_query}",
    };

    public static QualityDimension DimensionOf(string type) => type switch
    {
        _ when type.EndsWith("be_null", StringComparison.Ordinal) || type.Contains("non_null", StringComparison.Ordinal) || type.Contains("row_count", StringComparison.Ordinal) || type == "expect_column_to_exist" || type.EndsWith("contain_set", StringComparison.Ordinal) => QualityDimension.Completeness,
        _ when type.Contains("unique", StringComparison.Ordinal) || type.Contains("pair", StringComparison.Ordinal) || type.Contains("multicolumn", StringComparison.Ordinal) || type.Contains("creasing", StringComparison.Ordinal) || type.Contains("type", StringComparison.Ordinal)
            || type.StartsWith("expect_table_column", StringComparison.Ordinal) || type.Contains("other_table", StringComparison.Ordinal) => QualityDimension.Consistency,
        VolumeCheck.Type => QualityDimension.Timeliness,
        _ => QualityDimension.Accuracy,
    };

    /// <summary>What is expected, as a sentence without its end.</summary>
    public static string Of(string type, IReadOnlyDictionary<string, object?> kwargs)
    {
        var told = Sentences.GetValueOrDefault(type) ?? type.Replace("expect_", "", StringComparison.Ordinal).Replace('_', ' ');
        foreach (var (name, value) in kwargs) told = told.Replace($"{{{name}}}", Value(value), StringComparison.Ordinal);
        told = told.Replace("{range}", Range(kwargs), StringComparison.Ordinal);
        var mostly = kwargs.GetValueOrDefault("mostly") is { } share && Bounds.Number(share) is < 1 and var least ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $", in at least {least * 100:0.##} % of the rows") : "";
        var where = kwargs.GetValueOrDefault("row_condition") switch { null => "", string text => $", where {text}", _ => ", where a condition holds" };
        return told + mostly + where;
    }

    private static string Range(IReadOnlyDictionary<string, object?> kwargs) => (kwargs.GetValueOrDefault("min_value"), kwargs.GetValueOrDefault("max_value")) switch
    {
        (null, null) => "there",
        ({ } low, null) => $"{(kwargs.GetValueOrDefault("strict_min") is true ? "more than" : "at least")} {Value(low)}",
        (null, { } high) => $"{(kwargs.GetValueOrDefault("strict_max") is true ? "less than" : "at most")} {Value(high)}",
        var (low, high) => $"between {Value(low)} and {Value(high)}",
    };

    private static string Value(object? value) => value switch
    {
        IEnumerable<object?> list when value is not string => list.ToList() is var all && all.Count > 12 ? $"{string.Join(", ", all.Take(12).Select(Value))} and {all.Count - 12} more" : string.Join(", ", all.Select(Value)),
        double number => Ui.Show.Number(number),
        _ => Scalar.Text(value),
    };
}
