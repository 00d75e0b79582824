using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>
/// Runs expectations over a relation: everything that is a count or an aggregate in one scan, then uniqueness, order and samples of failing values where needed.
/// Names, arguments, null rules and <c>mostly</c> follow Great Expectations 1.x on pandas: NaN is missing.
/// </summary>
/// <param name="place">SQL of a row's place in the relation, from 0 on, where the relation has one of its own; otherwise rows are counted.</param>
/// <param name="tables">Other tables that expectations may look at, by name, as SQL.</param>
internal sealed class Suite(DuckDbConnection duck, string relation, IReadOnlyList<Column> columns, ResultOptions? options = null, IReadOnlyDictionary<string, string>? tables = null, string? place = null)
{
    private const string BeyondTime = "Error: the column holds times that lie outside of the years 1 to 9999, or infinite ones, which cannot be told.";
    private readonly ResultOptions options = options ?? new ResultOptions();
    private readonly ExpectedColumns columns = new(columns, tables);
    private readonly string relation = WithoutNaN(relation, columns, "");
    private readonly string placed = WithoutNaN(relation, columns, $", {place ?? "row_number() over () - 1"} as \"{ExpectedRows.Place}\"");

    /// <summary>Judges every expectation. One that cannot be computed fails with the reason; the others are judged all the same.</summary>
    public ValidationResult Validate(IReadOnlyList<ExpectationSpec> expectations)
    {
        var prepared = expectations.Select(Prepare).ToList();
        long rows;
        try
        {
            rows = Scan(prepared);
        }
        catch (Exception wrong) when (wrong is DuckDbException { IsInterrupted: false } or OverflowException)
        {
            // one of them is not for these columns, which only the engine can tell
            rows = Scan([]);
            foreach (var one in prepared.Where(one => one.Wrong is null))
            {
                try
                {
                    Scan([one]);
                }
                catch (DuckDbException own) when (!own.IsInterrupted)
                {
                    one.Wrong = $"Error: {own.Reason}";
                }
                catch (OverflowException)
                {
                    one.Wrong = BeyondTime;
                }
            }
        }

        var results = prepared.ConvertAll(Judge);
        var failed = Enumerable.Range(0, results.Count).Where(i => prepared[i].Failed is not null).ToList();
        var sampled = UnexpectedSample.Of(duck, placed, [.. failed.Select(i => (prepared[i].Failed!.Value, results[i]))], options);
        for (var i = 0; i < failed.Count; i++) results[failed[i]] = sampled[i];
        return new ValidationResult(rows, results);
    }

    /// <summary>What is no number is missing, as in pandas.</summary>
    private static string WithoutNaN(string relation, IReadOnlyList<Column> columns, string more)
    {
        var floats = columns.Where(column => column.Type is "FLOAT" or "DOUBLE").Select(ExpectedColumns.Name).ToList();
        return floats.Count == 0 && more.Length == 0 ? relation : $"(select *{(floats.Count == 0 ? "" : $" replace ({string.Join(", ", floats.Select(name => $"case when isnan({name}) then null else {name} end as {name}"))})")}{more} from {relation})";
    }

    private Prepared Prepare(ExpectationSpec spec)
    {
        var prepared = new Prepared(spec);
        try
        {
            prepared.Condition = Checks.Condition(spec, columns);
            prepared.Check = Checks.Of(spec, columns);
        }
        catch (ExpectationException wrong)
        {
            prepared.Wrong = wrong.Message;
        }

        return prepared;
    }

    /// <summary>Computes the aggregates of expectations together; returns the number of rows.</summary>
    private long Scan(List<Prepared> expectations)
    {
        // several expectations ask the same of a column
        var aggregates = new Dictionary<string, int>(StringComparer.Ordinal) { ["count(*)"] = 0 };
        var asked = expectations.ConvertAll(one => Aggregates(one.Check).Select(aggregate => aggregate.Sql(one.Condition)).Select(sql => aggregates.TryAdd(sql, aggregates.Count) ? aggregates.Count - 1 : aggregates[sql]).ToList());
        using var result = duck.Query($"select {string.Join(", ", aggregates.OrderBy(aggregate => aggregate.Value).Select(aggregate => aggregate.Key))} from {relation}");
        var values = result.Rows()[0];
        for (var i = 0; i < expectations.Count; i++) expectations[i].Values = [.. asked[i].Select(at => values[at])];
        return Convert.ToInt64(values[0], CultureInfo.InvariantCulture);
    }

