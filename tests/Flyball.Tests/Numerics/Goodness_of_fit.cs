using Flyball.Numerics;

namespace Flyball.Tests.Numerics;

/// <summary>Against SciPy 1.10.</summary>
public sealed class Goodness_of_fit
{
    [Fact]
    public void Of_counts_is_that_of_Pearson()
    {
        // the example of scipy.stats.chisquare
        var found = GoodnessOfFit.ChiSquare([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]);
        Assert.Equal((3.5, 5), (found.Statistic, found.DegreesOfFreedom));
        Assert.Equal(0.6233876277495822, found.PValue, 14);
        Assert.Equal(0, GoodnessOfFit.ChiSquare([5, 5], [10, 0]).PValue);
        Assert.Equal(1, GoodnessOfFit.ChiSquare([5, 0], [5, 0]).PValue);
        Assert.Throws<ArgumentException>(() => GoodnessOfFit.ChiSquare([1], [1, 2]));
    }

    [Fact]
    public void Of_a_sample_is_that_of_Kolmogorov_and_Smirnov()
    {
        double[] sample = [-2.01, -1.2, -0.75, -0.4, 0.03, 0.2, 0.61, 0.9, 1.1, 2.2];
        var uniform = GoodnessOfFit.KolmogorovSmirnov(sample, x => Math.Clamp((x + 3) / 6, 0, 1));
        Assert.Equal((0.21666666666666679, 0.6605396845187466), (uniform.Statistic, uniform.PValue), Near);
        var laplace = GoodnessOfFit.KolmogorovSmirnov(sample, x => x < 0 ? Math.Exp(x) / 2 : 1 - (Math.Exp(-x) / 2));
        Assert.Equal((0.12832456546275017, 0.9890702906324368), (laplace.Statistic, laplace.PValue), Near);
    }

    [Fact]
    public void Of_weights_is_that_of_Kullback_and_Leibler()
    {
        Assert.Equal(0.02526715392157057, GoodnessOfFit.KullbackLeibler([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]), 15);
        Assert.Equal(0.02526715392157057, GoodnessOfFit.KullbackLeibler([5, 3, 2], [40, 40, 20]), 14);
        Assert.Equal(double.PositiveInfinity, GoodnessOfFit.KullbackLeibler([0.5, 0.5], [1, 0]));
        Assert.Equal(Math.Log(2), GoodnessOfFit.KullbackLeibler([1, 0], [0.5, 0.5]), 15);
        Assert.Equal(double.NaN, GoodnessOfFit.KullbackLeibler([0, 0], [0.5, 0.5]));
    }

    [Fact]
    public void Of_two_columns_is_that_of_Cramer()
    {
        Assert.Equal(0.25, GoodnessOfFit.CramersPhi([[3, 1], [1, 3]]), 15);
        Assert.Equal(0.41666666666666674, GoodnessOfFit.CramersPhi([[3, 1, 2], [1, 3, 4]]), 15);
        Assert.Equal(double.NaN, GoodnessOfFit.CramersPhi([[3, 1]]));
        Assert.Equal(1, GoodnessOfFit.CramersPhi([[4, 0, 0], [0, 2, 0], [0, 0, 9]]), 12);
    }

    private static IEqualityComparer<(double, double)> Near { get; } = EqualityComparer<(double, double)>.Create((one, other) => Math.Abs(one.Item1 - other.Item1) < 1e-12 && Math.Abs(one.Item2 - other.Item2) < 1e-10, _ => 0);
}
