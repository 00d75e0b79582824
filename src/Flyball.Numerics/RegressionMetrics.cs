namespace Flyball.Numerics;

/// <summary>How far predictions of a number are from the labels. With no rows every metric is NaN and <see cref="Rows"/> is 0.</summary>
/// <param name="Rmse">Root of the mean squared error, in the label's unit, ≥ 0.</param>
/// <param name="Mae">Mean absolute error, in the label's unit, ≥ 0.</param>
/// <param name="R2">1 − residual/total sum of squares, ≤ 1. For a constant label 1 where all predictions are exact and else 0; NaN below two rows (scikit-learn).</param>
/// <param name="Mape">Mean of |prediction − label| / max(|label|, 2⁻⁵²), a fraction; huge where labels are 0 (scikit-learn).</param>
/// <param name="Bias">Mean of prediction − label, in the label's unit; positive when predictions are too high.</param>
/// <param name="Rows">Number of rows.</param>
public sealed record RegressionMetrics(double Rmse, double Mae, double R2, double Mape, double Bias, long Rows)
{
    /// <summary>Compares predictions with labels, one of each per row. Throws where the lengths differ or a value is not finite, naming its index.</summary>
    public static RegressionMetrics Compute(ReadOnlySpan<double> label, ReadOnlySpan<double> prediction)
    {
        Finite.SameLength(label.Length, prediction.Length);
        Finite.All(label, nameof(label));
        Finite.All(prediction, nameof(prediction));
        var rows = label.Length;
        if (rows == 0) return new RegressionMetrics(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 0);

        double squared = 0, absolute = 0, relative = 0, signed = 0;
        var labels = default(RunningMoments);
        for (var i = 0; i < rows; i++)
        {
            var error = prediction[i] - label[i];
            squared += error * error;
            absolute += Math.Abs(error);
            relative += Math.Abs(error) / Math.Max(Math.Abs(label[i]), double.BitIncrement(1) - 1);
            signed += error;
            labels = labels.Add(label[i]);
        }

        return new RegressionMetrics(Math.Sqrt(squared / rows), absolute / rows, Determination(squared, labels), relative / rows, signed / rows, rows);
    }

    private static double Determination(double residual, RunningMoments labels) =>
        labels.Count < 2 ? double.NaN
        : labels.SquaredDeviations > 0 ? 1 - (residual / labels.SquaredDeviations)
        : residual == 0 ? 1 : 0;
}
