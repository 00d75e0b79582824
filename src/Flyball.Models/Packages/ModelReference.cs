using Flyball.Numerics;

namespace Flyball.Models;

/// <summary>What a model saw and how well it did, by which production is measured: <c>flyball/reference.json</c>.</summary>
/// <param name="Numbers">Histograms of number and boolean features, by name.</param>
/// <param name="Categories">Counts of category features, by name.</param>
/// <param name="Predictions">Histogram of the predictions on held-out rows.</param>
/// <param name="Metrics">Metrics on held-out rows, by name: the baseline.</param>
public sealed record ModelReference(
    IReadOnlyDictionary<string, Histogram> Numbers, IReadOnlyDictionary<string, CategoryCounts> Categories, Histogram Predictions, IReadOnlyDictionary<string, double> Metrics);
