using System.Globalization;
using System.Text.Json;
using Flyball.Models;
using Flyball.Models.Features;

namespace Flyball.Server.Serving;

/// <summary>A row that was not predicted, and why. Rows count from 0.</summary>
public sealed record RefusedRow(int Row, string Reason);

/// <summary>Rows through a model: features and scores of the rows that were kept, in order, and the refused ones.</summary>
public sealed record ScoredRows(FeatureColumns Features, int[] Kept, double[] Scores, IReadOnlyList<RefusedRow> Refused);

/// <summary>Filter, features, score: what serving does with rows, and whatever is to be compared with serving.</summary>
public static class RowScoring
{
    public static ScoredRows Score(ModelPackage package, RequestRows rows)
    {
        var (refused, kept) = (new List<RefusedRow>(), new List<int>(rows.Count));
        var features = new FeatureColumns(package.Manifest.Columns, rows.Count);
        var raw = new Value[package.Schema.Columns.Count];
        var values = new Value[package.Features.Features.Count];
        for (var row = 0; row < rows.Count; row++)
        {
            try
            {
                var reader = new Utf8JsonReader(rows[row]);
                reader.Read();
                package.Schema.Read(ref reader, raw);
                if (!package.Features.Accepts(raw))
                {
                    refused.Add(new RefusedRow(row, $"the filter does not hold: {package.Manifest.Where}"));
                    continue;
                }

                package.Features.Compute(raw, values);
            }
            catch (Exception wrong) when (wrong is RowFormatException or FeatureEvaluationException)
            {
                refused.Add(new RefusedRow(row, wrong.Message));
                continue;
            }

            if (Beyond(values) is var beyond and >= 0)
            {
                refused.Add(new RefusedRow(row, $"the feature {package.Manifest.Features[beyond].Name} is {values[beyond].AsDouble().ToString(CultureInfo.InvariantCulture)}; it lies between -3.4e38 and 3.4e38"));
                continue;
            }

            for (var column = 0; column < values.Length; column++)
            {
                if (package.Manifest.Features[column].Kind == FeatureKind.Category) features.Categories(column)[kept.Count] = values[column].AsText();
                else features.Numbers(column)[kept.Count] = values[column].AsDouble();
            }

            kept.Add(row);
        }

        if (kept.Count < rows.Count) features = features.Slice(0, kept.Count);
        var scores = new double[kept.Count];
        if (kept.Count > 0) package.Score(features, scores);
        return new ScoredRows(features, [.. kept], scores, refused);
    }

    /// <summary>The place of the first value that is out of bounds: training refuses them too.</summary>
    private static int Beyond(Value[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].Kind == ValueKind.Number && Math.Abs(values[i].AsDouble()) > NumberBounds.Feature) return i;
        }

        return -1;
    }
}
