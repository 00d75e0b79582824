using System.Runtime.InteropServices;

namespace Flyball.Models;

/// <summary>
/// A category as the mean label of its training rows, drawn towards the overall mean: (sum + m·prior) / (n + m)
/// (Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD Explorations 3(1), 2001). Null is a category of its own; an unseen one gets the prior.
/// </summary>
public sealed record TargetEncoding(double Prior, double NullValue, IReadOnlyDictionary<string, double> Values)
{
    /// <summary>Pseudo-rows of the overall mean that every category starts with.</summary>
    public const double Smoothing = 10;

    private const string NullKey = "\0";

    public double this[string? category] => category is null ? NullValue : Values.TryGetValue(category, out var value) ? value : Prior;

    /// <summary>Fits on all rows.</summary>
    public static TargetEncoding Fit(ReadOnlySpan<string?> categories, ReadOnlySpan<double> labels)
    {
        var (sums, prior) = Sums(categories, labels, [], -1);
        var values = sums.Where(entry => entry.Key != NullKey).ToDictionary(entry => entry.Key, entry => Mean(entry.Value, prior));
        return new TargetEncoding(prior, sums.TryGetValue(NullKey, out var sum) ? Mean(sum, prior) : prior, values);
    }

    /// <summary>Training values: each row is encoded from the rows of the other folds only, so that no row sees its own label. <paramref name="folds"/> holds a fold number per row.</summary>
    public static double[] OutOfFold(ReadOnlySpan<string?> categories, ReadOnlySpan<double> labels, ReadOnlySpan<byte> folds, int foldCount)
    {
        var encoded = new double[categories.Length];
        for (var fold = 0; fold < foldCount; fold++)
        {
            var (sums, prior) = Sums(categories, labels, folds, fold);
            for (var i = 0; i < encoded.Length; i++)
            {
                if (folds[i] == fold) encoded[i] = sums.TryGetValue(categories[i] ?? NullKey, out var sum) ? Mean(sum, prior) : prior;
            }
        }

        return encoded;
    }

    private static (Dictionary<string, (double Sum, long Count)> Sums, double Prior) Sums(ReadOnlySpan<string?> categories, ReadOnlySpan<double> labels, ReadOnlySpan<byte> folds, int left)
    {
        var sums = new Dictionary<string, (double Sum, long Count)>(StringComparer.Ordinal);
        var (total, rows) = (0.0, 0L);
        for (var i = 0; i < categories.Length; i++)
        {
            if (!folds.IsEmpty && folds[i] == left) continue;
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, categories[i] ?? NullKey, out _);
            sum = (sum.Sum + labels[i], sum.Count + 1);
            (total, rows) = (total + labels[i], rows + 1);
        }

        return (sums, rows == 0 ? 0 : total / rows);
    }

    private static double Mean((double Sum, long Count) sum, double prior) => (sum.Sum + (Smoothing * prior)) / (sum.Count + Smoothing);
}
