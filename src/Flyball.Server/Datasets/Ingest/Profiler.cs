using System.Globalization;
using System.Text;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>Describes every column of a relation in two passes: aggregates, then histograms between the outer quantiles.</summary>
internal static class Profiler
{
    private const int Bins = 20;
    private const int TopValues = 8;
    private static readonly CompositeFormat Moments = CompositeFormat.Parse("avg({0}::double), stddev_samp({0}::double), approx_quantile({0}::double, [0.01,0.05,0.25,0.5,0.75,0.95,0.99])");

    public static DatasetProfile Profile(DuckDbConnection duck, string relation, IReadOnlyList<Column> columns)
    {
        var select = new List<string> { "count(*)" };
        foreach (var column in columns)
        {
            var name = DuckDbText.Quote(column.Name);
            select.Add($"count({name}), approx_count_distinct({name}), min({name})::varchar, max({name})::varchar");
            select.Add(IsNumeric(column) ? Finite(column) is var finite ? string.Format(CultureInfo.InvariantCulture, Moments, finite) : "" : "null, null, null");
            select.Add(IsNumeric(column) || IsTime(column) ? "null" : $"approx_top_k({name}::varchar, {TopValues})");
        }

        object?[] values;
        using (var result = duck.Query($"select {string.Join(", ", select)} from {relation}")) values = result.Rows()[0];
        var rows = Convert.ToInt64(values[0], CultureInfo.InvariantCulture);
        var profiles = columns.Select((column, i) => Read(column, values.AsSpan(1 + (i * 8), 8), rows)).ToList();
        return new DatasetProfile(rows, WithHistograms(duck, relation, profiles));
    }

    public static bool IsNumeric(Column column) =>
        column.Type is "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "HUGEINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "FLOAT" or "DOUBLE"
        || column.Type.StartsWith("DECIMAL", StringComparison.Ordinal);

    private static bool IsTime(Column column) => column.Type.StartsWith("TIMESTAMP", StringComparison.Ordinal) || column.Type is "DATE" or "TIME";

    /// <summary>The values whose squares are numbers, too.</summary>
    private static string Finite(Column column)
    {
        var name = DuckDbText.Quote(column.Name);
        return column.Type is "FLOAT" or "DOUBLE" ? $"(case when abs({name}) <= 1e150 then {name} end)" : name;
    }

    private static ColumnProfile Read(Column column, ReadOnlySpan<object?> values, long rows)
    {
        var count = Convert.ToInt64(values[0], CultureInfo.InvariantCulture);
        return new ColumnProfile(
            column.Name, column.Type, count, rows - count, Convert.ToInt64(values[1], CultureInfo.InvariantCulture), Clip(values[2] as string), Clip(values[3] as string),
            values[4] as double?, values[5] as double?,
            values[6] is object?[] quantiles ? [.. quantiles.Select(value => Convert.ToDouble(value, CultureInfo.InvariantCulture))] : null, null, null,
            values[7] is object?[] top ? [.. top.OfType<string>().Select(value => new TopValue(value, 0))] : []);
    }

    private static List<ColumnProfile> WithHistograms(DuckDbConnection duck, string relation, List<ColumnProfile> profiles)
    {
        var drawn = profiles.Where(profile => profile.Quantiles is [var low, .., var high] && high > low).ToList();
        var listed = profiles.Where(profile => profile.Top.Count > 0).ToList();
        var select = drawn.Select(profile =>
            {
                var (low, high) = (profile.Quantiles![0], profile.Quantiles[^1]);
                var value = Finite(new Column(profile.Name, profile.Type));
                return $"map_entries(histogram(least(greatest(floor(({value}::double - {Sql(low)}) / {Sql((high - low) / Bins)}), 0), {Bins - 1})::utinyint))";
            })
            .Concat(listed.SelectMany(profile => profile.Top.Select(top => $"count(*) filter ({DuckDbText.Quote(profile.Name)}::varchar = {DuckDbText.Literal(top.Value)})")))
            .ToList();
        if (select.Count == 0) return profiles;
        object?[] found;
        using (var result = duck.Query($"select {string.Join(", ", select)} from {relation}")) found = result.Rows()[0];
        var at = 0;
        foreach (var profile in drawn)
        {
            var (low, high) = (profile.Quantiles![0], profile.Quantiles[^1]);
            var counts = new long[Bins];
            foreach (var entry in (found[at++] as object?[] ?? []).OfType<IReadOnlyDictionary<string, object?>>())
            {
                counts[Convert.ToInt32(entry["key"], CultureInfo.InvariantCulture)] = Convert.ToInt64(entry["value"], CultureInfo.InvariantCulture);
            }

            profiles[profiles.IndexOf(profile)] = profile with { BinEdges = [.. Enumerable.Range(0, Bins + 1).Select(i => low + ((high - low) * i / Bins))], BinCounts = counts };
        }

        foreach (var profile in listed)
        {
            // clipped once they are counted: a clipped text is equal to none, and two that begin alike are still two
            profiles[profiles.IndexOf(profile)] = profile with { Top = [.. profile.Top.Select(top => new TopValue(Clip(top.Value)!, Convert.ToInt64(found[at++], CultureInfo.InvariantCulture))).OrderByDescending(top => top.Count)] };
        }

        return profiles;
    }

    private static string Sql(double value) => value.ToString("R", CultureInfo.InvariantCulture) + "::double";

    private static string? Clip(string? text) => text is { Length: > 200 } ? text[..200] : text;
}
