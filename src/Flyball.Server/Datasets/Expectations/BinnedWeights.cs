using System.Globalization;

namespace Flyball.Server.Datasets;

/// <summary>
/// Observed and expected weights of intervals, with what lies below and above them as tails of their own. Where an outer bin is infinite, its interval is that tail. Some weight may be held out: for the tails
/// (<c>tail_weight_holdout</c>), and for intervals of which nothing is expected (<c>internal_weight_holdout</c>).
/// </summary>
internal sealed class BinnedWeights(Column column, Partition partition, double tail, double inside)
{
    private readonly string name = ExpectedColumns.Numbers(column, "a distribution");

    /// <exception cref="ExpectationException">Tails are told twice.</exception>
    public (double[] Observed, double[] Expected, Dictionary<string, object?> Details) Compare(ExpectedRows rows)
    {
        var bins = partition.Bins!;
        var (isOpenBelow, isOpenAbove) = (double.IsNegativeInfinity(bins[0]), double.IsPositiveInfinity(bins[^1]));
        if ((isOpenBelow || isOpenAbove) && partition.TailWeights is not null) throw new ExpectationException("There can be no tail weights for partitions with one or both endpoints at infinity");
        if (isOpenBelow && isOpenAbove && tail > 0) throw new ExpectationException("tail_weight_holdout cannot be used for partitions with infinite endpoints.");
        var expected = Expected();
        // the weight that is held out lies beyond the ends that are finite
        var (below, above) = (isOpenBelow, isOpenAbove) switch
        {
            (true, true) => (0.0, 0.0),
            (true, false) => (0.0, tail),
            (false, true) => (tail, 0.0),
            _ => partition.TailWeights is { } tails ? (tails[0], tails[1]) : (tail / 2, tail / 2),
        };
        var counts = Counted(rows, [.. bins]);
        var total = counts.Sum();
        var observed = counts.Select(count => total == 0 ? 0 : count / (double)total).ToArray();
        double[] wanted = [below, .. expected, above];
        return (observed, wanted, new Dictionary<string, object?> { ["observed_partition"] = Told(observed), ["expected_partition"] = Told(wanted) });

        Dictionary<string, object?> Told(double[] weights)
        {
            var (first, last) = (isOpenBelow ? 1 : 0, isOpenAbove ? 1 : 0);
            return new()
            {
                ["bins"] = PartitionChecks.Plain(bins.Skip(first).SkipLast(last)),
                ["weights"] = PartitionChecks.Plain(weights[(1 + first)..^(1 + last)]),
                ["tail_weights"] = PartitionChecks.Plain([weights[..(1 + first)].Sum(), weights[^(1 + last)..].Sum()]),
            };
        }
    }

    private double[] Expected()
    {
        var expected = partition.Weights.Select(weight => weight * (1 - tail - inside)).ToArray();
        var empty = expected.Count(weight => weight == 0);
        return inside > 0 && empty > 0 ? [.. expected.Select(weight => weight == 0 ? inside / empty : weight)] : expected;
    }

    /// <summary>Values below the bins, in each interval and above; the last interval holds its upper end.</summary>
    private long[] Counted(ExpectedRows rows, double[] bins)
    {
        var counts = new long[bins.Length + 1];
        var edges = string.Join(", ", bins.Select(bin => double.IsFinite(bin) ? bin.ToString("R", CultureInfo.InvariantCulture) + "::double" : $"'{(bin > 0 ? "inf" : "-inf")}'::double"));
        // one group per place among the edges: as many groups as bins, whatever the column holds
        var place = $"case when v = {edges.Split(", ")[^1]} then {bins.Length - 1} else len(list_filter([{edges}], lambda edge: edge <= v)) end";
        foreach (var row in rows.Rows($"select {place} as at, count(*) from (select cast({name} as double) as v from {rows.Relation} where {name} is not null) group by 1")) counts[Convert.ToInt32(row[0], CultureInfo.InvariantCulture)] = Convert.ToInt64(row[1], CultureInfo.InvariantCulture);
        return counts;
    }
}
