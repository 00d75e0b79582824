namespace Flyball.Models;

/// <summary>From feature values to predictions. Thread-safe.</summary>
public abstract class Scorer : IDisposable
{
    /// <summary>One prediction per row of <paramref name="features"/>: a number, or the probability of the positive class.</summary>
    public abstract void Score(FeatureColumns features, Span<double> predictions);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}
