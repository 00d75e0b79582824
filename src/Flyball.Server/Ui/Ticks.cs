namespace Flyball.Server.Ui;

/// <summary>Round numbers along an axis.</summary>
internal static class Ticks
{
    private const int Most = 50;

    /// <summary>Values that differ by less than this share of their size lie at one place: the steps between them would be lost in rounding.</summary>
    private const double Apart = 1e-12;

    /// <summary>The ends of an axis on which both values have a place: apart from each other by what can be divided.</summary>
    public static (double Low, double High) Around(double low, double high)
    {
        if (!double.IsFinite(high - low)) return (Math.Max(low, double.MinValue / 4), Math.Min(high, double.MaxValue / 4));
        var size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (high - low > Math.Max(size * Apart, 1e-300)) return (low, high);
        var half = Math.Max(0.5, size * 1e-6);
        return (low - half, high + half);
    }

    /// <summary>About four round numbers between the ends that <see cref="Around"/> gives.</summary>
    public static IEnumerable<double> Between(double low, double high)
    {
        var raw = (high - low) / 4;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = new[] { 1, 2, 2.5, 5, 10 }.Select(factor => factor * power).First(size => size >= raw * 0.999);
        var first = Math.Ceiling(low / step);
        for (var i = 0; i < Most && (first + i) * step <= high; i++) yield return Math.Abs((first + i) * step) < step / 1e6 ? 0 : (first + i) * step;
    }
}
