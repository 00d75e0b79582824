using System.Globalization;

namespace Flyball.Server.Datasets;

/// <summary>Expectations on one number, or one value, of a whole column.</summary>
internal static class AggregateChecks
{
    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All =>
    [
        ("expect_column_mean_to_be_between", (arguments, columns) => Numeric(arguments, columns, "a mean", "avg(cast({0} as double))")),
        ("expect_column_median_to_be_between", (arguments, columns) => Numeric(arguments, columns, "a median", "median({0})")),
        ("expect_column_stdev_to_be_between", (arguments, columns) => Numeric(arguments, columns, "a standard deviation", "stddev_samp(cast({0} as double))")),
        ("expect_column_sum_to_be_between", (arguments, columns) => Numeric(arguments, columns, "a sum", "sum({0})")),
        ("expect_column_min_to_be_between", (arguments, columns) => Observed(arguments, $"min({Name(arguments, columns)})")),
        ("expect_column_max_to_be_between", (arguments, columns) => Observed(arguments, $"max({Name(arguments, columns)})")),
        ("expect_column_unique_value_count_to_be_between", (arguments, columns) => Observed(arguments, $"count(distinct {Name(arguments, columns)})")),
        ("expect_column_proportion_of_unique_values_to_be_between", (arguments, columns) => Share(arguments, $"count(distinct {Name(arguments, columns)})", $"count({Name(arguments, columns)})")),
        ("expect_column_proportion_of_non_null_values_to_be_between", (arguments, columns) => Share(arguments, $"count({Name(arguments, columns)})", "count(*)")),
        ("expect_column_quantile_values_to_be_between", Quantiles),
    ];

    private static string Name(Arguments arguments, ExpectedColumns columns) => ExpectedColumns.Name(columns.Get(arguments.Text("column")));

    private static ObservedCheck Numeric(Arguments arguments, ExpectedColumns columns, string what, string call) =>
        Observed(arguments, string.Format(CultureInfo.InvariantCulture, call, ExpectedColumns.Numbers(columns.Get(arguments.Text("column")), what)));

    /// <summary>With bounds that are given as absent everything will do that is there; bounds that are not given at all are forgotten.</summary>
    private static ObservedCheck Observed(Arguments arguments, string call)
    {
        if (!arguments.Names("min_value") && !arguments.Names("max_value")) throw new ExpectationException("min_value and max_value cannot both be None");
        var bounds = Bounds.Of(arguments);
        return new ObservedCheck([new Aggregate(call)], values => new Outcome(bounds.Hold(values[0]), Scalar.Plain(values[0])));
    }

    private static ObservedCheck Share(Arguments arguments, string part, string whole)
    {
        var bounds = Bounds.Of(arguments);
        return new ObservedCheck([new Aggregate(part), new Aggregate(whole)], values =>
        {
            var all = Convert.ToDouble(values[1], CultureInfo.InvariantCulture);
            object? share = all == 0 ? null : Convert.ToDouble(values[0], CultureInfo.InvariantCulture) / all;
            return new Outcome(bounds.Hold(share), share);
        });
    }

    /// <summary>The value at the nearest rank, (n − 1) q rounded half to even, which is what NumPy calls <c>nearest</c>: always a value that is there.</summary>
    private static AskedCheck Quantiles(Arguments arguments, ExpectedColumns columns)
    {
        var column = columns.Get(arguments.Text("column"));
        var asked = new Arguments(arguments.Object("quantile_ranges"));
        var quantiles = asked.List("quantiles").Select(quantile => Bounds.Number(quantile) is { } number and >= 0 and <= 1 ? number : throw asked.Wrong("quantiles", "a list of numbers between 0 and 1")).ToList();
        var ranges = asked.List("value_ranges").Select(range => range is IReadOnlyList<object?> { Count: 2 } pair ? new Bounds(pair[0], pair[1], false, false) : throw asked.Wrong("value_ranges", "a list of pairs")).ToList();
        if (quantiles.Count != ranges.Count) throw new ExpectationException("quantile_values and quantiles must have the same number of elements");
        if (ranges.Exists(range => range is { Min: { } low, Max: { } high } && !new Bounds(null, high, false, false).Hold(low))) throw new ExpectationException("quantile_ranges must be in order: each lower bound at most the upper");
        var name = ExpectedColumns.IsTime(column) ? ExpectedColumns.Name(column) : ExpectedColumns.Numbers(column, "a quantile");
        return new AskedCheck(rows =>
        {
            var count = Convert.ToInt64(rows.Values[0], CultureInfo.InvariantCulture);
            if (count == 0 || quantiles.Count == 0) return new Outcome(quantiles.Count == 0, Told(quantiles.Select(object? (_) => null)));
            // the engine's rank is the smallest that is not below q n
            var ranks = quantiles.Select(quantile => ((Math.Round((count - 1) * quantile, MidpointRounding.ToEven) + 0.5) / count).ToString("R", CultureInfo.InvariantCulture));
            var found = (object?[])rows.Row($"select quantile_disc({name}, [{string.Join(", ", ranks)}]) from {rows.Relation}")[0]!;
            var held = found.Select((value, i) => (object?)ranges[i].Hold(value)).ToList();
            return new Outcome(held.TrueForAll(value => value is true), Told(found.Select(Scalar.Plain)), new Dictionary<string, object?> { ["success_details"] = held });
        }) { Aggregates = [new Aggregate($"count({name})")] };

        object Told(IEnumerable<object?> values) => new Dictionary<string, object?> { ["quantiles"] = quantiles.Select(quantile => (object?)quantile).ToList(), ["values"] = values.ToList() };
    }
}
