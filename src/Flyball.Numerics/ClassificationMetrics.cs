namespace Flyball.Numerics;

/// <summary>How well probabilities of the positive class fit yes/no labels. With no rows every metric is NaN and <see cref="Rows"/> is 0.</summary>
/// <param name="Auc">Chance in [0, 1] that a positive scores above a negative, ties half (Mann–Whitney U); NaN where one class is absent.</param>
/// <param name="LogLoss">Mean negative log-likelihood in nats, ≥ 0; probabilities are clipped to [2⁻⁵², 1 − 2⁻⁵²] (scikit-learn).</param>
/// <param name="Accuracy">Share of rows decided rightly at the threshold.</param>
/// <param name="Precision">Share of true positives among the rows decided positive; 0 where none is (scikit-learn).</param>
/// <param name="Recall">Share of the positives that are decided positive; 0 where there is none (scikit-learn).</param>
/// <param name="F1">Harmonic mean of precision and recall; 0 where both are.</param>
/// <param name="Brier">Mean squared difference of probability and outcome, in [0, 1].</param>
/// <param name="Rows">Number of rows.</param>
public sealed record ClassificationMetrics(double Auc, double LogLoss, double Accuracy, double Precision, double Recall, double F1, double Brier, long Rows)
{
    /// <summary>
    /// Compares probabilities in [0, 1] with labels, one of each per row; a row is decided positive where probability ≥ threshold.
    /// Throws where the lengths differ or a probability is outside [0, 1] or NaN, naming its index.
    /// </summary>
    public static ClassificationMetrics Compute(ReadOnlySpan<bool> label, ReadOnlySpan<double> probability, double threshold = .5)
    {
        Finite.SameLength(label.Length, probability.Length);
        for (var i = 0; i < probability.Length; i++)
        {
            if (!(probability[i] is >= 0 and <= 1)) throw new ArgumentException($"probability[{i}] is {probability[i]}; it must lie between 0 and 1", nameof(probability));
        }

        var rows = label.Length;
        if (rows == 0) return new ClassificationMetrics(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 0);
        long truePositive = 0, falsePositive = 0, falseNegative = 0;
        double loss = 0, brier = 0;
        var epsilon = double.BitIncrement(1) - 1;
        for (var i = 0; i < rows; i++)
        {
            var p = Math.Clamp(probability[i], epsilon, 1 - epsilon);
            loss -= Math.Log(label[i] ? p : 1 - p);
            var gap = probability[i] - (label[i] ? 1 : 0);
            brier += gap * gap;
            var decided = probability[i] >= threshold;
            if (decided && label[i]) truePositive++;
            else if (decided) falsePositive++;
            else if (label[i]) falseNegative++;
        }

        var precision = Share(truePositive, truePositive + falsePositive);
        var recall = Share(truePositive, truePositive + falseNegative);
        var f1 = Share(2 * truePositive, (2 * truePositive) + falsePositive + falseNegative);
        var accuracy = (double)(rows - falsePositive - falseNegative) / rows;
        return new ClassificationMetrics(AreaUnderCurve(label, probability), loss / rows, accuracy, precision, recall, f1, brier / rows, rows);
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;

    /// <summary>Mann–Whitney U over positives·negatives; each group of equal scores gets its middle rank.</summary>
    private static double AreaUnderCurve(ReadOnlySpan<bool> label, ReadOnlySpan<double> score)
    {
        var scores = score.ToArray();
        var labels = label.ToArray();
        Array.Sort(scores, labels);
        double rankSum = 0;
        long positives = 0;
        for (var start = 0; start < scores.Length;)
        {
            var end = start;
            long tiedPositives = 0;
            for (; end < scores.Length && scores[end] == scores[start]; end++)
            {
                if (labels[end]) tiedPositives++;
            }

            rankSum += tiedPositives * ((start + 1.0 + end) / 2);
            positives += tiedPositives;
            start = end;
        }

        var negatives = scores.Length - positives;
        if (positives == 0 || negatives == 0) return double.NaN;
        return (rankSum - (positives * (positives + 1.0) / 2)) / ((double)positives * negatives);
    }
}
