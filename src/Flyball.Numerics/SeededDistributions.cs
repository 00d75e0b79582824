namespace Flyball.Numerics;

public sealed partial class Seeded
{
    /// <summary>Normal with the given mean and standard deviation (≥ 0), by Marsaglia's polar method (1964).</summary>
    public double Normal(double mean = 0, double deviation = 1)
    {
        if (!double.IsNaN(spareNormal))
        {
            var spare = spareNormal;
            spareNormal = double.NaN;
            return mean + (deviation * spare);
        }

        double u, v, s;
        do
        {
            u = (2 * Uniform()) - 1;
            v = (2 * Uniform()) - 1;
            s = (u * u) + (v * v);
        }
        while (s >= 1 || s == 0);
        var scale = Math.Sqrt(-2 * PortableMath.Log(s) / s);
        spareNormal = v * scale;
        return mean + (deviation * u * scale);
    }

    /// <summary>exp of a normal: <paramref name="mu"/> and <paramref name="sigma"/> are those of the logarithm, so the median is exp(mu).</summary>
    public double LogNormal(double mu, double sigma) => PortableMath.Exp(Normal(mu, sigma));

    /// <summary>Exponential with the given mean (&gt; 0).</summary>
    public double Exponential(double mean) => -mean * PortableMath.Log(1 - Uniform());

    /// <summary>Gamma with shape and scale &gt; 0, so the mean is shape·scale. Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).</summary>
    public double Gamma(double shape, double scale)
    {
        if (!(shape > 0) || !(scale > 0)) throw new ArgumentException($"shape {shape:R} and scale {scale:R} must be positive");
        if (shape < 1)
        {
            var power = PortableMath.Exp(PortableMath.Log(1 - Uniform()) / shape);
            return Gamma(shape + 1, scale) * power;
        }

        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Normal();
            var v = 1 + (c * x);
            if (v <= 0) continue;
            v = v * v * v;
            var u = 1 - Uniform();
            if (PortableMath.Log(u) < (0.5 * x * x) + d - (d * v) + (d * PortableMath.Log(v))) return d * v * scale;
        }
    }

    /// <summary>Poisson with the given mean (0 to 1e12). Below 10 by multiplication (Knuth), above by PTRS (Hörmann, "The transformed rejection method", 1993).</summary>
    public long Poisson(double mean)
    {
        if (!(mean >= 0) || mean > 1e12) throw new ArgumentOutOfRangeException(nameof(mean), mean, "a Poisson mean lies between 0 and 1e12");
        if (mean < 10)
        {
            var limit = PortableMath.Exp(-mean);
            var product = 1 - Uniform();
            var count = 0L;
            while (product > limit)
            {
                product *= 1 - Uniform();
                count++;
            }

            return count;
        }

        var root = Math.Sqrt(mean);
        var logMean = PortableMath.Log(mean);
        var b = 0.931 + (2.53 * root);
        var a = -0.059 + (0.02483 * b);
        var inverseAlpha = 1.1239 + (1.1328 / (b - 3.4));
        var vr = 0.9277 - (3.6224 / (b - 2));
        while (true)
        {
            var u = Uniform() - 0.5;
            var v = 1 - Uniform();
            var us = 0.5 - Math.Abs(u);
            var k = Math.Floor((((2 * a / us) + b) * u) + mean + 0.43);
            if (us >= 0.07 && v <= vr) return (long)k;
            if (k < 0 || (us < 0.013 && v > us)) continue;
            if (PortableMath.Log(v) + PortableMath.Log(inverseAlpha) - PortableMath.Log((a / (us * us)) + b)
                <= -mean + (k * logMean) - PortableMath.LogFactorial((long)k)) return (long)k;
        }
    }

    /// <summary>Number of successes in <paramref name="trials"/> (≥ 0) at probability p in [0, 1]. Inversion below a mean of 10, else BTRS (Hörmann, "The generation of binomial random variates", 1993).</summary>
    public long Binomial(long trials, double p)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trials);
        if (!(p >= 0 && p <= 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "a probability lies between 0 and 1");
        if (p > 0.5) return trials - Binomial(trials, 1 - p);
        if (p == 0 || trials == 0) return 0;
        return trials * p < 10 ? BinomialByInversion(trials, p) : BinomialByRejection(trials, p);
    }

    /// <summary>Counts of a multinomial sample of the given size, written into <paramref name="counts"/>; weights are proportional to the probabilities.</summary>
    public void Multinomial(long size, ReadOnlySpan<double> weights, Span<long> counts)
    {
        if (counts.Length != weights.Length) throw new ArgumentException($"{counts.Length} counts for {weights.Length} weights");
        var mass = 0.0;
        var last = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            mass += weights[i];
            if (weights[i] > 0) last = i;
        }

        var left = size;
        counts.Clear();
        for (var i = 0; i < last && left > 0; i++)
        {
            var drawn = Binomial(left, Math.Clamp(weights[i] / mass, 0, 1));
            counts[i] = drawn;
            left -= drawn;
            mass -= weights[i];
        }

        if (counts.Length > 0) counts[last] += left;
    }

    private long BinomialByInversion(long n, double p)
    {
        var q = 1 - p;
        var s = p / q;
        var start = PortableMath.Exp(n * PortableMath.Log(q));
        while (true)
        {
            var r = start;
            var u = Uniform();
            long x = 0;
            while (u > r)
            {
                u -= r;
                x++;
                if (x > n || x > 110) break;        // the sum of the terms falls short of 1 by rounding; the tail beyond 110 at a mean below 10 is under 1e-70
                r *= s * (n - x + 1) / x;
            }

            if (x <= n && x <= 110) return x;
        }
    }

    private long BinomialByRejection(long n, double p)
    {
        var q = 1 - p;
        var spread = Math.Sqrt(n * p * q);
        var b = 1.15 + (2.53 * spread);
        var a = -0.0873 + (0.0248 * b) + (0.01 * p);
        var c = (n * p) + 0.5;
        var vr = 0.92 - (4.2 / b);
        var alpha = (2.83 + (5.1 / b)) * spread;
        var logOdds = PortableMath.Log(p / q);
        var mode = (long)Math.Floor((n + 1) * p);
        var h = PortableMath.LogFactorial(mode) + PortableMath.LogFactorial(n - mode);
        while (true)
        {
            var u = Uniform() - 0.5;
            var v = 1 - Uniform();
            var us = 0.5 - Math.Abs(u);
            var k = Math.Floor((((2 * a / us) + b) * u) + c);
            if (k < 0 || k > n) continue;
            if (us >= 0.07 && v <= vr) return (long)k;
            v = PortableMath.Log(v * alpha / ((a / (us * us)) + b));
            if (v <= h - PortableMath.LogFactorial((long)k) - PortableMath.LogFactorial(n - (long)k) + ((k - mode) * logOdds)) return (long)k;
        }
    }
}
