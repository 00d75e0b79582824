using Flyball.Numerics;
using MathNet.Numerics.Distributions;

namespace Flyball.Tests.Numerics;

public sealed class Seeded_chance
{
    [Fact]
    public void Gives_the_published_sequence_of_xoshiro256()
    {
        var chance = Seeded.FromState(1, 2, 3, 4);      // the reference test of the rand_xoshiro crate
        ulong[] expected = [11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600, 16172922978634559625, 8476171486693032832, 10595114339597558777, 2904607092377533576];
        foreach (var value in expected) Assert.Equal(value, chance.NextBits());
    }

    [Fact]
    public void Is_filled_by_the_published_sequence_of_splitmix64()
    {
        var state = 1234567UL;
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        foreach (var value in expected) Assert.Equal(value, Seeded.SplitMix64(ref state));
    }

    [Fact]
    public void Never_changes_its_sequences()
    {
        var chance = new Seeded(42);
        string[] drawn =
        [
            $"uniform {chance.Uniform():R}", $"below {chance.Below(1000)}", $"normal {chance.Normal():R}", $"normal {chance.Normal(10, 2):R}", $"lognormal {chance.LogNormal(1, 0.5):R}",
            $"gamma {chance.Gamma(2.5, 3):R}", $"gamma {chance.Gamma(0.3, 1):R}", $"exponential {chance.Exponential(4):R}", $"poisson {chance.Poisson(3)}", $"poisson {chance.Poisson(3000)}",
            $"binomial {chance.Binomial(20, 0.3)}", $"binomial {chance.Binomial(100000, 0.7)}", $"choice {chance.Choice([1.0, 2, 3])}", $"fork {chance.Fork("rides").Uniform():R}",
        ];
        Golden.Matches("seeded.txt", string.Join('\n', drawn) + "\n");
    }

    [Fact]
    public void Forks_by_name()
    {
        var chance = new Seeded(7);
        var (rides, weather, again) = (chance.Fork("rides"), chance.Fork("weather"), chance.Fork("rides"));
        Assert.NotEqual(rides.NextBits(), weather.NextBits());
        again.NextBits();
        Assert.Equal(rides.NextBits(), again.NextBits());
    }

    public static TheoryData<string> Continuous => ["uniform", "normal", "lognormal", "gamma 2.5", "gamma 0.4", "exponential"];

    [Theory]
    [MemberData(nameof(Continuous))]
    public void Follows_its_continuous_distributions(string name)
    {
        var chance = new Seeded(20);
        (Func<double> draw, Func<double, double> cdf) = name switch
        {
            "uniform" => ((Func<double>)(() => chance.Uniform(2, 5)), (Func<double, double>)(x => ContinuousUniform.CDF(2, 5, x))),
            "normal" => (() => chance.Normal(3, 2), x => Normal.CDF(3, 2, x)),
            "lognormal" => (() => chance.LogNormal(1, 0.5), x => LogNormal.CDF(1, 0.5, x)),
            "gamma 2.5" => (() => chance.Gamma(2.5, 3), x => Gamma.CDF(2.5, 1 / 3.0, x)),
            "gamma 0.4" => (() => chance.Gamma(0.4, 3), x => Gamma.CDF(0.4, 1 / 3.0, x)),
            _ => (() => chance.Exponential(4), x => Exponential.CDF(0.25, x)),
        };
        double[] ps = [.. Enumerable.Range(0, 20_000).Select(_ => cdf(draw())).Order()];
        var gap = ps.Select((p, i) => Math.Max(Math.Abs(p - (i / 20_000.0)), Math.Abs(p - ((i + 1) / 20_000.0)))).Max();
        Assert.True(KolmogorovDistribution.Survival(20_000, gap) > 1e-3, $"{name} is off by {gap}");
    }

    public static TheoryData<string> Discrete => ["poisson 3", "poisson 11", "poisson 400", "binomial 20 0.3", "binomial 60 0.9", "binomial 5000 0.01", "binomial 5000 0.4", "below 7", "choice"];

