using Flyball.Numerics;

namespace Flyball.Server.Projects.Gates;

/// <summary>A number that a gate computes from scores.</summary>
internal abstract record GateTerm
{
    /// <summary>Every metric that the term reads.</summary>
    public virtual IEnumerable<MetricTerm> Reads => [];

    /// <summary>The value, or what is missing in plain words. It is never NaN or infinite.</summary>
    public GateNumber Value(ModelScores candidate, ModelScores? champion)
    {
        var number = Compute(candidate, champion);
        return number.Missing is null && !double.IsFinite(number.Value) ? GateNumber.Not($"{this} is not a number") : number;
    }

    protected abstract GateNumber Compute(ModelScores candidate, ModelScores? champion);
}

/// <summary>A value with where it was found, or the reason why there is none.</summary>
internal readonly record struct GateNumber(double Value, string? Note, string? Missing)
{
    public static GateNumber Not(string missing) => new(double.NaN, null, missing);
}

internal sealed record NumberTerm(double Number) : GateTerm
{
    protected override GateNumber Compute(ModelScores candidate, ModelScores? champion) => new(Number, null, null);

    public override string ToString() => Number.ToString("R");
}

/// <summary>A metric of the candidate or the champion, on all rows or the worst or best of the slices by one feature.</summary>
internal sealed record MetricTerm(string Metric, bool OfChampion, string? Slice, bool Largest) : GateTerm
{
    public override IEnumerable<MetricTerm> Reads => [this];

    protected override GateNumber Compute(ModelScores candidate, ModelScores? champion)
    {
        var scores = OfChampion ? champion : candidate;
        if (scores is null) return GateNumber.Not("there is no champion yet");
        if (scores.Unmeasured is { } why) return GateNumber.Not(why);
        if (Slice is null) return Of(scores.Rows, scores.Metrics, this.ToString());
        if (!scores.Slices.TryGetValue(Slice, out var slices) || slices.Count == 0) return GateNumber.Not($"there are no slices by {Slice}");
        GateNumber? found = null;
        foreach (var (value, metrics) in slices.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            var number = Of(null, metrics, $"{Metric} of the slice {Slice} = {value}");
            if (number.Missing is not null) return number;
            if (found is null || (Largest ? number.Value > found.Value.Value : number.Value < found.Value.Value)) found = number with { Note = $"{Slice} = {value}" };
        }

        return found!.Value;
    }

    private GateNumber Of(long? rows, IReadOnlyDictionary<string, double> metrics, string name)
    {
        if (Metric == GateExpression.Rows && rows is { } count) return new GateNumber(count, null, null);
        if (!metrics.TryGetValue(Metric, out var value)) return GateNumber.Not($"{name} was not measured");
        return double.IsFinite(value) ? new GateNumber(Metrics.Judged(Metric, value), null, null) : GateNumber.Not($"{name} is not a number");
    }

    public override string ToString() => $"{(OfChampion ? "champion." : "")}{(Slice is null ? Metric : $"slice({Slice}).{Metric}.{(Largest ? "max" : "min")}")}";
}

internal sealed record BinaryTerm(GateTerm Left, char Operator, GateTerm Right) : GateTerm
{
    public override IEnumerable<MetricTerm> Reads => [.. Left.Reads, .. Right.Reads];

    protected override GateNumber Compute(ModelScores candidate, ModelScores? champion)
    {
        var (left, right) = (Left.Value(candidate, champion), Right.Value(candidate, champion));
        if ((left.Missing ?? right.Missing) is { } missing) return GateNumber.Not(missing);
        var value = Operator switch
        {
            '+' => left.Value + right.Value,
            '-' => left.Value - right.Value,
            '*' => left.Value * right.Value,
            _ => left.Value / right.Value,
        };
        return new GateNumber(value, left.Note ?? right.Note, null);
    }

    public override string ToString() => $"{Inside(Left, false)} {Operator} {Inside(Right, true)}";

    private string Inside(GateTerm term, bool right)
    {
        if (term is not BinaryTerm inner) return term.ToString();
        var (outerWeight, innerWeight) = (Operator is '*' or '/' ? 2 : 1, inner.Operator is '*' or '/' ? 2 : 1);
        return innerWeight < outerWeight || (right && innerWeight == outerWeight) ? $"({inner})" : inner.ToString();
    }
}

internal sealed record NegativeTerm(GateTerm Of) : GateTerm
{
    public override IEnumerable<MetricTerm> Reads => Of.Reads;

    protected override GateNumber Compute(ModelScores candidate, ModelScores? champion)
    {
        var number = Of.Value(candidate, champion);
        return number.Missing is null ? number with { Value = -number.Value } : number;
    }

    public override string ToString() => Of is BinaryTerm ? $"-({Of})" : $"-{Of}";
}

/// <summary>Two numbers and how they must compare.</summary>
internal sealed record GateComparison(GateTerm Left, string Operator, GateTerm Right)
{
    public IEnumerable<MetricTerm> Reads => [.. Left.Reads, .. Right.Reads];

    public GateVerdict Evaluate(string text, ModelScores candidate, ModelScores? champion)
    {
        if (champion is null && Reads.Any(r => r.OfChampion)) return new GateVerdict(text, true, null, null, "there is no champion yet");
        var (left, right) = (Left.Value(candidate, champion), Right.Value(candidate, champion));
        double? leftValue = left.Missing is null ? left.Value : null;
        double? rightValue = right.Missing is null ? right.Value : null;
        if ((left.Missing ?? right.Missing) is { } missing) return new GateVerdict(text, false, leftValue, rightValue, missing);
        var passed = Operator switch
        {
            "<" => left.Value < right.Value,
            "<=" => left.Value <= right.Value,
            ">" => left.Value > right.Value,
            ">=" => left.Value >= right.Value,
            "==" => left.Value == right.Value,
            _ => left.Value != right.Value,
        };
        return new GateVerdict(text, passed, left.Value, right.Value, $"{Shown(Left, left)} is {(passed ? "" : "not ")}{Words} {Shown(Right, right)}");
    }

    private string Words => Operator switch
    {
        "<" => "below",
        "<=" => "at most",
        ">" => "above",
        ">=" => "at least",
        "==" => "equal to",
        _ => "different from",
    };

    private static string Shown(GateTerm term, GateNumber number)
    {
        var value = number.Value.ToString("G6");
        return !term.Reads.Any() ? value : $"{term} = {value}{(number.Note is null ? "" : $" ({number.Note})")}";
    }
}
