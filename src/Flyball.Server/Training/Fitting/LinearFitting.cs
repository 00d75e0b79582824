using System.Globalization;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Numerics;

namespace Flyball.Server.Training;

/// <summary>Ridge regression over one-hot categories and raw numbers (null as the column's mean). Parameter <c>alpha</c>, 1 unless told otherwise.</summary>
internal static class LinearFitting
{
    public static Fitted Fit(FittingTask task)
    {
        if (task.Task != PredictionTask.Regression) throw new JobFailedException("The linear trainer fits regressions only; use xgboost for a classification.");
        var alpha = task.Params.TryGetValue("alpha", out var told) ? Convert.ToDouble(told, CultureInfo.InvariantCulture) : 1.0;
        var (columns, rows) = (task.Features.Columns, task.Features.Rows);
        var starts = new int[rows + 1];
        var index = new List<int>(rows * columns.Count);
        var values = new List<double>(rows * columns.Count);
        var width = 0;
        var offsets = new int[columns.Count];
        var codes = new Dictionary<string, int>?[columns.Count];
        var means = new double[columns.Count];
        for (var column = 0; column < columns.Count; column++)
        {
            offsets[column] = width;
            if (columns[column].Kind == FeatureKind.Category)
            {
                codes[column] = Codes(task.Features.Categories(column));
                width += codes[column]!.Count;
            }
            else
            {
                means[column] = task.Features.Numbers(column).Where(value => !double.IsNaN(value)).DefaultIfEmpty(0).Average();
                width++;
            }
        }

        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns.Count; column++)
            {
                if (codes[column] is { } known)
                {
                    if (task.Features.Categories(column)[row] is not { } category) continue;
                    index.Add(offsets[column] + known[category]);
                    values.Add(1);
                }
                else
                {
                    var value = task.Features.Numbers(column)[row];
                    index.Add(offsets[column]);
                    values.Add(double.IsNaN(value) ? means[column] : value);
                }
            }

            starts[row + 1] = index.Count;
        }

        task.Progress(0.3);
        var fit = RidgeRegression.Fit(new SparseRows(starts, [.. index], [.. values], width), task.Labels, alpha);
        task.Progress(1);
        var features = columns.Select((_, column) => codes[column] is { } known
            ? new LinearFeature(0, 0, known.ToDictionary(code => code.Key, code => fit.Weights[offsets[column] + code.Value]))
            : new LinearFeature(fit.Weights[offsets[column]], means[column], null));
        var model = new LinearModel(fit.Intercept, [.. features]);
        return new Fitted(ModelFormat.Linear, LinearModelFile.Write(model), new TargetEncoding?[columns.Count], new LinearScorer(model));
    }

    /// <summary>A number per category in the order of first appearance.</summary>
    private static Dictionary<string, int> Codes(string?[] categories)
    {
        var codes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var category in categories)
        {
            if (category is not null) codes.TryAdd(category, codes.Count);
        }

        return codes;
    }
}
