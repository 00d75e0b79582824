namespace Flyball.Numerics;

/// <summary>Refuses numbers that a statistic cannot use, naming the first offending index.</summary>
internal static class Finite
{
    public static void All(ReadOnlySpan<double> values, string name)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i])) throw new ArgumentException($"{name}[{i}] is {values[i]}; every value must be finite", name);
        }
    }

    public static void NoNaN(ReadOnlySpan<double> values, string name)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsNaN(values[i])) throw new ArgumentException($"{name}[{i}] is NaN; remove missing values first", name);
        }
    }

    public static void SameLength(int left, int right)
    {
        if (left != right) throw new ArgumentException($"{left} labels for {right} predictions; both must have one per row");
    }
}
