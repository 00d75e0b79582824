namespace Flyball.Server.Datasets;

/// <summary>
/// How values are expected to be spread, as Great Expectations tells it: weights that sum to 1, of values, or of intervals between bins (the last one closed, the others open above), and of what lies below and above all bins.
/// </summary>
internal sealed record Partition(IReadOnlyList<object>? Values, IReadOnlyList<double>? Bins, IReadOnlyList<double> Weights, IReadOnlyList<double>? TailWeights)
{
    private const int Most = 100_000;

    public bool IsContinuous => Bins is not null;

    /// <exception cref="ExpectationException">It is no partition.</exception>
    public static Partition Of(Arguments arguments)
    {
        if (!arguments.Has("partition_object")) throw Invalid("partition_object is missing");
        var told = new Arguments(arguments.Object("partition_object"));
        var (weights, tails) = (Numbers(told, "weights"), told.Has("tail_weights") ? Numbers(told, "tail_weights") : null);
        if (tails is { Count: not 2 }) throw Invalid("tail_weights are two numbers");
        if (Math.Abs(weights.Concat(tails ?? []).Sum() - 1) > 1e-5) throw Invalid("the weights do not sum to 1");
        if (weights.Concat(tails ?? []).Any(weight => weight is not (>= 0 and <= 1.00001))) throw Invalid("weights lie between 0 and 1");
        if (told.Has("bins"))
        {
            var bins = Numbers(told, "bins");
            if (bins.Count != weights.Count + 1) throw Invalid("there is one more of bins than of weights");
            for (var i = 1; i < bins.Count; i++)
            {
                if (!(bins[i] > bins[i - 1])) throw Invalid("bins ascend");
            }

            return new Partition(null, bins, weights, tails);
        }

        var values = told.List("values").Select(value => value ?? throw Invalid("null is no value")).ToList();
        return values.Count == weights.Count && values.Distinct().Count() == values.Count ? new Partition(values, null, weights, null) : throw Invalid("there are as many different values as weights");
    }

    private static List<double> Numbers(Arguments told, string name)
    {
        var list = told.List(name);
        return list.Count is 0 or > Most ? throw Invalid($"{name} are 1 to {Most:N0} numbers") : [.. list.Select(value => Number(value) ?? throw told.Wrong(name, "a list of numbers"))];
    }

    private static double? Number(object? value) => value switch
    {
        "-Infinity" or "-inf" => double.NegativeInfinity,
        "Infinity" or "inf" => double.PositiveInfinity,
        _ => Bounds.Number(value),
    };

    private static ExpectationException Invalid(string why) => new($"Invalid partition object: {why}.");
}
