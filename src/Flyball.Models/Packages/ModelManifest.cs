namespace Flyball.Models;

/// <summary>A column of the request: its name and its DuckDB type as SQL text.</summary>
public sealed record InputColumn(string Name, string Type);

/// <summary>A feature as it is computed from a request's row.</summary>
public sealed record FeatureDefinition(string Name, string Sql, FeatureKind Kind);

/// <summary>What predictions are. The numbers are stored and frozen.</summary>
public enum PredictionTask { Regression = 0, Classification = 1 }

/// <summary>How the package's model file is scored.</summary>
public enum ModelFormat { XGBoost = 0, Linear = 1 }

/// <summary>What a model package says of itself: <c>flyball/package.json</c>.</summary>
public sealed record ModelManifest
{
    /// <summary>Version of the layout; a reader refuses a newer one.</summary>
    public const int CurrentLayout = 1;

    public required int Layout { get; init; }

    public required string Model { get; init; }

    public required PredictionTask Task { get; init; }

    public required ModelFormat Format { get; init; }

    /// <summary>Columns of a request that features or the filter read.</summary>
    public required IReadOnlyList<InputColumn> Inputs { get; init; }

    /// <summary>A request for which this SQL is not true is refused with this as the reason.</summary>
    public string? Where { get; init; }

    /// <summary>Features in the order of the model's columns.</summary>
    public required IReadOnlyList<FeatureDefinition> Features { get; init; }

    public required string Label { get; init; }

    /// <summary>SHA-256 of every other file of the package, by its path within it.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    public IReadOnlyList<FeatureColumn> Columns => [.. Features.Select(feature => new FeatureColumn(feature.Name, feature.Kind))];
}

/// <summary>A raw row of training with what training computed from it: the proof that serving computes the same.</summary>
/// <param name="Row">The request's columns as JSON.</param>
/// <param name="Features">Feature values in column order: numbers, text or null.</param>
public sealed record ModelSample(System.Text.Json.JsonElement Row, IReadOnlyList<System.Text.Json.JsonElement> Features, double Prediction);
