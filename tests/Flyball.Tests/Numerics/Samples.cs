using System.Text.Json;

namespace Flyball.Tests.Numerics;

/// <summary>Closed-form inputs u(n,a,b,m)[i] = ((i·a+b) mod m)/m, the same bits as in the programs that made the golden numbers.</summary>
internal static class Samples
{
    public static JsonElement Golden(string file) => JsonDocument.Parse(Tests.Golden.Read("Numerics", "golden", file)).RootElement;

    public static double[] U(long n, long a, long b, long m) => [.. Enumerable.Range(0, (int)n).Select(i => (((i * a) + b) % m) / (double)m)];

    /// <summary>A sample as <c>make_golden.py</c> describes it.</summary>
    public static double[] Of(JsonElement description)
    {
        var u = description.GetProperty("u").EnumerateArray().Select(e => e.GetInt64()).ToArray();
        var scale = Number(description, "scale", 1);
        var shift = Number(description, "shift", 0);
        var levels = Number(description, "levels", double.NaN);
        var square = description.TryGetProperty("square", out var s) && s.GetBoolean();
        return [.. U(u[0], u[1], u[2], u[3]).Select(x => square ? x * x : x).Select(x => (x * scale) + shift)
            .Select(x => double.IsNaN(levels) ? x : Math.Floor(x * levels)).Select(x => x / Number(description, "divide", 1))];
    }

    public static (double[] Reference, double[] Window) Pair(string dataset)
    {
        var reference = U(2000, 7919, 0, 10007);
        var current = U(1500, 6007, 13, 10007);
        return dataset switch
        {
            "D_sq" => (reference, [.. current.Select(x => x * x)]),
            "D_small" => (reference, [.. current.Select(x => x * 1.05)]),
            "D_shift2" => (reference, [.. current.Select(x => x + 2)]),
            "D_AB" => ([38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0], [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8]),
            "BIG" => (U(12000, 7919, 0, 100003), [.. U(5000, 60013, 29, 100003).Select(x => (x * 1.2) - 0.05)]),
            _ => throw new ArgumentException(dataset),
        };
    }

    public static long[] Counts(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetInt64())];

    public static double Number(JsonElement element, string name, double otherwise) => element.TryGetProperty(name, out var value) ? value.GetDouble() : otherwise;

    /// <summary>Equal up to a relative difference; tiny numbers are compared by their logarithm in effect, because the difference is relative.</summary>
    public static void Close(double expected, double actual, double relative = 1e-9, string? what = null)
    {
        var scale = Math.Max(Math.Abs(expected), Math.Abs(actual));
        Assert.True(expected == actual || Math.Abs(expected - actual) <= relative * scale, $"{what}: expected {expected:R}, got {actual:R}");
    }
}
