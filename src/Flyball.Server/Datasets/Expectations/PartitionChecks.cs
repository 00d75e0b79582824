using System.Globalization;
using Flyball.Numerics;

namespace Flyball.Server.Datasets;

/// <summary>Expectations on how the values of a column are spread, against weights that were written down.</summary>
internal static class PartitionChecks
{
    /// <summary>Different values that are told and compared.</summary>
    private const int Most = 100_000;

    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All =>
    [
        ("expect_column_chisquare_test_p_value_to_be_greater_than", ChiSquare),
        ("expect_column_kl_divergence_to_be_less_than", KullbackLeibler),
        ("expect_column_bootstrapped_ks_test_p_value_to_be_greater_than", Bootstrapped),
    ];

    /// <summary>What is expected and not there counts as none; what is there and not expected shares <c>tail_weight_holdout</c>.</summary>
    private static AskedCheck ChiSquare(Arguments arguments, ExpectedColumns columns)
    {
        var (column, partition, level) = (columns.Get(arguments.Text("column")), Categorical(arguments), arguments.NumberOrNull("p") ?? 0.05);
        var holdout = Holdout(arguments, "tail_weight_holdout");
        return new AskedCheck(rows =>
        {
            var (values, observed, expected, total) = Joined(rows, column, partition, holdout);
            if (total == 0) return new Outcome(false) { Counts = Counts(rows, column) };
            var p = GoodnessOfFit.ChiSquare([.. observed.Select(weight => weight * total)], [.. expected.Select(weight => weight * total)]).PValue;
            return new Outcome(p > level, p, Details(values, observed, expected)) { Counts = Counts(rows, column) };
        });
    }

    private static AskedCheck KullbackLeibler(Arguments arguments, ExpectedColumns columns)
    {
        var column = columns.Get(arguments.Text("column"));
        if (arguments.Has("threshold") && arguments.Number("threshold") is not >= 0) throw new ExpectationException("Threshold must be specified as a number greater than or equal to zero.");
        var (threshold, partition) = (arguments.NumberOrNull("threshold"), Partition.Of(arguments));
        var (tail, inside) = (Holdout(arguments, "tail_weight_holdout"), Holdout(arguments, "internal_weight_holdout"));
        if (tail + inside > 1) throw new ExpectationException("tail_weight_holdout and internal_weight_holdout sum to at most 1.");
        if (!partition.IsContinuous && inside > 0) throw new ExpectationException("Internal weight holdout cannot be used for discrete data.");
        if (partition.IsContinuous && !arguments.Flag("bucketize_data", otherwise: true)) throw new ExpectationException("KL Divergence cannot be computed with a continuous partition object and the bucketize_data parameter set to false.");
        var compare = partition.IsContinuous ? new BinnedWeights(column, partition, tail, inside).Compare : (Func<ExpectedRows, (double[], double[], Dictionary<string, object?>)>)Categories;
        return new AskedCheck(rows =>
        {
            var (observed, expected, details) = compare(rows);
            var divergence = GoodnessOfFit.KullbackLeibler(observed, expected);
            return new Outcome(threshold is null || divergence <= threshold, double.IsFinite(divergence) ? divergence : null, details) { Counts = Counts(rows, column) };
        });

        (double[], double[], Dictionary<string, object?>) Categories(ExpectedRows rows)
        {
            var (values, observed, expected, _) = Joined(rows, column, partition, tail);
            return (observed, expected, Details(values, observed, expected));
        }
    }

    /// <summary>The share of samples, drawn from the column with replacement and from a fixed seed, that the partition's distribution is not refused for.</summary>
    private static AskedCheck Bootstrapped(Arguments arguments, ExpectedColumns columns)
    {
        var column = columns.Get(arguments.Text("column"));
        var (partition, level) = (Partition.Of(arguments), arguments.NumberOrNull("p") ?? 0.05);
        if (partition.Bins is not { } bins) throw new ExpectationException("Invalid partition object: it has no bins.");
        if (!double.IsFinite(bins[0]) || !double.IsFinite(bins[^1])) throw new ExpectationException("Partition endpoints must be finite.");
        if (partition.TailWeights?.Sum() > 0) throw new ExpectationException("Partition cannot have tail weights -- endpoints must be finite.");
        var (samples, size) = (arguments.WholeOrNull("bootstrap_samples") ?? 1000, arguments.WholeOrNull("bootstrap_sample_size") ?? 2 * partition.Weights.Count);
        if (samples is < 1 or > 100_000 || size is < 1 or > 1_000_000 || samples * size > 1_000_000_000) throw new ExpectationException("bootstrap_samples are 1 to 100,000 of bootstrap_sample_size 1 to 1,000,000, and at most 1,000,000,000 values in all.");
        var name = ExpectedColumns.Numbers(column, "a distribution");
        return new AskedCheck(rows =>
        {
            var values = Doubles(rows, name);
            if (values.Length == 0) return new Outcome(false) { Counts = Counts(rows, column) };
            var (cumulated, chance, sample, kept) = (Cumulated(partition.Weights), new Seeded(0), new double[size], 0);
            for (var i = 0; i < samples; i++)
            {
                for (var j = 0; j < sample.Length; j++) sample[j] = values[chance.Below(values.Length)];
                Array.Sort(sample);
                if (GoodnessOfFit.KolmogorovSmirnov(sample, x => Between(bins, cumulated, x)).PValue >= level) kept++;
            }

            var p = (1 + kept) / (samples + 1.0);
            return new Outcome(p > level, p, new Dictionary<string, object?> { ["bootstrap_samples"] = samples, ["bootstrap_sample_size"] = size, ["expected_cdf"] = new Dictionary<string, object?> { ["x"] = Plain(bins), ["cdf_values"] = Plain(cumulated) } }) { Counts = Counts(rows, column) };
        });
    }