    [Theory]
    [MemberData(nameof(Discrete))]
    public void Follows_its_discrete_distributions(string name)
    {
        const int Draws = 40_000;
        var chance = new Seeded(21);
        var words = name.Split(' ');
        (Func<long> draw, Func<int, double> mass) = words[0] switch
        {
            "poisson" => ((Func<long>)(() => chance.Poisson(double.Parse(words[1]))), (Func<int, double>)(k => Poisson.PMF(double.Parse(words[1]), k))),
            "binomial" => (() => chance.Binomial(long.Parse(words[1]), double.Parse(words[2])), k => Binomial.PMF(double.Parse(words[2]), int.Parse(words[1]), k)),
            "below" => (() => chance.Below(7), k => k < 7 ? 1 / 7.0 : 0),
            _ => (() => chance.Choice([1.0, 0, 3, 4]), k => k switch { 0 => 1 / 8.0, 2 => 3 / 8.0, 3 => 4 / 8.0, _ => 0 }),
        };
        var seen = Enumerable.Range(0, Draws).Select(_ => draw()).CountBy(v => v).ToDictionary();
        double statistic = 0, restExpected = 0, restSeen = 0;
        var cells = 0;
        for (var k = 0; k <= 5000; k++)
        {
            var expected = Draws * mass(k);
            var observed = seen.GetValueOrDefault(k);
            if (expected == 0) Assert.Equal(0, observed);
            if (expected < 10)
            {
                (restExpected, restSeen) = (restExpected + expected, restSeen + observed);
                continue;
            }

            statistic += (observed - expected) * (observed - expected) / expected;
            cells++;
        }

        if (restExpected >= 5) (statistic, cells) = (statistic + ((restSeen - restExpected) * (restSeen - restExpected) / restExpected), cells + 1);
        var p = 1 - ChiSquared.CDF(cells - 1, statistic);
        Assert.True(p > 1e-3, $"{name}: chi-square {statistic} on {cells} cells, p {p}");
    }

    [Fact]
    public void Splits_a_multinomial_into_its_proportions()
    {
        var chance = new Seeded(3);
        var counts = new long[4];
        chance.Multinomial(1_000_000, [1, 0, 3, 6], counts);
        Assert.Equal((1_000_000, 0), (counts.Sum(), counts[1]));
        Assert.True(DriftMeasures.ChiSquare([1_000_000, 0, 3_000_000, 6_000_000], counts).PValue > 1e-3);
    }

    [Fact]
    public void Shuffles_every_order_alike()
    {
        var chance = new Seeded(9);
        var seen = new Dictionary<string, int>();
        for (var i = 0; i < 6000; i++)
        {
            char[] items = ['a', 'b', 'c'];
            chance.Shuffle(items.AsSpan());
            seen[new string(items)] = seen.GetValueOrDefault(new string(items)) + 1;
        }

        Assert.Equal(6, seen.Count);
        Assert.All(seen.Values, n => Assert.InRange(n, 880, 1120));
    }

    [Fact]
    public void Computes_logarithms_and_exponentials_like_the_library()
    {
        var chance = new Seeded(11);
        for (var i = 0; i < 20_000; i++)
        {
            var x = chance.Uniform(-700, 700);
            Samples.Close(Math.Exp(x), PortableMath.Exp(x), 3e-16 * 2, $"exp {x:R}");
            var y = Math.Exp(chance.Uniform(-740, 700));
            var expected = Math.Log(y);
            Assert.True(Math.Abs(expected - PortableMath.Log(y)) <= Math.Max(2.3e-16 * Math.Abs(expected) * 2, 1e-300), $"log {y:R}");
        }

        for (var k = 0; k < 400; k++) Samples.Close(MathNet.Numerics.SpecialFunctions.FactorialLn(k), PortableMath.LogFactorial(k), 1e-13, $"ln {k}!");
    }

    [Fact]
    public void Refuses_what_has_no_meaning()
    {
        var chance = new Seeded(1);
        Assert.Throws<ArgumentException>(() => Seeded.FromState(0, 0, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => chance.Below(0));
        Assert.Throws<ArgumentException>(() => chance.Choice([0.0, 0]));
        Assert.Throws<ArgumentException>(() => chance.Gamma(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => chance.Poisson(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => chance.Binomial(3, 1.5));
    }
}
