using Flyball.Numerics;
using MathNet.Numerics.Distributions;

namespace Flyball.Server.Datasets;

/// <summary>Whether a column is spread as a distribution with parameters that were written down, by the test of Kolmogorov and Smirnov.</summary>
internal static class DistributionChecks
{
    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All =>
        [("expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than", Compile)];

    private static AskedCheck Compile(Arguments arguments, ExpectedColumns columns)
    {
        var column = columns.Get(arguments.Text("column"));
        var name = ExpectedColumns.Numbers(column, "a distribution");
        var (level, distribution) = (arguments.NumberOrNull("p_value") ?? 0.05, Distribution(arguments));
        if (level is not (> 0 and < 1)) throw new ExpectationException("p_value must be between 0 and 1 exclusive");
        return new AskedCheck(rows =>
        {
            var values = PartitionChecks.Doubles(rows, name, isSorted: true);
            if (values.Length == 0) return new Outcome(false) { Counts = PartitionChecks.Counts(rows, column) };
            var found = GoodnessOfFit.KolmogorovSmirnov(values, distribution);
            var details = new Dictionary<string, object?> { ["expected_params"] = arguments["params"], ["observed_ks_result"] = new List<object?> { found.Statistic, found.PValue } };
            return new Outcome(found.PValue >= level, found.PValue, details) { Counts = PartitionChecks.Counts(rows, column) };
        });
    }

    /// <summary>Names, parameters and their order are SciPy's; every distribution but <c>norm</c> and <c>uniform</c> ends with <c>loc</c> (0) and <c>scale</c> (1).</summary>
    private static Func<double, double> Distribution(Arguments arguments)
    {
        var name = arguments.Text("distribution", "norm");
        var shape = name switch
        {
            "norm" => ["mean", "std_dev"],
            "uniform" => ["min", "max"],
            "beta" => ["alpha", "beta", "loc", "scale"],
            "gamma" => ["alpha", "loc", "scale"],
            "chi2" => ["df", "loc", "scale"],
            "lognorm" => ["s", "loc", "scale"],
            "t" => ["df", "loc", "scale"],
            "expon" or "laplace" or "cauchy" => (string[])["loc", "scale"],
            _ => throw new ExpectationException($"Unable to use distribution '{name}'; use norm, uniform, beta, gamma, chi2, expon, lognorm, t, laplace or cauchy."),
        };
        var given = arguments["params"] switch
        {
            null => throw new ExpectationException("params are missing: either a map of names or a list of the distribution's parameters."),
            IReadOnlyDictionary<string, object?> => new Arguments(arguments.Object("params")) is var named ? [.. shape.Select((part, i) => named.NumberOrNull(part) ?? Otherwise(name, part))] : [],
            _ => Listed(arguments, name, shape),
        };
        if (given.Any(number => !double.IsFinite(number))) throw new ExpectationException("params are finite numbers.");
        var (loc, scale) = (given[^2], given[^1]);
        // what scipy calls scale is called max where the distribution is uniform
        if (scale <= 0) throw new ExpectationException($"{shape[^1]} must be greater than 0.");
        if (shape.Length > 2 && given[0] <= 0) throw new ExpectationException($"{shape[0]} must be greater than 0.");
        if (name == "beta" && given[1] <= 0) throw new ExpectationException("beta must be greater than 0.");
        Func<double, double> standard = name switch
        {
            "norm" => x => Normal.CDF(0, 1, x),
            "uniform" => x => Math.Clamp(x, 0, 1),
            "beta" => x => x <= 0 ? 0 : x >= 1 ? 1 : Beta.CDF(given[0], given[1], x),
            "gamma" => x => x <= 0 ? 0 : Gamma.CDF(given[0], 1, x),
            "chi2" => x => x <= 0 ? 0 : ChiSquared.CDF(given[0], x),
            "lognorm" => x => x <= 0 ? 0 : Normal.CDF(0, given[0], Math.Log(x)),
            "t" => x => StudentT.CDF(0, 1, given[0], x),
            "expon" => x => x <= 0 ? 0 : 1 - Math.Exp(-x),
            "laplace" => x => x < 0 ? Math.Exp(x) / 2 : 1 - (Math.Exp(-x) / 2),
            _ => x => 0.5 + (Math.Atan(x) / Math.PI),
        };
        return x => standard((x - loc) / scale);
    }

    private static double[] Listed(Arguments arguments, string name, string[] shape)
    {
        var list = arguments.List("params");
        if (list.Count > shape.Length) throw new ExpectationException($"{name} has at most {shape.Length} parameters: {string.Join(", ", shape)}.");
        return [.. shape.Select((part, i) => i < list.Count ? Bounds.Number(list[i]) ?? throw arguments.Wrong("params", "a list of numbers") : Otherwise(name, part))];
    }

    private static double Otherwise(string name, string part) => part switch
    {
        "loc" or "mean" or "min" => 0,
        "scale" or "std_dev" or "max" => 1,
        _ => throw new ExpectationException($"params: {name} needs {part}."),
    };
}