    /// <summary>The numbers of a column that are there, by SQL that is a number.</summary>
    public static double[] Doubles(ExpectedRows rows, string name, bool isSorted = false)
    {
        using var result = rows.Duck.Query($"select cast({name} as double) as v from {rows.Relation} where {name} is not null{(isSorted ? " order by v" : "")}");
        return result.Doubles(0);
    }

    /// <summary>Values in all and those that are missing.</summary>
    public static (long Elements, long Missing) Counts(ExpectedRows rows, Column column)
    {
        var row = rows.Row($"select count(*), count({ExpectedColumns.Name(column)}) from {rows.Relation}");
        var elements = Convert.ToInt64(row[0], CultureInfo.InvariantCulture);
        return (elements, elements - Convert.ToInt64(row[1], CultureInfo.InvariantCulture));
    }

    public static object Plain(IEnumerable<double> numbers) => numbers.Select(number => (object?)(double.IsFinite(number) ? number : double.IsPositiveInfinity(number) ? "Infinity" : "-Infinity")).ToList();

    private static Partition Categorical(Arguments arguments) => Partition.Of(arguments) is { IsContinuous: false } partition ? partition : throw new ExpectationException("Invalid partition object: it has no values.");

    private static double Holdout(Arguments arguments, string name) => arguments.NumberOrNull(name) switch
    {
        null => 0,
        >= 0 and <= 1 and var share => share,
        _ => throw arguments.Wrong(name, "between 0 and 1"),
    };

    /// <summary>Observed and expected weights of the values that are expected and then of those that are only there.</summary>
    private static (List<object?> Values, double[] Observed, double[] Expected, long Total) Joined(ExpectedRows rows, Column column, Partition partition, double holdout)
    {
        var name = ExpectedColumns.Name(column);
        var counted = rows.Rows($"select {name} as v, count(*) from {rows.Relation} where {name} is not null group by 1 order by 1 limit {Most + 1}");
        if (counted.Count > Most) throw new ExpectationException($"The column \"{column.Name}\" has more than {Most:N0} different values.");
        var found = counted.ToDictionary(row => SetChecks.Alike(column, Scalar.Plain(row[0])!), row => (Value: Scalar.Plain(row[0]), Count: Convert.ToInt64(row[1], CultureInfo.InvariantCulture)));
        var total = found.Values.Sum(one => one.Count);
        var values = new List<object?>(partition.Values!);
        var observed = partition.Values!.Select(value => found.Remove(SetChecks.Alike(column, value), out var one) ? one.Count : 0).Concat(found.Values.Select(one => one.Count)).Select(count => total == 0 ? 0 : count / (double)total).ToArray();
        var share = found.Count == 0 ? 1 : 1 - holdout;
        double[] expected = [.. partition.Weights.Select(weight => weight * share), .. found.Values.Select(_ => holdout / found.Count)];
        values.AddRange(found.Values.Select(one => one.Value));
        return (values, observed, expected, total);
    }

    private static Dictionary<string, object?> Details(List<object?> values, double[] observed, double[] expected)
    {
        var (all, sum) = (expected.Sum(), observed.Sum());
        return new()
        {
            ["observed_partition"] = new Dictionary<string, object?> { ["values"] = values, ["weights"] = Plain(observed.Select(weight => sum == 0 ? 0 : weight / sum)) },
            ["expected_partition"] = new Dictionary<string, object?> { ["values"] = values, ["weights"] = Plain(expected.Select(weight => all == 0 ? 0 : weight / all)) },
        };
    }

    private static double[] Cumulated(IReadOnlyList<double> weights)
    {
        var cumulated = new double[weights.Count + 1];
        for (var i = 0; i < weights.Count; i++) cumulated[i + 1] = cumulated[i] + weights[i];
        return cumulated;
    }

    /// <summary>Straight lines between the points; the outer ones beyond.</summary>
    private static double Between(IReadOnlyList<double> x, double[] y, double at)
    {
        if (at <= x[0]) return y[0];
        if (at >= x[^1]) return y[^1];
        var (low, high) = (0, x.Count - 1);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (x[middle] <= at) low = middle;
            else high = middle;
        }

        return y[low] + ((y[high] - y[low]) * (at - x[low]) / (x[high] - x[low]));
    }
}
