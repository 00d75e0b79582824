using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Tests.Datasets;

/// <summary>A column read whole, its values kept and counted one by one.</summary>
internal sealed record BruteForce(long Rows, long Nulls, long Nans, Dictionary<string, long> Counts, double[] Sorted)
{
    public static BruteForce Of(DuckDbConnection duck, string relation, ColumnProfile column)
    {
        var name = DuckDbText.Quote(column.Name);
        var isTime = column.Kind == ColumnKind.Time;
        var number = !isTime ? $"{name}::double" : column.Type.StartsWith("TIMESTAMP", StringComparison.Ordinal) || column.Type == "DATE" ? $"epoch_us({name}) / 1e6" : $"epoch_us({name}) / 1e6";
        using var read = duck.Query($"select {name}::varchar, {(column.Numbers is null ? "null" : number)} from {relation}");
        var (rows, nulls, nans) = (0L, 0L, 0L);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var values = new List<double>();
        foreach (var row in read.Rows())
        {
            rows++;
            if (row[0] is not string text)
            {
                nulls++;
                continue;
            }

            if (row[1] is double.NaN)
            {
                nans++;
                continue;
            }

            if (row[1] is double value)
            {
                if (double.IsFinite(value)) values.Add(value);
                text = isTime ? text : Text(text, value, column.Type);
            }

            counts[text] = counts.GetValueOrDefault(text) + 1;
        }

        values.Sort();
        return new BruteForce(rows, nulls, nans, counts, [.. values]);
    }

    public long CountOf(string value) => Counts.GetValueOrDefault(value);

    private static string Text(string text, double value, string type) => type switch
    {
        "DOUBLE" => (value + 0.0).ToString("R", CultureInfo.InvariantCulture),
        "FLOAT" => ((float)value + 0.0f).ToString("R", CultureInfo.InvariantCulture),
        _ => text,
    };
}
