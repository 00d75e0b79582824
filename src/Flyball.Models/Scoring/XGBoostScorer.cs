using System.Buffers;
using Flyball.Native.XGBoost;

namespace Flyball.Models;

/// <summary>A booster over a dense matrix with one column per feature; categories are target-encoded.</summary>
public sealed class XGBoostScorer(XGBoostBooster booster, IReadOnlyList<TargetEncoding?> encodings) : Scorer
{
    private const int Batch = 65_536;

    public override void Score(FeatureColumns features, Span<double> predictions)
    {
        var columns = features.Columns.Count;
        var rows = Math.Min(features.Rows, Batch);
        var matrix = ArrayPool<float>.Shared.Rent(Math.Max(1, rows * columns));
        var output = ArrayPool<float>.Shared.Rent(Math.Max(1, rows));
        try
        {
            for (var from = 0; from < features.Rows; from += Batch)
            {
                var count = Math.Min(Batch, features.Rows - from);
                Encode(features, encodings, from, count, matrix);
                booster.PredictDense(matrix.AsSpan(0, count * columns), count, columns, output.AsSpan(0, count));
                for (var i = 0; i < count; i++) predictions[from + i] = output[i];
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(matrix);
            ArrayPool<float>.Shared.Return(output);
        }
    }

    public override void Dispose()
    {
        booster.Dispose();
        base.Dispose();
    }

    /// <summary>Writes <paramref name="count"/> rows as row-major floats.</summary>
    public static void Encode(FeatureColumns features, IReadOnlyList<TargetEncoding?> encodings, int from, int count, Span<float> matrix)
    {
        var columns = features.Columns.Count;
        for (var column = 0; column < columns; column++)
        {
            if (encodings[column] is { } encoding)
            {
                var values = features.Categories(column);
                for (var i = 0; i < count; i++) matrix[(i * columns) + column] = (float)encoding[values[from + i]];
            }
            else
            {
                var values = features.Numbers(column);
                for (var i = 0; i < count; i++) matrix[(i * columns) + column] = (float)values[from + i];
            }
        }
    }
}
