using Flyball.Server.Monitoring;
using Flyball.Server.Projects;

namespace Flyball.Tests.Monitoring;

public sealed class Judging_a_window
{
    private static readonly MonitorSpec Spec = new() { MinRows = 100, DriftShare = 0.5, Performance = new PerformanceSpec("rmse", new Threshold(">", 1.2, TimesBaseline: true), TimeSpan.FromDays(1)) };

    [Theory]
    [InlineData(99, 20, WindowState.Unknown)]
    [InlineData(100, 12.1, WindowState.Breached)]
    [InlineData(100, 12, WindowState.Within)]
    [InlineData(100, double.NaN, WindowState.Unknown)]
    public void Compares_realised_error_with_the_limit_and_says_nothing_on_too_few_rows(long labelled, double rmse, WindowState expected)
    {
        var result = new WindowResult { Rows = 500, Baseline = 10, Limit = 12, Versions = [new VersionPerformance(2, 500, labelled, new Dictionary<string, double> { ["rmse"] = rmse })] };
        Assert.Equal(expected, MonitorJudgement.Of(MonitorKind.Performance, Spec, 2, result).State);
        Assert.Equal(WindowState.Unknown, MonitorJudgement.Of(MonitorKind.Performance, Spec, 3, result).State);
    }

    [Theory]
    [InlineData(-0.5, WindowState.Within)]
    [InlineData(-0.7, WindowState.Breached)]
    [InlineData(0.7, WindowState.Breached)]
    public void Compares_the_size_of_a_bias(double bias, WindowState expected)
    {
        var spec = Spec with { Performance = Spec.Performance! with { Metric = "bias" } };
        var result = new WindowResult { Rows = 500, Baseline = 0.5, Limit = 0.6, Versions = [new VersionPerformance(2, 500, 500, new Dictionary<string, double> { ["bias"] = bias })] };
        Assert.Equal(expected, MonitorJudgement.Of(MonitorKind.Performance, spec, 2, result).State);
    }

    [Theory]
    [InlineData(500, 1, WindowState.Within)]
    [InlineData(500, 2, WindowState.Breached)]
    [InlineData(99, 4, WindowState.Unknown)]
    public void Counts_the_features_that_drifted(long rows, int drifted, WindowState expected)
    {
        var features = Enumerable.Range(0, 4).Select(i => new FeatureDrift($"f{i}", "number", i < drifted ? 0.3 : 0.05, 0.1, i < drifted, ["all", "(missing)"], [10, 0], [10, 0])).ToList();
        var judgement = MonitorJudgement.Of(MonitorKind.Drift, Spec, 1, new WindowResult { Rows = rows, Features = features });
        Assert.Equal(expected, judgement.State);
        if (rows >= 100) Assert.Contains($"{drifted} of 4 features differ", judgement.Message);
    }
}
