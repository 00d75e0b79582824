using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>An expectation that data as profiled meets, and why it is suggested.</summary>
internal sealed record Suggestion(string Type, IReadOnlyDictionary<string, object?> Kwargs, string Reason);

/// <summary>Expectations that a profile suggests, for a person to look through. Nothing applies them by itself.</summary>
internal static class ExpectationSuggestions
{
    private const int MostInSet = 50;
    private const int MostNumbersInSet = 20;
    private const int LongestMostly = 4;

    public static IReadOnlyList<Suggestion> Of(DatasetProfile profile) => [.. Table(profile), .. profile.Columns.SelectMany(Column)];

    /// <summary>Those that the data itself meets: what was estimated is looked up, in another pass.</summary>
    public static IReadOnlyList<Suggestion> Tested(DatasetProfile profile, GivenFiles files)
    {
        var suggested = Of(profile);
        var results = new Suite(files.Duck, files.Relation, files.Columns, new ResultOptions(ResultFormat.BooleanOnly)).Validate([.. suggested.Select(one => new ExpectationSpec(one.Type, one.Kwargs, Severity.Warning))]).Results;
        return [.. suggested.Where((_, i) => results[i].Success)];
    }

    /// <summary>A suite in the JSON of Great Expectations 1.x, marked for review.</summary>
    /// <param name="of">What was profiled.</param>
    public static JsonObject Json(IReadOnlyList<Suggestion> suggestions, string name, string of, DatasetProfile profile) => new()
    {
        ["name"] = name,
        ["expectations"] = new JsonArray([.. suggestions.Select(one => (JsonNode)new JsonObject
        {
            ["type"] = one.Type,
            ["kwargs"] = JsonSerializer.SerializeToNode(one.Kwargs, Foundation.Json.Options),
            ["severity"] = "warning",
            ["meta"] = new JsonObject { ["notes"] = new JsonObject { ["format"] = "markdown", ["content"] = new JsonArray($"Suggested, not reviewed: {one.Reason}") }, ["flyball"] = new JsonObject { ["reason"] = one.Reason, ["reviewed"] = false } },
        })]),
        ["meta"] = new JsonObject { ["great_expectations_version"] = "1.2.0", ["flyball"] = new JsonObject { ["suggestedFrom"] = of, ["rows"] = profile.Rows } },
        ["notes"] = "Suggested from a profile and met by the profiled data. Look through each before relying on it.",
        ["suite_parameters"] = new JsonObject(),
    };

    private static IEnumerable<Suggestion> Table(DatasetProfile profile)
    {
        yield return new Suggestion("expect_table_columns_to_match_set", Kwargs(("column_set", profile.Columns.Select(column => column.Name).ToList()), ("exact_match", true)), $"these are the {profile.Columns.Count} columns that there were");
        if (profile.Rows == 0) yield break;
        yield return new Suggestion(
            "expect_table_row_count_to_be_between", Kwargs(("min_value", profile.Rows / 2), ("max_value", profile.Rows * 2)), string.Create(CultureInfo.InvariantCulture, $"there were {profile.Rows:N0} rows; half and twice as many are let pass"));
    }

    private static IEnumerable<Suggestion> Column(ColumnProfile column)
    {
        var name = ("column", (object?)column.Name);
        yield return new Suggestion("expect_column_values_to_be_of_type", Kwargs(name, ("type_", column.Type)), $"the column is {column.Type}");
        if (column.Count == 0) yield break;
        if (Nulls(column) is { } nulls) yield return nulls;
        if (Set(column) is { } set) yield return set;
        else if (column is { Kind: ColumnKind.Number, Numbers.Finite: > 0 }) foreach (var one in Numbers(column, column.Numbers)) yield return one;
        else if (column is { Kind: ColumnKind.Text, Type: "VARCHAR", Texts: { } texts }) foreach (var one in Texts(column, texts)) yield return one;
        if (Unique(column) is { } unique) yield return unique;
    }

