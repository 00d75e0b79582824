using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>What sets a row aside, compiled against the columns of a relation: the dataset's own rules, and expectations that say so.</summary>
internal sealed class QuarantineRules
{
    public const string Reasons = "_flyball_reasons";
    private readonly IReadOnlyList<(string Reason, string Sql)> rules;
    private readonly IReadOnlyList<string> floats;

    private QuarantineRules(IReadOnlyList<(string Reason, string Sql)> rules, IReadOnlyList<string> floats) => (this.rules, this.floats) = (rules, floats);

    public static bool Any(DatasetSpec declared) => declared.Quarantine.Count > 0 || declared.Expect.Any(expectation => expectation.SetsAside);

    /// <exception cref="JobFailedException">An expectation cannot be judged row by row, or is not for these columns.</exception>
    public static QuarantineRules Of(DatasetSpec declared, IReadOnlyList<Column> columns, string file)
    {
        var rules = declared.Quarantine.Select(rule => (rule.Key, Sql: $"coalesce((\n{rule.Value}\n)::boolean, false)")).ToList();
        var known = new ExpectedColumns(columns);
        foreach (var expectation in declared.Expect.Where(expectation => expectation.SetsAside))
        {
            try
            {
                if (Checks.Of(expectation, known) is not RowCheck { IsPlain: true } check) throw new ExpectationException("it cannot be judged by a row alone, so no row can be set aside for it");
                rules.Add((Named(expectation), $"({check.Kept} and {check.Unexpected}{(Checks.Condition(expectation, known) is { } condition ? $" and {condition}" : "")})"));
            }
            catch (ExpectationException wrong)
            {
                throw new JobFailedException($"{file}: rows cannot be set aside for {expectation.Type}: {wrong.Message.TrimEnd('.')}. Nothing of this ingest was kept.");
            }
        }

        return new QuarantineRules(rules, [.. columns.Where(column => column.Type is "FLOAT" or "DOUBLE").Select(ExpectedColumns.Name)]);
    }

    /// <summary>The rows of a relation with the reasons for which they are set aside, as SQL; an empty list for those that are not. For the rules, what is no number is missing; the rows themselves stay as they are.</summary>
    public string Judged(string relation)
    {
        var judged = floats.Count == 0 ? "*" : $"* replace ({string.Join(", ", floats.Select(name => $"case when isnan({name}) then null else {name} end as {name}"))})";
        return $"(select _flyball_row.*, {Reasons} from (select _flyball_row, list_filter([{string.Join(", ", rules.Select(rule => $"case when {rule.Sql} then {DuckDbText.Literal(rule.Reason)} end"))}], lambda reason: reason is not null) as {Reasons} from (select {judged}, _flyball_all as _flyball_row from {relation} _flyball_all)))";
    }

    private static string Named(ExpectationSpec expectation)
    {
        var about = expectation.Kwargs.GetValueOrDefault("column") as string
            ?? string.Join(", ", new[] { "column_A", "column_B" }.Select(name => expectation.Kwargs.GetValueOrDefault(name) as string).OfType<string>().Concat((expectation.Kwargs.GetValueOrDefault("column_list") as IEnumerable<object?> ?? []).OfType<string>()));
        return $"{expectation.Type}({about})";
    }
}
