using System.Globalization;
using System.Text.Json;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Numerics;

namespace Flyball.Server.Training;

/// <summary>Raw rows with the features and predictions that training computed from them, for the package's proof of equality.</summary>
internal static class Samples
{
    private const int Count = 50;

    public static (IReadOnlyList<InputColumn> Inputs, IReadOnlyList<ModelSample> Rows) Take(
        DuckDbConnection duck, string relation, IReadOnlyList<FeatureDefinition> features, string? where, FeatureColumns computed, double[] predictions, int seed)
    {
        var read = features.SelectMany(feature => SqlColumns.Of(duck, feature.Sql)).Concat(where is null ? [] : SqlColumns.Of(duck, where)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        using var described = duck.Query($"describe select * from {relation}");
        var inputs = described.Rows().Select(row => new InputColumn((string)row[0]!, (string)row[1]!)).Where(column => read.Contains(column.Name)).ToList();
        var chance = new Seeded((ulong)seed).Fork("samples");
        var chosen = Enumerable.Range(0, Math.Min(Count, computed.Rows)).Select(_ => (int)chance.Below(computed.Rows)).Distinct().Order().ToList();
        var fields = string.Join(", ", inputs.Select(column => $"{DuckDbText.Quote(column.Name)} := {DuckDbText.Quote(column.Name)}"));
        using var raw = duck.Query(
            $"select json from (select row_number() over () - 1 as n, to_json(struct_pack({fields}))::varchar as json from {relation}) where n in ({string.Join(", ", chosen)}) order by n");
        var rows = raw.Strings(0).Select((json, i) => new ModelSample(
            JsonSerializer.Deserialize<JsonElement>(json!), [.. computed.Columns.Select((_, column) => Value(computed, column, chosen[i]))], predictions[chosen[i]]));
        return (inputs, [.. rows]);
    }

    private static JsonElement Value(FeatureColumns features, int column, int row)
    {
        if (features.Columns[column].Kind == FeatureKind.Category) return JsonSerializer.SerializeToElement(features.Categories(column)[row]);
        var number = features.Numbers(column)[row];
        if (double.IsNaN(number)) return JsonSerializer.SerializeToElement<object?>(null);
        return features.Columns[column].Kind == FeatureKind.Boolean
            ? JsonSerializer.SerializeToElement(number != 0)
            : JsonSerializer.Deserialize<JsonElement>(number.ToString("R", CultureInfo.InvariantCulture));
    }
}
