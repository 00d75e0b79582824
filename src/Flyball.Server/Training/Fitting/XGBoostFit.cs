using System.Globalization;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.XGBoost;
using Flyball.Numerics;

namespace Flyball.Server.Training;

/// <summary>Gradient-boosted trees (Chen and Guestrin, "XGBoost", KDD 2016) over target-encoded categories; training rows are encoded out of fold.</summary>
internal static class XGBoostFit
{
    private const int Folds = 5;
    private const int DefaultRounds = 100;
    private const string SquaredError = "reg:squarederror";

    /// <summary>The engine keeps sums of gradients, which begin as the labels' distances from their mean, with 32 bits, and squares them: beyond the square root of the largest such number no split has a gain.</summary>
    private const double LargestDistances = 1e19;

    public static Fitted Fit(FittingTask task)
    {
        if (task.Task == PredictionTask.Regression && (!task.Params.TryGetValue("objective", out var objective) || Convert.ToString(objective, CultureInfo.InvariantCulture) == SquaredError)) CheckDistances(task.Labels);
        var (columns, rows) = (task.Features.Columns, task.Features.Rows);
        var folds = FoldsOf(rows, task.Seed);
        var encodings = new TargetEncoding?[columns.Count];
        var matrix = new float[(long)rows * columns.Count];
        for (var column = 0; column < columns.Count; column++)
        {
            double[] values;
            if (columns[column].Kind == FeatureKind.Category)
            {
                var categories = CategoryCodes.Of(task.Features.Categories(column));
                encodings[column] = TargetEncoding.Fit(categories, task.Labels);
                values = TargetEncoding.OutOfFold(categories, task.Labels, folds, Folds);
            }
            else
            {
                values = task.Features.Numbers(column);
            }

            for (var row = 0; row < rows; row++) matrix[(row * columns.Count) + column] = (float)values[row];
        }

        try
        {
            return Boost(task, matrix, encodings);
        }
        catch (XGBoostException refused)
        {
            throw new JobFailedException($"XGBoost refused the training: {refused.Message}");
        }
    }

    private static void CheckDistances(double[] labels)
    {
        var mean = labels.Average();
        var distances = labels.Sum(label => Math.Abs(label - mean));
        if (distances > LargestDistances) throw new JobFailedException(string.Create(CultureInfo.InvariantCulture, $"The labels are too large for XGBoost, which computes with 32 bits: their distances from their mean add up to {distances:G3}, and it takes {LargestDistances:G3}. Divide the label by a number in its SQL, leave outliers out with where or train_where, or use the trainer linear."));
    }

    private static Fitted Boost(FittingTask task, float[] matrix, TargetEncoding?[] encodings)
    {
        var columns = task.Features.Columns;
        using var data = XGBoostMatrix.FromDense(matrix, task.Features.Rows, columns.Count);
        data.SetLabels(Array.ConvertAll(task.Labels, label => (float)label));
        var parameters = new Dictionary<string, string>
        {
            ["objective"] = task.Task == PredictionTask.Regression ? SquaredError : "binary:logistic",
            ["tree_method"] = "hist",
            ["seed"] = task.Seed.ToString(CultureInfo.InvariantCulture),
            ["nthread"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in task.Params)
        {
            if (name != "rounds") parameters[name] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        }

        var booster = XGBoostBooster.Create(parameters, data);
        try
        {
            var rounds = task.Params.TryGetValue("rounds", out var told) ? Convert.ToInt32(told, CultureInfo.InvariantCulture) : DefaultRounds;
            for (var round = 0; round < rounds; round++)
            {
                task.Cancel.ThrowIfCancellationRequested();
                booster.Update(round, data);
                task.Progress((round + 1.0) / rounds);
            }

            booster.FeatureNames = [.. columns.Select(column => column.Name)];
            return new Fitted(ModelFormat.XGBoost, booster.Save(XGBoostFormat.Json), encodings, new XGBoostScorer(booster, encodings));
        }
        catch
        {
            booster.Dispose();
            throw;
        }
    }

    private static byte[] FoldsOf(int rows, int seed)
    {
        var chance = new Seeded((ulong)seed).Fork("folds");
        var folds = new byte[rows];
        for (var row = 0; row < rows; row++) folds[row] = (byte)chance.Below(Folds);
        return folds;
    }
}
