using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Every expectation that can be computed, by its name in Great Expectations.</summary>
internal static class Checks
{
    private static readonly Dictionary<string, Func<Arguments, ExpectedColumns, Check>> Known =
        TableChecks.All.Concat(ValueChecks.All).Concat(TextChecks.All).Concat(AggregateChecks.All).Concat(SetChecks.All).Concat(RowsTogetherChecks.All)
            .Concat(PartitionChecks.All).Concat(DistributionChecks.All).Concat(AssociationCheck.All).Concat(OtherTableCheck.All).Append(("unexpected_rows_expectation", UnexpectedRows.Compile))
            .ToDictionary(known => known.Item1, known => known.Item2, StringComparer.Ordinal);

    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <exception cref="ExpectationException">It is not known, or its arguments or columns are not what it needs.</exception>
    public static Check Of(ExpectationSpec spec, ExpectedColumns columns) =>
        Known.TryGetValue(spec.Type, out var compile) ? compile(new Arguments(spec.Kwargs), columns) : throw new ExpectationException($"Flyball does not know the expectation '{spec.Type}'.");

    /// <summary>The rows that an expectation is about as SQL, or null where it is about all.</summary>
    public static string? Condition(ExpectationSpec spec, ExpectedColumns columns)
    {
        if (spec.Kwargs.GetValueOrDefault("row_condition") is not { } condition) return null;
        if (spec.Kwargs.GetValueOrDefault("condition_parser") is not (null or "pandas" or "great_expectations" or "great_expectations__experimental__" or "spark")) throw new ExpectationException("The condition_parser is not a valid enumeration member; permitted: 'great_expectations', 'pandas', 'spark'.");
        return RowCondition.Sql(condition, columns.All);
    }
}

/// <summary>A query of the user's own that finds what should not be there.</summary>
internal static class UnexpectedRows
{
    /// <summary>Rows that are told.</summary>
    private const int Told = 200;

    public static Check Compile(Arguments arguments, ExpectedColumns columns)
    {
        var query = arguments.Text("unexpected_rows_query").Trim().TrimEnd(';');
        if (!query.Contains("{batch}", StringComparison.Ordinal)) throw new ExpectationException("The unexpected_rows_query must contain {batch}, which stands for the rows.");
        return new AskedCheck(rows =>
        {
            var sql = query.Replace("{batch}", rows.Relation, StringComparison.Ordinal);
            // one statement alone is prepared: what closes the bracket and goes on with another is refused
            using var counted = rows.Duck.Prepare($"select count(*) from ({sql})");
            using var number = counted.ExecuteQuery();
            var count = number.Scalar<long>();
            IReadOnlyDictionary<string, object?>? details = null;
            if (count > 0)
            {
                using var asked = rows.Duck.Prepare($"select * from ({sql}) limit {Told}");
                using var found = asked.ExecuteQuery();
                details = new Dictionary<string, object?> { ["unexpected_rows"] = found.Rows().Select(object? (row) => row.Select((value, i) => (found.Columns[i].Name, Value: Scalar.Plain(value))).DistinctBy(cell => cell.Name).ToDictionary(cell => cell.Name, cell => cell.Value)).ToList() };
            }

            return new Outcome(count == 0, $"{count} unexpected row{(count == 1 ? "" : "s")}", details);
        });
    }
}
