using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace Flyball.Numerics;

/// <summary>Distribution of the Kolmogorov–Smirnov statistic: exact for two samples, and the one-sample one that large samples use instead.</summary>
internal static class KolmogorovDistribution
{
    /// <summary>
    /// P(D ≥ gap/(nm)) for samples of n and m rows without ties, where <paramref name="gap"/> = D·n·m is whole. Counts the lattice paths that leave the band,
    /// column by column, as probabilities (Hodges, "The significance probability of the Smirnov two-sample test", 1958; the recursion of SciPy's ks_2samp).
    /// </summary>
    public static double TwoSampleExact(int n, int m, long gap)
    {
        if (gap == 0) return 1;
        var divisor = Euclid.GreatestCommonDivisor(n, m);
        var h = gap / divisor;
        if (n == m) return Math.Clamp(OutsideSquare(n, h), 0, 1);
        if (n < m) (n, m) = (m, n);
        var (longStep, shortStep) = (n / divisor, m / divisor);

        // outside[j − low] is the probability that a path to (i, j) has left the band; a path outside the band has left it for certain
        long low = 0;
        var high = Math.Min(CeilingDivide(h, longStep), m + 1);
        var outside = new double[Math.Min((2 * high) + 2, m + 1)];
        Array.Fill(outside, 1);
        Array.Clear(outside, 0, (int)high);
        var width = high;
        for (long i = 1; i <= n; i++)
        {
            var (lastLow, lastWidth) = (low, width);
            low = Math.Min(Math.Max(FloorDivide((shortStep * i) - h, longStep) + 1, 0), m);
            high = Math.Min(CeilingDivide((shortStep * i) + h, longStep), m + 1);
            if (high <= low) return 1;
            var value = low == 0 ? 0.0 : 1.0;
            width = high - low;
            for (long k = 0; k < width; k++)
            {
                var j = k + low;
                value = ((outside[j - lastLow] * i) + (value * j)) / (i + j);
                outside[k] = value;
            }

            if (lastWidth > width) Array.Fill(outside, 1, (int)width, (int)(lastWidth - width));
        }

        return Math.Clamp(outside[width - 1], 0, 1);
    }

    /// <summary>P(D_n ≥ d) of the one-sample two-sided statistic for n ≥ 1. Ranges after Simard and L'Ecuyer, "Computing the two-sided Kolmogorov–Smirnov distribution" (2011).</summary>
    public static double Survival(long n, double d)
    {
        if (d >= 1) return 0;
        var scaled = n * d;
        if (scaled <= 0.5) return 1;
        var squared = scaled * d;
        if (d >= 0.5 || squared >= 4 || (n > 140 && squared >= 2.2)) return Math.Clamp(2 * OneSided(n, d), 0, 1);
        if (n <= 500 || scaled * Math.Sqrt(d) <= 1.4) return Math.Clamp(1 - Durbin(n, d), 0, 1);
        return Math.Clamp(1 - PelzGood(n, d), 0, 1);
    }

    /// <summary>Both samples of n rows, statistic h/n: Gnedenko and Korolyuk (1951), 2·Σ(−1)^(k+1)·C(2n, n+kh)/C(2n, n), in Horner's form.</summary>
    private static double OutsideSquare(int n, long h)
    {
        var sum = 0.0;
        for (var k = n / h; k >= 0; k--)
        {
            var ratio = 1.0;
            for (var j = 0; j < h; j++) ratio = (n - (k * h) - j) * ratio / (n + (k * h) + j + 1);
            sum = ratio * (1 - sum);
        }

        return 2 * sum;
    }

    /// <summary>P(D⁺_n ≥ d): the sum of Smirnov, and Birnbaum and Tingey (1951); all terms are positive, so nothing cancels.</summary>
    private static double OneSided(long n, double d)
    {
        var logN = SpecialFunctions.GammaLn(n + 1.0);
        var sum = Math.Exp(n * Math.Log(1 - d));        // the term v = 0
        for (long v = 1; v <= (long)Math.Floor(n * (1 - d)); v++)
        {
            var rest = 1 - d - ((double)v / n);
            if (rest <= 0) break;
            var term = logN - SpecialFunctions.GammaLn(v + 1.0) - SpecialFunctions.GammaLn(n - v + 1.0)
                + ((v - 1) * Math.Log(d + ((double)v / n))) + ((n - v) * Math.Log(rest));
            sum += d * Math.Exp(term);
        }

        return sum;
    }

