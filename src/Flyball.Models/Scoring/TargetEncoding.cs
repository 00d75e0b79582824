namespace Flyball.Models;

/// <summary>
/// A category as the mean label of its training rows, drawn towards the overall mean: (sum + m·prior) / (n + m)
/// (Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD Explorations 3(1), 2001). Null is a category of its own; an unseen one gets the prior.
/// </summary>
public sealed record TargetEncoding(double Prior, double NullValue, IReadOnlyDictionary<string, double> Values)
{
    /// <summary>Pseudo-rows of the overall mean that every category starts with.</summary>
    public const double Smoothing = 10;

    public double this[string? category] => category is null ? NullValue : Values.TryGetValue(category, out var value) ? value : Prior;

    /// <summary>Fits on all rows.</summary>
    public static TargetEncoding Fit(ReadOnlySpan<string?> categories, ReadOnlySpan<double> labels) => Fit(CategoryCodes.Of(categories), labels);

    /// <inheritdoc cref="Fit(ReadOnlySpan{string?}, ReadOnlySpan{double})"/>
    public static TargetEncoding Fit(CategoryCodes categories, ReadOnlySpan<double> labels)
    {
        var sums = new (double Sum, long Count)[categories.Known.Count];
        var total = 0.0;
        for (var i = 0; i < categories.Codes.Length; i++)
        {
            ref var sum = ref sums[categories.Codes[i]];
            sum = (sum.Sum + labels[i], sum.Count + 1);
            total += labels[i];
        }

        var prior = labels.Length == 0 ? 0 : total / labels.Length;
        var (values, ofNull) = (new Dictionary<string, double>(sums.Length, StringComparer.Ordinal), prior);
        for (var code = 0; code < sums.Length; code++)
        {
            if (categories.Known[code] is { } category) values.Add(category, Mean(sums[code], prior));
            else ofNull = Mean(sums[code], prior);
        }

        return new TargetEncoding(prior, ofNull, values);
    }

    /// <summary>Training values: each row is encoded from the rows of the other folds only, so that no row sees its own label. <paramref name="folds"/> holds a fold number per row.</summary>
    public static double[] OutOfFold(CategoryCodes categories, ReadOnlySpan<double> labels, ReadOnlySpan<byte> folds, int foldCount)
    {
        var (codes, known) = (categories.Codes, categories.Known.Count);
        var sums = new (double Sum, long Count)[known * foldCount];
        var totals = new (double Sum, long Count)[foldCount];
        for (var i = 0; i < codes.Length; i++)
        {
            ref var sum = ref sums[(codes[i] * foldCount) + folds[i]];
            sum = (sum.Sum + labels[i], sum.Count + 1);
            ref var total = ref totals[folds[i]];
            total = (total.Sum + labels[i], total.Count + 1);
        }

        var priors = new double[foldCount];
        for (var fold = 0; fold < foldCount; fold++) priors[fold] = Others(totals, fold) is var (sum, count) && count > 0 ? sum / count : 0;
        var values = new double[sums.Length];
        for (var code = 0; code < known; code++)
        {
            // a category that the other folds do not hold is one they have not seen
            for (var fold = 0; fold < foldCount; fold++) values[(code * foldCount) + fold] = Others(sums.AsSpan(code * foldCount, foldCount), fold) is { Count: > 0 } others ? Mean(others, priors[fold]) : priors[fold];
        }

        var encoded = new double[codes.Length];
        for (var i = 0; i < encoded.Length; i++) encoded[i] = values[(codes[i] * foldCount) + folds[i]];
        return encoded;
    }

    /// <summary>Added up in the order of the folds: a difference from the whole would lose digits.</summary>
    private static (double Sum, long Count) Others(ReadOnlySpan<(double Sum, long Count)> folds, int left)
    {
        var (sum, count) = (0.0, 0L);
        for (var fold = 0; fold < folds.Length; fold++)
        {
            if (fold != left) (sum, count) = (sum + folds[fold].Sum, count + folds[fold].Count);
        }

        return (sum, count);
    }

    private static double Mean((double Sum, long Count) sum, double prior) => (sum.Sum + (Smoothing * prior)) / (sum.Count + Smoothing);
}
