using System.Globalization;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Server.Training;

/// <summary>Reads features and labels of a relation into columns, by the features' own SQL.</summary>
internal static class FeatureReader
{
    public static (FeatureColumns Features, double[] Labels) Read(DuckDbConnection duck, string relation, IReadOnlyList<FeatureDefinition> features, string label)
    {
        var kinds = features.Select(feature => new FeatureColumn(feature.Name, feature.Kind)).ToList();
        var select = features.Select(feature => feature.Kind switch
        {
            FeatureKind.Category => $"cast((\n{feature.Sql}\n) as varchar)",
            FeatureKind.Boolean => $"cast(cast((\n{feature.Sql}\n) as boolean) as double)",
            _ => $"cast((\n{feature.Sql}\n) as double)",
        }).Append($"cast({DuckDbText.Quote(label)} as double)");
        try
        {
            var type = VersionBuild.Describe(duck, $"(select {DuckDbText.Quote(label)} from {relation})")[0].Type;
            if (!IsNumber(type)) throw new JobFailedException($"The label {label} is {type}; a label is a number, or 0 and 1 (false and true) for a classification.");
            using var result = duck.Query($"select {string.Join(", ", select)} from {relation}");
            return Columns(result, kinds);
        }
        catch (DuckDbException wrong)
        {
            throw new JobFailedException($"The features cannot be computed: {wrong.Reason}");
        }
    }

    /// <summary>A cast to a number would also take texts, times and enumerations; a label is a number by its own type.</summary>
    private static bool IsNumber(string type) => type is "BOOLEAN" or "FLOAT" or "DOUBLE" || type.EndsWith("INT", StringComparison.Ordinal) || type.EndsWith("INTEGER", StringComparison.Ordinal) || type.StartsWith("DECIMAL(", StringComparison.Ordinal) && type.EndsWith(')');

    private static (FeatureColumns Features, double[] Labels) Columns(DuckDbResult result, List<FeatureColumn> kinds)
    {
        var chunks = result.Chunks().Select(chunk => Copy(chunk, kinds)).ToList();
        var rows = chunks.Sum(chunk => chunk.Labels.Length);
        var features = new FeatureColumns(kinds, rows);
        var labels = new double[rows];
        var at = 0;
        var interned = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var chunk in chunks)
        {
            for (var column = 0; column < kinds.Count; column++)
            {
                if (kinds[column].Kind != FeatureKind.Category)
                {
                    chunk.Features.Numbers(column).CopyTo(features.Numbers(column).AsSpan(at));
                    continue;
                }

                // a category recurs in many rows: one string each keeps a large training small
                var (from, to) = (chunk.Features.Categories(column), features.Categories(column));
                for (var i = 0; i < from.Length; i++) to[at + i] = from[i] is { } text ? interned.TryGetValue(text, out var known) ? known : interned[text] = text : null;
            }

            chunk.Labels.CopyTo(labels, at);
            at += chunk.Labels.Length;
        }

        return (features, labels);
    }

    private static (FeatureColumns Features, double[] Labels) Copy(DuckDbChunk chunk, List<FeatureColumn> kinds)
    {
        var features = new FeatureColumns(kinds, chunk.Count);
        for (var column = 0; column < kinds.Count; column++)
        {
            var vector = chunk[column];
            for (var i = 0; i < chunk.Count; i++)
            {
                if (kinds[column].Kind == FeatureKind.Category) features.Categories(column)[i] = vector.IsNull(i) ? null : vector.String(i);
                else features.Numbers(column)[i] = vector.IsNull(i) ? double.NaN : vector.AsDouble(i);
            }
        }

        var labels = new double[chunk.Count];
        for (var i = 0; i < chunk.Count; i++) labels[i] = chunk[kinds.Count].IsNull(i) ? double.NaN : chunk[kinds.Count].AsDouble(i);
        return (features, labels);
    }

    /// <summary>Refuses values that no model can be fitted to or judged by, naming the column.</summary>
    public static void CheckValues(FeatureColumns features, double[] labels, PredictionTask task, string label)
    {
        var bad = Array.FindIndex(labels, value => !(Math.Abs(value) <= NumberBounds.Label));
        if (bad >= 0) throw new JobFailedException($"The label {label} is {Text(labels[bad])} in some rows; labels that can be trained on lie between -1e18 and 1e18. Leave the others out with where or train_where.");
        if (task == PredictionTask.Classification && labels.Any(value => value is not (0 or 1))) throw new JobFailedException($"The label {label} of a classification is 0 or 1 (or false and true); it has other values.");
        for (var column = 0; column < features.Columns.Count; column++)
        {
            if (features.Columns[column].Kind == FeatureKind.Category) continue;
            var values = features.Numbers(column);
            var far = Array.FindIndex(values, value => Math.Abs(value) > NumberBounds.Feature);
            if (far >= 0) throw new JobFailedException($"The feature {features.Columns[column].Name} is {Text(values[far])} in some rows; numbers of features lie between -3.4e38 and 3.4e38. Bound it in its SQL, or leave the rows out with where or train_where.");
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Refuses what no model can be fitted on, naming the column.</summary>
    public static void Check(FeatureColumns features, double[] labels, PredictionTask task, string label)
    {
        if (labels.Length == 0) throw new JobFailedException("There are no rows to train on: the filters and the window leave none.");
        CheckValues(features, labels, task, label);
        if (task == PredictionTask.Classification && labels.Distinct().Count() == 1) throw new JobFailedException($"The label {label} has one class only ({labels[0]:0}); there is nothing to tell apart.");
        for (var column = 0; column < features.Columns.Count; column++)
        {
            var (name, kind) = (features.Columns[column].Name, features.Columns[column].Kind);
            var empty = kind == FeatureKind.Category ? features.Categories(column).All(value => value is null) : features.Numbers(column).All(double.IsNaN);
            if (empty) throw new JobFailedException($"The feature {name} is null in every row.");
        }
    }
}
