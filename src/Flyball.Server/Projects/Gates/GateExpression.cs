namespace Flyball.Server.Projects.Gates;

/// <summary>
/// A condition that a new model version must meet, such as <c>rmse &lt; champion.rmse</c>, <c>slice(hour).rmse.max &lt;= 12</c> or <c>rmse &lt;= 1.02 * champion.rmse and rows &gt;= 1000</c>.
/// </summary>
/// <remarks>
/// Comparisons (&lt; &lt;= &gt; &gt;= == !=) joined by <c>and</c>, over numbers, metrics of the evaluation, <c>rows</c>, + - * / and parentheses. <c>champion.</c> before a metric takes it
/// from the champion; <c>slice(feature).metric.max</c> or <c>.min</c> takes the largest or smallest over the feature's values. What was not measured fails a gate, it never passes one;
/// only a comparison with a champion that does not exist yet passes.
/// </remarks>
public sealed class GateExpression
{
    /// <summary>The name under which gates read the number of rows.</summary>
    public const string Rows = "rows";

    private readonly IReadOnlyList<GateComparison> comparisons;

    internal GateExpression(string text, IReadOnlyList<GateComparison> comparisons)
    {
        (Text, this.comparisons) = (text, comparisons);
        var reads = comparisons.SelectMany(c => c.Reads).ToList();
        Metrics = reads.Select(r => r.Metric).ToHashSet();
        Slices = reads.Where(r => r.Slice is not null).Select(r => r.Slice!).ToHashSet();
        MentionsChampion = reads.Any(r => r.OfChampion);
    }

    public string Text { get; }

    /// <summary>Names of the metrics that the gate reads, <see cref="Rows"/> among them.</summary>
    public IReadOnlySet<string> Metrics { get; }

    /// <summary>Names of the features by whose slices it looks.</summary>
    public IReadOnlySet<string> Slices { get; }

    public bool MentionsChampion { get; }

    /// <summary>Reads a gate; throws <see cref="FormatException"/> that says what is wrong and at which character.</summary>
    public static GateExpression Parse(string text) => new GateParser(text).Gate();

    /// <summary>Decides on measured scores; <paramref name="champion"/> is null as long as there is none. The verdict carries the numbers of the first comparison that failed, else of the last.</summary>
    public GateVerdict Evaluate(ModelScores candidate, ModelScores? champion)
    {
        var verdicts = comparisons.Select(c => c.Evaluate(Text, candidate, champion)).ToList();
        return verdicts.FirstOrDefault(v => !v.Passed)
            ?? verdicts[^1] with { Reason = string.Join(", and ", verdicts.Select(v => v.Reason).Distinct()) };
    }

    public override string ToString() => Text;
}
