using Flyball.Numerics;

namespace Flyball.Tests.Numerics;

public sealed class Evaluation_metrics
{
    [Fact]
    public void Of_a_regression_agree_with_sklearn()
    {
        foreach (var c in Samples.Golden("numerics.json").GetProperty("regression").EnumerateArray())
        {
            var name = c.GetProperty("name").GetString();
            var (label, prediction) = (Samples.Of(c.GetProperty("label")), Samples.Of(c.GetProperty("prediction")));
            var result = RegressionMetrics.Compute(label, prediction);
            Samples.Close(c.GetProperty("rmse").GetDouble(), result.Rmse, 1e-12, name);
            Samples.Close(c.GetProperty("mae").GetDouble(), result.Mae, 1e-12, name);
            Samples.Close(c.GetProperty("r2").GetDouble(), result.R2, 1e-9, name);
            Samples.Close(c.GetProperty("mape").GetDouble(), result.Mape, 1e-12, name);
            Samples.Close(c.GetProperty("bias").GetDouble(), result.Bias, 1e-9, name);
            Assert.Equal(label.Length, result.Rows);
        }
    }

    [Fact]
    public void Of_a_classification_agree_with_sklearn()
    {
        foreach (var c in Samples.Golden("numerics.json").GetProperty("classification").EnumerateArray())
        {
            var label = Samples.Of(c.GetProperty("label"));
            var result = Metrics.ComputeAll(MetricTask.Classification, label, Samples.Of(c.GetProperty("probability")));
            Assert.Equal(Metrics.ForTask(MetricTask.Classification), result.Keys);
            foreach (var (metric, value) in result) Samples.Close(c.GetProperty(metric).GetDouble(), value, 1e-12, $"{c.GetProperty("name")} {metric}");
        }
    }

    [Theory]
    [InlineData(new[] { true, false }, new[] { .9, .1 }, 1)]
    [InlineData(new[] { true, false }, new[] { .1, .9 }, 0)]
    [InlineData(new[] { true, false, true, false }, new[] { .5, .5, .5, .5 }, .5)]
    [InlineData(new[] { true, true }, new[] { .5, .7 }, double.NaN)]
    public void Auc_is_the_chance_to_rank_a_positive_above_a_negative(bool[] label, double[] probability, double expected) =>
        Assert.Equal(expected, ClassificationMetrics.Compute(label, probability).Auc);

    [Fact]
    public void A_row_at_the_threshold_is_decided_positive()
    {
        var result = ClassificationMetrics.Compute([true, true, false], [.7, .6, .65], threshold: .65);
        Assert.Equal((.5, .5, .5, 1.0 / 3), (result.Precision, result.Recall, result.F1, result.Accuracy));
    }

    [Fact]
    public void Without_rows_are_not_numbers()
    {
        Assert.Equal(new RegressionMetrics(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 0), RegressionMetrics.Compute([], []));
        Assert.Equal((double.NaN, 0), (ClassificationMetrics.Compute([], []).LogLoss, ClassificationMetrics.Compute([], []).Rows));
        foreach (var metric in Metrics.All) Assert.Equal(double.NaN, Metrics.Compute(metric.Name, [], []));
    }

    [Theory]
    [InlineData(new[] { 1, double.NaN }, new[] { 1.0, 2 }, "label[1]")]
    [InlineData(new[] { 1.0, 2 }, new[] { double.PositiveInfinity, 2 }, "prediction[0]")]
    [InlineData(new[] { 1.0, 2 }, new[] { 1.0 }, "2 labels for 1 predictions")]
    public void Refuse_unusable_numbers_by_index(double[] label, double[] prediction, string named) =>
        Assert.Contains(named, Assert.Throws<ArgumentException>(() => RegressionMetrics.Compute(label, prediction)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(1.1, "probability[0]")]
    [InlineData(double.NaN, "probability[0]")]
    [InlineData(-.1, "probability[0]")]
    public void Refuse_a_probability_out_of_range(double probability, string named) =>
        Assert.Contains(named, Assert.Throws<ArgumentException>(() => ClassificationMetrics.Compute([true], [probability])).Message, StringComparison.Ordinal);

    [Fact]
    public void Are_found_by_name()
    {
        Assert.Equal(["rmse", "mae", "r2", "mape", "bias", "auc", "log_loss", "accuracy", "precision", "recall", "f1", "brier"], Metrics.All.Select(m => m.Name));
        Assert.Equal(["r2", "auc", "accuracy", "precision", "recall", "f1"], Metrics.All.Select(m => m.Name).Where(Metrics.HigherIsBetter));
        Assert.Equal(5, Metrics.Compute("rmse", [0, 0], [5, -5]));
        Assert.Contains("there is no metric rsme", Assert.Throws<ArgumentException>(() => Metrics.HigherIsBetter("rsme")).Message, StringComparison.Ordinal);
        Assert.Contains("labels[1] is 2", Assert.Throws<ArgumentException>(() => Metrics.Compute("auc", [0, 2], [0, 1])).Message, StringComparison.Ordinal);
    }
}
