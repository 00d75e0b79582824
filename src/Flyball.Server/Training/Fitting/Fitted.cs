using Flyball.Models;

namespace Flyball.Server.Training;

/// <summary>A trained model: its file, the encodings its features need, and a scorer over them.</summary>
internal sealed record Fitted(ModelFormat Format, byte[] File, IReadOnlyList<TargetEncoding?> Encodings, Scorer Scorer) : IDisposable
{
    public void Dispose() => Scorer.Dispose();
}

/// <summary>Rows to fit on: features, labels (0 and 1 for a classification) and what the parameters say.</summary>
internal sealed record FittingTask(FeatureColumns Features, double[] Labels, PredictionTask Task, IReadOnlyDictionary<string, object> Params, int Seed, Action<double> Progress, CancellationToken Cancel);
