namespace Flyball.Numerics;

/// <summary>What a model predicts: a number, or the probability of the positive class.</summary>
public enum MetricTask { Regression = 0, Classification = 1 }

/// <summary>A metric by its name, what it is for and which way is better.</summary>
public sealed record MetricDefinition(string Name, MetricTask Task, bool HigherIsBetter);

/// <summary>The metrics that gates, slices and monitors may name.</summary>
public static class Metrics
{
    /// <summary>Every metric, in the order in which reports list them. <c>bias</c> is judged by its size, so lower is better only for its absolute value.</summary>
    public static IReadOnlyList<MetricDefinition> All { get; } =
    [
        new("rmse", MetricTask.Regression, false),
        new("mae", MetricTask.Regression, false),
        new("r2", MetricTask.Regression, true),
        new("mape", MetricTask.Regression, false),
        new("bias", MetricTask.Regression, false),
        new("auc", MetricTask.Classification, true),
        new("log_loss", MetricTask.Classification, false),
        new("accuracy", MetricTask.Classification, true),
        new("precision", MetricTask.Classification, true),
        new("recall", MetricTask.Classification, true),
        new("f1", MetricTask.Classification, true),
        new("brier", MetricTask.Classification, false),
    ];

    public static MetricDefinition? Find(string name) => All.FirstOrDefault(m => m.Name == name);

    /// <summary>True where a larger value is a better model; throws for an unknown name.</summary>
    public static bool HigherIsBetter(string name) => Known(name).HigherIsBetter;

    /// <summary>A value as it is judged against a limit or another value: of <c>bias</c>, which may err to either side, the size.</summary>
    public static double Judged(string name, double value) => name == "bias" ? Math.Abs(value) : value;

    /// <summary>Names of the metrics of a task, in report order.</summary>
    public static IReadOnlyList<string> ForTask(MetricTask task) => [.. All.Where(m => m.Task == task).Select(m => m.Name)];

    /// <summary>One metric. Classification labels are 0 or 1 and predictions probabilities. Throws for an unknown name or unusable values; NaN for no rows.</summary>
    public static double Compute(string name, ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) =>
        ComputeAll(Known(name).Task, labels, predictions)[name];

    /// <summary>All metrics of a task by name, in report order.</summary>
    public static IReadOnlyDictionary<string, double> ComputeAll(MetricTask task, ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        if (task == MetricTask.Regression)
        {
            var r = RegressionMetrics.Compute(labels, predictions);
            return new Dictionary<string, double> { ["rmse"] = r.Rmse, ["mae"] = r.Mae, ["r2"] = r.R2, ["mape"] = r.Mape, ["bias"] = r.Bias };
        }

        var c = ClassificationMetrics.Compute(Booleans(labels), predictions);
        return new Dictionary<string, double>
        {
            ["auc"] = c.Auc,
            ["log_loss"] = c.LogLoss,
            ["accuracy"] = c.Accuracy,
            ["precision"] = c.Precision,
            ["recall"] = c.Recall,
            ["f1"] = c.F1,
            ["brier"] = c.Brier,
        };
    }

    private static MetricDefinition Known(string name) =>
        Find(name) ?? throw new ArgumentException($"there is no metric {name}; metrics are {string.Join(", ", All.Select(m => m.Name))}", nameof(name));

    private static bool[] Booleans(ReadOnlySpan<double> labels)
    {
        var result = new bool[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            result[i] = labels[i] switch
            {
                0 => false,
                1 => true,
                _ => throw new ArgumentException($"labels[{i}] is {labels[i]}; the label of a classification is 0 or 1", nameof(labels)),
            };
        }

        return result;
    }
}