    /// <summary>P(D_n &lt; d) by the matrix of Durbin (1973), after Marsaglia, Tsang and Wang, "Evaluating Kolmogorov's distribution" (2003).</summary>
    private static double Durbin(long n, double d)
    {
        var k = (int)(n * d) + 1;
        var size = (2 * k) - 1;
        var h = k - (n * d);
        var matrix = Matrix<double>.Build.Dense(size, size, (i, j) => i - j + 1 < 0 ? 0 : 1);
        for (var i = 0; i < size; i++)
        {
            matrix[i, 0] -= Math.Pow(h, i + 1);
            matrix[size - 1, i] -= Math.Pow(h, size - i);
        }

        matrix[size - 1, 0] += (2 * h) - 1 > 0 ? Math.Pow((2 * h) - 1, size) : 0;
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                for (var g = 1; g <= i - j + 1; g++) matrix[i, j] /= g;
            }
        }

        var (power, exponent) = Power(matrix, n);
        var log = Math.Log(power[k - 1, k - 1]) + (exponent * Math.Log(10)) + SpecialFunctions.GammaLn(n + 1.0) - (n * Math.Log(n));
        return Math.Exp(log);
    }

    /// <summary>matrix^n by repeated squaring; the decimal exponent is kept apart, because the entries leave the range of a double.</summary>
    private static (Matrix<double> Value, int Exponent) Power(Matrix<double> matrix, long n)
    {
        var (result, resultExponent) = (Matrix<double>.Build.DenseIdentity(matrix.RowCount), 0);
        var (square, squareExponent) = (matrix, 0);
        for (; n > 0; n >>= 1)
        {
            if ((n & 1) == 1) (result, resultExponent) = Scaled(result * square, resultExponent + squareExponent);
            (square, squareExponent) = Scaled(square * square, 2 * squareExponent);
        }

        return (result, resultExponent);
    }

    private static (Matrix<double> Value, int Exponent) Scaled(Matrix<double> value, int exponent)
    {
        var largest = value[value.RowCount / 2, value.RowCount / 2];
        return largest > 1e140 ? (value * 1e-140, exponent + 140) : (value, exponent);
    }

    /// <summary>P(D_n &lt; d) by the expansion of Pelz and Good (1976) to the order n^(−3/2).</summary>
    private static double PelzGood(long n, double d)
    {
        var root = Math.Sqrt(n);
        var z = d * root;
        double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2;
        double pi2 = Math.PI * Math.PI, pi4 = pi2 * pi2, pi6 = pi4 * pi2;
        double k0 = 0, k1 = 0, k2 = 0, k3 = 0, k2b = 0, k3b = 0;
        for (var k = 0; k < 40; k++)
        {
            var u = (k + 0.5) * (k + 0.5);
            var e = Math.Exp(-u * pi2 / (2 * z2));
            k0 += e;
            k1 += ((pi2 * u) - z2) * e;
            k2 += ((6 * z6) + (2 * z4) + (pi2 * ((2 * z4) - (5 * z2)) * u) + (pi4 * (1 - (2 * z2)) * u * u)) * e;
            k3 += ((-30 * z6) - (90 * z6 * z2) + (pi2 * ((135 * z4) - (96 * z6)) * u) + (pi4 * ((212 * z4) - (60 * z2)) * u * u)
                + (pi6 * u * u * u * (5 - (30 * z2)))) * e;
            if (k == 0) continue;
            var w = (double)k * k;
            var f = Math.Exp(-w * pi2 / (2 * z2));
            k2b += pi2 * w * f;
            k3b += ((3 * pi2 * w * z2) - (pi4 * w * w)) * f;
        }

        var c = Math.Sqrt(Math.Tau);
        return (k0 * c / z)
            + (k1 * c / (6 * z4) / root)
            + (((k2 * c / (72 * z6 * z)) - (k2b * c / (36 * z2 * z))) / n)
            + (((k3 * c / (6480 * z6 * z4)) + (k3b * c / (216 * z6))) / (n * root));
    }

    private static long FloorDivide(long a, long b) => (a / b) - (a % b < 0 ? 1 : 0);

    private static long CeilingDivide(long a, long b) => -FloorDivide(-a, b);
}
