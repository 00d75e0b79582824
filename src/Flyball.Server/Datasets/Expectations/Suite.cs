using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>
/// Runs expectations over a relation: everything that is a count or an aggregate in one scan, then uniqueness and samples of failing values where needed.
/// Names, arguments, null rules and <c>mostly</c> follow Great Expectations 1.x.
/// </summary>
internal sealed class Suite(DuckDbConnection duck, string relation, IReadOnlyList<Column> columns)
{
    private const int PartialLimit = 20;

    /// <summary>Judges every expectation. One that cannot be computed on its column fails with the engine's reason; the others are judged all the same.</summary>
    public ValidationResult Validate(IReadOnlyList<ExpectationSpec> expectations)
    {
        try
        {
            return Together(expectations);
        }
        catch (DuckDbException) when (expectations.Count > 1)
        {
            var alone = expectations.Select(expectation => Validate([expectation])).ToList();
            return new ValidationResult(alone[0].Rows, [.. alone.Select(one => one.Results[0])]);
        }
        catch (DuckDbException wrong) when (expectations.Count == 1)
        {
            return Together([]) with { Results = [Absent(Check.Of(expectations[0], columns), $"Error: {wrong.Reason}")] };
        }
    }

    private ValidationResult Together(IReadOnlyList<ExpectationSpec> expectations)
    {
        var checks = expectations.Select(spec => Check.Of(spec, columns)).ToList();
        var aggregates = new List<string> { "count(*)" };
        var starts = new List<int>();
        foreach (var check in checks)
        {
            starts.Add(aggregates.Count);
            aggregates.AddRange(check.Aggregates);
        }

        object?[] values;
        using (var result = duck.Query($"select {string.Join(", ", aggregates)} from {relation}")) values = result.Rows()[0];
        var rows = Convert.ToInt64(values[0], CultureInfo.InvariantCulture);
        return new ValidationResult(rows, [.. checks.Select((check, i) => check.Missing is { } missing ? Absent(check, missing) : Judge(check, rows, values.AsSpan(starts[i], check.Aggregates.Count)))]);
    }

    private static ExpectationResult Absent(Check check, string message) =>
        new(check.Spec.Type, check.Spec.Kwargs, check.Spec.Severity, false, null, null, null, null, null, null, message);

    private ExpectationResult Judge(Check check, long rows, ReadOnlySpan<object?> values)
    {
        if (check.Observe is { } observe)
        {
            var (success, observed) = observe(rows, values.ToArray());
            return new(check.Spec.Type, check.Spec.Kwargs, check.Spec.Severity, success, observed, null, null, null, null, null, null);
        }

        if (check.Distinct is { } distinct)
        {
            using var found = duck.Query($"select distinct {distinct.Column} as v from {relation} where {distinct.Column} is not null order by 1 limit 10000");
            var all = found.Rows().Select(row => row[0]).ToList();
            var outside = all.Where(value => !distinct.Set.Contains(Scalar.Text(value))).ToList();
            return new(check.Spec.Type, check.Spec.Kwargs, check.Spec.Severity, outside.Count == 0, all.Take(PartialLimit).ToList(), rows, null, null, null, outside.Take(PartialLimit).ToList(), null);
        }

        var considered = Convert.ToInt64(values[0], CultureInfo.InvariantCulture);
        var unexpected = check.Unique is { } unique ? Duplicated(unique) : Convert.ToInt64(values[1], CultureInfo.InvariantCulture);
        var share = considered == 0 ? 0 : (double)unexpected / considered;
        var passed = considered == 0 || 1 - share >= check.Mostly - 1e-12;
        return new(
            check.Spec.Type, check.Spec.Kwargs, check.Spec.Severity, passed, null, rows, rows - considered, unexpected, 100 * share,
            unexpected == 0 ? [] : Sample(check), null);
    }

    private long Duplicated(string column)
    {
        using var result = duck.Query($"select coalesce(sum(n), 0)::bigint from (select count(*) as n from {relation} where {column} is not null group by {column} having count(*) > 1)");
        return result.Scalar<long>();
    }

    private List<object?> Sample(Check check)
    {
        var sql = check.Unique is { } unique
            ? $"select {unique} from {relation} where {unique} is not null group by {unique} having count(*) > 1 limit {PartialLimit}"
            : $"select {check.Column} from {relation} where {check.Unexpected} limit {PartialLimit}";
        using var result = duck.Query(sql);
        return [.. result.Rows().Select(row => Scalar.Plain(row[0]))];
    }
}
