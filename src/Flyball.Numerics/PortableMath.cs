namespace Flyball.Numerics;

/// <summary>Logarithm and exponential from IEEE additions, multiplications and divisions only, so that their bits are the same on every platform.</summary>
internal static class PortableMath
{
    private const double Ln2Hi = 6.93147180369123816490e-01;
    private const double Ln2Lo = 1.90821492927058770002e-10;

    private static readonly double[] LogFactorials = SmallLogFactorials();

    /// <summary>Natural logarithm of x &gt; 0 within 1 ulp, by the algorithm of FreeBSD's msun <c>e_log.c</c>; 0 gives −∞, negative numbers NaN.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        if (double.IsPositiveInfinity(x)) return x;
        var exponent = 0;
        if (x < 2.2250738585072014E-308)
        {
            x *= 18014398509481984.0;       // 2^54 lifts a subnormal into the normal range
            exponent = -54;
        }

        var bits = BitConverter.DoubleToInt64Bits(x);
        exponent += (int)(bits >> 52) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        var f = mantissa - 1;
        var s = f / (2 + f);
        var z = s * s;
        var w = z * z;
        var t1 = w * (3.999999999940941908e-01 + (w * (2.222219843214978396e-01 + (w * 1.531383769920937332e-01))));
        var t2 = z * (6.666666666666735130e-01 + (w * (2.857142874366239149e-01 + (w * (1.818357216161805012e-01 + (w * 1.479819860511658591e-01))))));
        var r = t2 + t1;
        var half = 0.5 * f * f;
        return (exponent * Ln2Hi) - (half - ((s * (half + r)) + (exponent * Ln2Lo)) - f);
    }

    /// <summary>e to the power x within 1 ulp, by the algorithm of FreeBSD's msun <c>e_exp.c</c>.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x > 709.782712893384) return double.PositiveInfinity;
        if (x < -745.1332191019412) return 0;
        var k = (int)Math.Floor((x * 1.4426950408889634) + 0.5);
        var hi = x - (k * Ln2Hi);
        var lo = k * Ln2Lo;
        var r = hi - lo;
        var t = r * r;
        var c = r - (t * (1.66666666666666019037e-01 + (t * (-2.77777777770155933842e-03 + (t * (6.61375632143793436117e-05 + (t * (-1.65339022054652515390e-06 + (t * 4.13813679705723846039e-08)))))))));
        var y = 1 - (lo - (r * c / (2 - c)) - hi);
        return Math.ScaleB(y, k);
    }

    /// <summary>ln(k!) for k ≥ 0: a table below 32, Stirling's series above (error under 1e-15 relative there).</summary>
    public static double LogFactorial(long k)
    {
        if (k < LogFactorials.Length) return LogFactorials[k];
        var x = (double)k + 1;
        var inverse = 1 / x;
        var square = inverse * inverse;
        var series = inverse * ((1.0 / 12) - (square * ((1.0 / 360) - (square * ((1.0 / 1260) - (square / 1680))))));
        return ((x - 0.5) * Log(x)) - x + 0.91893853320467274178 + series;
    }

    private static double[] SmallLogFactorials()
    {
        var table = new double[32];
        for (var k = 2; k < table.Length; k++) table[k] = table[k - 1] + Log(k);
        return table;
    }
}
