using System.Globalization;

namespace Flyball.Benchmarks;

/// <summary>Prints figures as rows of a Markdown table.</summary>
internal static class Report
{
    public static void Row(string what, string figure, string limit, string ratio) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {figure} | {limit} | {ratio} |"));

    /// <summary>Median with the smallest and the largest value.</summary>
    public static string Spread(IEnumerable<double> values, string unit)
    {
        var sorted = values.Order().ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]:0.###} {unit} ({sorted[0]:0.###} to {sorted[^1]:0.###}, {sorted.Length} times)");
    }

    public static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;
}
