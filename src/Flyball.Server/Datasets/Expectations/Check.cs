using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>One expectation compiled against a relation's columns: the aggregates it needs from the shared scan and how they are judged.</summary>
internal sealed record Check(ExpectationSpec Spec)
{
    public IReadOnlyList<string> Aggregates { get; private init; } = [];

    public double Mostly { get; private init; } = 1;

    public string? Column { get; private init; }

    /// <summary>Condition of a row that violates a row-wise expectation.</summary>
    public string? Unexpected { get; private init; }

    public string? Unique { get; private init; }

    public (string Column, HashSet<string> Set)? Distinct { get; private init; }

    public Func<long, object?[], (bool Success, object? Observed)>? Observe { get; private init; }

    /// <summary>Why the expectation cannot be computed, or null.</summary>
    public string? Missing { get; private init; }

    public static Check Of(ExpectationSpec spec, IReadOnlyList<Column> columns)
    {
        var check = new Check(spec) { Mostly = Number(spec, "mostly") ?? 1 };
        if (spec.Type == "expect_table_row_count_to_be_between") return check with { Observe = (rows, _) => (Within(spec, rows), rows) };
        if (spec.Type == "expect_table_columns_to_match_set") return check with { Observe = (_, _) => MatchSet(spec, columns) };
        var name = spec.Kwargs.GetValueOrDefault("column") as string ?? "";
        var known = columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (spec.Type == "expect_column_to_exist") return check with { Observe = (_, _) => (known is not null, null) };
        if (known is null) return check with { Missing = $"Error: The column \"{name}\" in BatchData does not exist." };
        var column = DuckDbText.Quote(known.Name);
        check = check with { Column = column };
        var text = $"cast({column} as varchar)";
        return spec.Type switch
        {
            "expect_column_values_to_not_be_null" => check.Rows("count(*)", $"{column} is null"),
            "expect_column_values_to_be_null" => check.Rows("count(*)", $"{column} is not null"),
            "expect_column_values_to_be_between" => check.Values(Between(spec, column)),
            "expect_column_values_to_be_in_set" => check.Values(InSet(spec, known, "in")),
            "expect_column_values_to_not_be_in_set" => check.Values(InSet(spec, known, "not in")),
            "expect_column_values_to_match_regex" => check.Values($"regexp_matches({text}, {DuckDbText.Literal((string)spec.Kwargs["regex"]!)})"),
            "expect_column_value_lengths_to_be_between" when known.Type != "VARCHAR" => check with { Missing = $"Error: The column \"{name}\" holds {known.Type}; only text has a length." },
            "expect_column_value_lengths_to_be_between" => check.Values(Between(spec, $"length({text})")),
            "expect_column_values_to_be_unique" => check with { Unique = column, Aggregates = [$"count({column})"] },
            "expect_column_distinct_values_to_be_in_set" => check with { Distinct = (Profiler.IsNumeric(known) ? $"cast({column} as double)" : text, Values(spec).Select(value => Profiler.IsNumeric(known) && value is IConvertible and not string ? Scalar.Text(Convert.ToDouble(value, CultureInfo.InvariantCulture)) : Scalar.Text(value)).ToHashSet()) },
            "expect_column_mean_to_be_between" when !Profiler.IsNumeric(known) && known.Type != "BOOLEAN" => check with { Missing = $"Error: The column \"{name}\" holds {known.Type}; a mean needs numeric values." },
            "expect_column_mean_to_be_between" => check.Observed(spec, $"avg(cast({column} as double))"),
            "expect_column_min_to_be_between" => check.Observed(spec, $"min({column})"),
            "expect_column_max_to_be_between" => check.Observed(spec, $"max({column})"),
            _ => throw new InvalidOperationException($"expectation {spec.Type}"),
        };
    }

    private Check Rows(string considered, string unexpected) => this with { Unexpected = unexpected, Aggregates = [considered, $"count(*) filter ({unexpected})"] };

    private Check Values(string expected) => Rows($"count({Column})", $"{Column} is not null and not coalesce({expected}, false)");

    /// <summary>The engine compares, so that a date is measured against dates.</summary>
    private Check Observed(ExpectationSpec spec, string aggregate) => this with
    {
        Aggregates = [aggregate, Between(spec, aggregate)],
        Observe = (_, values) => (values[1] is true, Scalar.Plain(values[0])),
    };

    /// <summary>Bounds of a count are numbers: the project file sees to it.</summary>
    private static bool Within(ExpectationSpec spec, long observed) => !(observed < Number(spec, "min_value")) && !(observed > Number(spec, "max_value"));

    private static string Between(ExpectationSpec spec, string value)
    {
        var parts = new List<string>();
        if (spec.Kwargs.GetValueOrDefault("min_value") is { } min) parts.Add($"{value} {(Flag(spec, "strict_min") ? ">" : ">=")} {Scalar.Sql(min)}");
        if (spec.Kwargs.GetValueOrDefault("max_value") is { } max) parts.Add($"{value} {(Flag(spec, "strict_max") ? "<" : "<=")} {Scalar.Sql(max)}");
        return parts.Count == 0 ? "true" : string.Join(" and ", parts);
    }

    private static (bool, object?) MatchSet(ExpectationSpec spec, IReadOnlyList<Column> columns)
    {
        var wanted = (spec.Kwargs.GetValueOrDefault("column_set") as IEnumerable<object?> ?? []).Select(Scalar.Text).ToHashSet();
        var found = columns.Select(column => column.Name).ToHashSet();
        var exact = spec.Kwargs.GetValueOrDefault("exact_match") is not false;
        return (exact ? wanted.SetEquals(found) : wanted.IsSubsetOf(found), found.Order().ToList());
    }

    /// <summary>Numbers are compared as numbers, so that 1 is in a set of a DOUBLE column; everything else as text.</summary>
    private static string InSet(ExpectationSpec spec, Column column, string relation)
    {
        var (name, values) = (DuckDbText.Quote(column.Name), Values(spec));
        if (values.Count == 0) return relation == "in" ? "false" : "true";
        return Profiler.IsNumeric(column) && values.All(value => value is IConvertible and not string)
            ? $"{name} {relation} ({string.Join(", ", values.Select(Scalar.Sql))})"
            : $"cast({name} as varchar) {relation} ({string.Join(", ", values.Select(value => DuckDbText.Literal(Scalar.Text(value))))})";
    }

    private static List<object?> Values(ExpectationSpec spec) => [.. spec.Kwargs.GetValueOrDefault("value_set") as IEnumerable<object?> ?? []];

    private static double? Number(ExpectationSpec spec, string name) => spec.Kwargs.GetValueOrDefault(name) is { } value and not string ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;

    private static bool Flag(ExpectationSpec spec, string name) => spec.Kwargs.GetValueOrDefault(name) is true;
}

/// <summary>Scalars of a project file as SQL and as the text that DuckDB's cast to varchar gives.</summary>
internal static class Scalar
{
    public static string Sql(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        string text => DuckDbText.Literal(text),
        _ => Text(value),
    };

    /// <summary>A value as results hold it: numbers as they are, everything else that is no flag as text.</summary>
    public static object? Plain(object? value) => value switch
    {
        DateTime at => at.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        null or string or bool or sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal => value,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    public static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        double number when number == Math.Floor(number) && Math.Abs(number) < 1e15 => number.ToString("0.0", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
