using System.Globalization;
using Flyball.Models;
using Flyball.Numerics;
using Flyball.Server.Registry;
using Flyball.Server.Projects.Gates;

namespace Flyball.Server.Training;

/// <summary>Scores predictions on held-out rows, as a whole and by slice.</summary>
internal static class Evaluation
{
    private const int SliceValues = 50;

    /// <summary>Fewer rows say nothing of a slice.</summary>
    private const int SliceRows = 30;

    public static IReadOnlyDictionary<string, double> Score(PredictionTask task, double[] labels, double[] predictions) =>
        Metrics.ComputeAll(task == PredictionTask.Regression ? MetricTask.Regression : MetricTask.Classification, labels, predictions);

    /// <summary>Metrics per value of the named features; a number with many values is cut at its deciles.</summary>
    public static IReadOnlyList<SliceMetrics> Slices(PredictionTask task, FeatureColumns features, IEnumerable<string> names, double[] labels, double[] predictions)
    {
        var slices = new List<SliceMetrics>();
        foreach (var name in names)
        {
            var column = features.Columns.ToList().FindIndex(known => known.Name == name);
            var keys = Keys(features, column);
            foreach (var group in Enumerable.Range(0, labels.Length).GroupBy(row => keys[row]).Where(group => group.Count() >= SliceRows).OrderByDescending(group => group.Count()).Take(SliceValues))
            {
                var rows = group.ToArray();
                var scores = Score(task, Array.ConvertAll(rows, row => labels[row]), Array.ConvertAll(rows, row => predictions[row]));
                slices.Add(new SliceMetrics(name, group.Key, rows.Length, scores));
            }
        }

        return slices;
    }

    public static ModelScores ForGates(long rows, IReadOnlyDictionary<string, double> metrics, IReadOnlyList<SliceMetrics> slices) => new(
        rows, metrics, slices.GroupBy(slice => slice.Feature).ToDictionary(
            feature => feature.Key,
            feature => (IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>)feature.ToDictionary(slice => slice.Value, slice => slice.Metrics)));

    private static string[] Keys(FeatureColumns features, int column)
    {
        if (features.Columns[column].Kind == FeatureKind.Category) return Array.ConvertAll(features.Categories(column), value => value ?? "null");
        var numbers = features.Numbers(column);
        if (numbers.Distinct().Take(SliceValues + 1).Count() <= SliceValues) return Array.ConvertAll(numbers, Text);
        var edges = HistogramEdges.FromQuantiles(numbers);
        return Array.ConvertAll(numbers, value => double.IsNaN(value) ? "null" : Range(edges, edges.BinOf(value)));
    }

    private static string Range(HistogramEdges edges, int bin) =>
        bin == 0 ? $"< {Text(edges.Cuts[0])}" : bin == edges.Bins - 1 ? $">= {Text(edges.Cuts[^1])}" : $"{Text(edges.Cuts[bin - 1])} to {Text(edges.Cuts[bin])}";

    private static string Text(double value) => double.IsNaN(value) ? "null" : value.ToString("G6", CultureInfo.InvariantCulture);
}