    /// <summary>Where values are missing, as many may be, and by chance a little more: one and a half times the share and three standard errors.</summary>
    private static Suggestion? Nulls(ColumnProfile column)
    {
        if (column.Nulls == 0) return new Suggestion("expect_column_values_to_not_be_null", Kwargs(("column", column.Name)), string.Create(CultureInfo.InvariantCulture, $"none of {column.Rows:N0} rows was null"));
        var share = (double)column.Nulls / column.Rows;
        var mostly = Floor(1 - (1.5 * share) - (3 * Math.Sqrt(share * (1 - share) / column.Rows)));
        return mostly <= 0 ? null : new Suggestion("expect_column_values_to_not_be_null", Kwargs(("column", column.Name), ("mostly", mostly)), string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} % of the rows were null; up to {(1 - mostly) * 100:0.##} % are let pass"));
    }

    private static Suggestion? Set(ColumnProfile column)
    {
        var isText = column is { Kind: ColumnKind.Text, Type: "VARCHAR" };
        var most = isText ? MostInSet : MostNumbersInSet;
        if (!column.IsListed || column.Distinct > most || column.Count < 20 * column.Distinct || column.Top.Any(top => top.Digest is not null)) return null;
        if (isText) return In([.. column.Top.Select(top => top.Value).Order(StringComparer.Ordinal)]);
        if (column is not { Kind: ColumnKind.Number, Numbers: { PositiveInfinities: 0, NegativeInfinities: 0 } }) return null;
        var values = column.Top.Select(top => double.Parse(top.Value, CultureInfo.InvariantCulture)).Order().ToList();
        // many different fractions are measurements, few whole numbers are codes
        return values.TrueForAll(value => value == Math.Floor(value) && Math.Abs(value) < 1e15) ? In([.. values.Select(value => (long)value)]) : null;

        Suggestion In(IReadOnlyList<object?> set) =>
            new("expect_column_values_to_be_in_set", Kwargs(("column", column.Name), ("value_set", set)), string.Create(CultureInfo.InvariantCulture, $"all {column.Count:N0} values were one of these {set.Count}"));
    }

    private static IEnumerable<Suggestion> Numbers(ColumnProfile column, NumberProfile numbers)
    {
        var (min, max) = (numbers.Min!.Value, numbers.Max!.Value);
        var margin = Math.Min(0.1 * (max - min), double.MaxValue);
        // what never was negative, or positive, is not let become so
        var low = min >= 0 && min - margin < 0 ? 0 : Outward(min - margin, up: false);
        var high = max <= 0 && max + margin > 0 ? 0 : Outward(max + margin, up: true);
        if (numbers.PositiveInfinities + numbers.NegativeInfinities == 0 && double.IsFinite(low) && double.IsFinite(high))
        {
            yield return new Suggestion("expect_column_values_to_be_between", Kwargs(("column", column.Name), ("min_value", low), ("max_value", high)), $"all values lay between {column.Min} and {column.Max}; a tenth of that range is let pass beyond");
        }

        if (numbers is { Mean: { } mean, Std: { } std and > 0, Quantiles: var at } && numbers.LeftOut == 0 && std <= 3 * (at[7] - at[1]) && !ProfileFindings.IsEveryRow(column))
        {
            yield return new Suggestion(
                "expect_column_mean_to_be_between", Kwargs(("column", column.Name), ("min_value", Outward(mean - (std / 4), up: false)), ("max_value", Outward(mean + (std / 4), up: true))),
                string.Create(CultureInfo.InvariantCulture, $"the mean was {mean:G6}; a quarter of the standard deviation ({std:G4}) is let pass"));
        }

        var q = numbers.Quantiles;
        if (!(q[6] > q[2]) || ProfileFindings.IsEveryRow(column) || !double.IsFinite(q[6] - q[2])) yield break;
        var slack = 0.1 * (q[6] - q[2]);
        yield return new Suggestion(
            "expect_column_quantile_values_to_be_between",
            Kwargs(("column", column.Name), ("quantile_ranges", new Dictionary<string, object?> { ["quantiles"] = new List<object?> { 0.05, 0.25, 0.5, 0.75, 0.95 }, ["value_ranges"] = q.Skip(2).Take(5).Select(object? (value) => new List<object?> { Outward(value - slack, up: false), Outward(value + slack, up: true) }).ToList() })),
            string.Create(CultureInfo.InvariantCulture, $"the quantiles were {string.Join(", ", q.Skip(2).Take(5).Select(value => value.ToString("G5", CultureInfo.InvariantCulture)))}; a tenth of the distance between the outer two is let pass"));
    }

    private static IEnumerable<Suggestion> Texts(ColumnProfile column, TextProfile texts)
    {
        if (Shapes(column, texts.Shapes, isLoose: false) is { } exact) yield return exact;
        else if (Shapes(column, texts.LooseShapes, isLoose: true) is { } loose) yield return loose;
        if (texts.MaxLength > 200) yield break;
        var most = texts.MinLength == texts.MaxLength ? texts.MaxLength : (long)Math.Ceiling(texts.MaxLength * 1.5);
        yield return new Suggestion(
            "expect_column_value_lengths_to_be_between", Kwargs(("column", column.Name), ("min_value", texts.MinLength == texts.MaxLength ? texts.MinLength : Math.Min(1, texts.MinLength)), ("max_value", most)),
            texts.MinLength == texts.MaxLength ? $"all texts had {texts.MinLength} characters" : $"texts had {texts.MinLength} to {texts.MaxLength} characters; half as many more are let pass");
    }

    /// <summary>Up to three shapes that all but one in a thousand texts have.</summary>
    private static Suggestion? Shapes(ColumnProfile column, IReadOnlyList<ShapeCount> shapes, bool isLoose)
    {
        var few = shapes.Take(3).Where(shape => shape.Count >= 0.01 * column.Count).ToList();
        var covered = (double)few.Sum(shape => shape.Count) / column.Count;
        var regexes = few.ConvertAll(shape => TextShape.Regex(shape.Shape, isLoose));
        if (covered < 0.999 || regexes.Contains(null) || few.TrueForAll(shape => shape.Shape is "a+" or "A+a+" or "")) return null;
        var mostly = covered == 1 ? (double?)null : Floor(1 - (1.5 * (1 - covered)));
        return new Suggestion(
            "expect_column_values_to_match_regex", Kwargs([("column", column.Name), ("regex", regexes.Count == 1 ? regexes[0] : $"{string.Join('|', regexes)}"), .. mostly is null ? Array.Empty<(string, object?)>() : [("mostly", mostly)]]),
            string.Create(CultureInfo.InvariantCulture, $"{(covered == 1 ? "all" : $"{covered * 100:0.###} % of the")} texts look like {string.Join(" or ", few.Select(shape => shape.Shape))}"));
    }

    private static Suggestion? Unique(ColumnProfile column) =>
        column.Count > 20 && column.Kind is not ColumnKind.Flag && (column.IsDistinctExact ? column.Distinct == column.Count : Math.Abs(column.Distinct - column.Count) < 0.06 * column.Count && column.Top is not [{ Count: > 1 }, ..])
        && !(column.Kind == ColumnKind.Number && column.Type is "FLOAT" or "DOUBLE")
            ? new Suggestion("expect_column_values_to_be_unique", Kwargs(("column", column.Name)), string.Create(CultureInfo.InvariantCulture, $"no two of {column.Count:N0} values were the same"))
            : null;

    /// <summary>To two digits of the value, away from the data.</summary>
    private static double Outward(double value, bool up)
    {
        if (value == 0 || !double.IsFinite(value)) return value;
        var step = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - 2);
        var rounded = (up ? Math.Ceiling(value / step) : Math.Floor(value / step)) * step;
        var told = double.Parse(rounded.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return double.IsFinite(told) && step > 0 && (up ? told >= value : told <= value) ? told : value;
    }

    private static double Floor(double share) => Math.Floor(share * Math.Pow(10, LongestMostly)) / Math.Pow(10, LongestMostly);

    private static Dictionary<string, object?> Kwargs(params (string Name, object? Value)[] kwargs) => kwargs.ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);
}