    private static IReadOnlyList<Aggregate> Aggregates(Check? check) => check switch
    {
        ObservedCheck observed => observed.Aggregates,
        AskedCheck asked => asked.Aggregates,
        RowCheck rows =>
        [
            new Aggregate("count(*)"), rows.Present is { } present ? new Aggregate($"count({present})") : rows.Kept == "true" ? new Aggregate("count(*)") : new Aggregate("count(*)", rows.Kept),
            .. rows.Most is { } most ? [new Aggregate(most)] : rows.IsPlain ? [new Aggregate("count(*)", rows.Fails ?? $"{rows.Kept} and {rows.Unexpected}")] : (Aggregate[])[],
        ],
        _ => [],
    };

    private ExpectationResult Judge(Prepared one)
    {
        try
        {
            if (one.Wrong is null)
            {
                var rows = new ExpectedRows(duck, relation, placed, one.Condition, one.Values);
                switch (one.Check)
                {
                    case ObservedCheck observed: return Told(one.Spec, observed.Judge(one.Values));
                    case AskedCheck asked: return Told(one.Spec, asked.Ask(rows));
                    case RowCheck each: return Judge(one, each, rows);
                }
            }
        }
        catch (ExpectationException wrong)
        {
            one.Wrong = wrong.Message;
        }
        catch (DuckDbException wrong) when (!wrong.IsInterrupted)
        {
            one.Wrong = $"Error: {wrong.Reason}";
        }
        catch (OverflowException)
        {
            one.Wrong = BeyondTime;
        }

        return new ExpectationResult(one.Spec.Type, one.Spec.Kwargs, one.Spec.Severity, false, null, null, null, null, null, null, one.Wrong);
    }

    private ExpectationResult Told(ExpectationSpec spec, Outcome outcome) => new(
        spec.Type, spec.Kwargs, spec.Severity, outcome.Success, Scalar.Plain(outcome.Observed), outcome.Counts?.Elements, outcome.Counts?.Missing, null, null,
        outcome.Unexpected?.Take(options.Partial).ToList(), null) { Details = outcome.Details };

    private ExpectationResult Judge(Prepared one, RowCheck check, ExpectedRows rows)
    {
        var (spec, values) = (one.Spec, one.Values);
        var (elements, kept) = (Convert.ToInt64(values[0], CultureInfo.InvariantCulture), Convert.ToInt64(values[1], CultureInfo.InvariantCulture));
        using var judged = check.Does is { } does ? new JudgedTexts(rows, check.Shown[0], does) : null;
        if (judged is not null) check = check with { Unexpected = judged.Unexpected };
        var source = check.From?.Invoke(rows.InOrder) ?? rows.InOrder;
        var unexpected = check switch
        {
            { Most: not null } when Convert.ToInt64(values[2], CultureInfo.InvariantCulture) == kept => 0,
            { Counted: { } counted } => rows.Number(counted(rows.Relation)),
            { IsPlain: true } => Convert.ToInt64(values[2], CultureInfo.InvariantCulture),
            _ => rows.Number($"select count(*) from {source} where {check.Kept} and {check.Unexpected}"),
        };
        // as Great Expectations does it: what counts and does, as a share of what counts, is not rounded
        var success = kept == 0 || (kept - unexpected) / (double)kept >= check.Mostly;
        var told = new ExpectationResult(
            spec.Type, spec.Kwargs, spec.Severity, success, null, elements, check.IsOfNulls ? null : elements - kept, unexpected, kept == 0 ? null : 100.0 * unexpected / kept, [], null);
        if (unexpected == 0 || options.Format == ResultFormat.BooleanOnly) return told;
        // samples of what rows tell by themselves are taken together
        if (check.IsPlain && options.Format != ResultFormat.Complete)
        {
            one.Failed = (check, rows);
            return told;
        }

        return new UnexpectedSample(rows, check, source, options).In(told);
    }

    private sealed class Prepared(ExpectationSpec spec)
    {
        public ExpectationSpec Spec => spec;

        public string? Condition { get; set; }

        public Check? Check { get; set; }

        public object?[] Values { get; set; } = [];

        /// <summary>What rows fail, of which a sample is still to be taken.</summary>
        public (RowCheck Check, ExpectedRows Rows)? Failed { get; set; }

        /// <summary>Why it cannot be judged.</summary>
        public string? Wrong { get; set; }
    }
}
