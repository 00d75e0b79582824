namespace Flyball.Models;

/// <summary>The weights of one feature: of a number with the mean that stands in for null, or per category (an unseen one weighs nothing).</summary>
public sealed record LinearFeature(double Weight, double Mean, IReadOnlyDictionary<string, double>? Categories);

/// <summary>A linear model: intercept plus one term per feature.</summary>
public sealed record LinearModel(double Intercept, IReadOnlyList<LinearFeature> Features);

/// <summary>Scores a <see cref="LinearModel"/>.</summary>
public sealed class LinearScorer(LinearModel model) : Scorer
{
    public override void Score(FeatureColumns features, Span<double> predictions)
    {
        predictions[..features.Rows].Fill(model.Intercept);
        for (var column = 0; column < model.Features.Count; column++)
        {
            var feature = model.Features[column];
            if (feature.Categories is { } weights)
            {
                var values = features.Categories(column);
                for (var i = 0; i < features.Rows; i++)
                {
                    if (values[i] is { } category && weights.TryGetValue(category, out var weight)) predictions[i] += weight;
                }
            }
            else
            {
                var values = features.Numbers(column);
                for (var i = 0; i < features.Rows; i++) predictions[i] += feature.Weight * (double.IsNaN(values[i]) ? feature.Mean : values[i]);
            }
        }
    }
}
