using System.Text.RegularExpressions;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>What a project file for some columns probably says. Pure guesses from names and profiles; the person who runs <c>init</c> has the last word.</summary>
internal static partial class Proposals
{
    private static readonly string[] Later =
        ["dropoff", "end", "ended", "finish", "finished", "close", "closed", "arrival", "delivered", "paid", "payment", "fare", "tip", "toll", "tolls", "total", "amount", "tax", "surcharge", "fee", "charge", "extra", "result", "outcome", "refund"];

    private static readonly string[] Labels = ["label", "target", "y", "outcome", "class", "churn", "churned", "cnt", "demand", "sales", "duration", "price"];

    private static readonly string[] Codes = ["id", "code", "type", "zone", "location", "category", "class", "key", "kind"];

    public static string? Time(DatasetProfile profile) =>
        profile.Columns.Where(column => IsTime(column) && column.Nulls * 2 < profile.Rows).OrderBy(column => IsLater(column.Name)).Select(column => column.Name).FirstOrDefault();

    /// <summary>A column by its name, or the minutes between the two times of an event.</summary>
    public static string? Label(DatasetProfile profile, string time)
    {
        if (profile.Columns.FirstOrDefault(column => column.Distinct > 1 && Labels.Contains(column.Name.ToLowerInvariant())) is { } named) return Sql(named.Name);
        var end = profile.Columns.FirstOrDefault(column => IsTime(column) && column.Name != time && IsLater(column.Name));
        return end is null ? null : $"date_diff('second', {Sql(time)}, {Sql(end.Name)}) / 60.0";
    }

    /// <summary>A name for the label that no column has.</summary>
    public static string LabelName(DatasetProfile profile, string sql)
    {
        string[] candidates = sql.StartsWith("date_diff", StringComparison.Ordinal) ? ["duration", "minutes", "target", "label"] : ["target", "label", "truth", "y_true"];
        return candidates.First(name => profile.Columns.All(column => !column.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Columns that are most likely not there at request time, each with the reason.</summary>
    public static IReadOnlyDictionary<string, string> KnownLater(DatasetProfile profile, string time, LabelFacts label, IReadOnlyDictionary<string, string> givesAway)
    {
        var later = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in profile.Columns.Where(column => !column.Name.Equals(time, StringComparison.OrdinalIgnoreCase)))
        {
            if (label.Columns.Contains(column.Name, StringComparer.OrdinalIgnoreCase)) later[column.Name] = "the label is made of it";
            else if (givesAway.TryGetValue(column.Name, out var why)) later[column.Name] = why;
            else if (IsLater(column.Name)) later[column.Name] = "by its name";
        }

        return later;
    }

    /// <summary>A feature per column that says something, and what the time of the event tells.</summary>
    public static IReadOnlyList<FeatureSpec> Features(DatasetProfile profile, string time, IEnumerable<string> knownLater, string label)
    {
        var later = knownLater.Append(time).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var features = profile.Columns.Where(column => !later.Contains(column.Name)).Select(column => Feature(profile, column)).OfType<FeatureSpec>().ToList();
        var at = profile.Columns.First(column => column.Name.Equals(time, StringComparison.OrdinalIgnoreCase));
        if (at.Type != "DATE") features.Add(new FeatureSpec("hour", $"extract(hour from {Sql(at.Name)})", FeatureType.Number));
        features.Add(new FeatureSpec("dow", $"extract(dow from {Sql(at.Name)})", FeatureType.Number));
        return [.. features.GroupBy(feature => feature.Name, StringComparer.OrdinalIgnoreCase).Select(same => same.First()).Where(feature => !feature.Name.Equals(label, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>A column as a feature of a kind that the person chose.</summary>
    public static FeatureSpec Feature(ColumnProfile column, FeatureType type)
    {
        var name = NameRuleFits(column.Name) ? column.Name : Unfit().Replace(column.Name, "_") is var safe && char.IsAsciiDigit(safe[0]) ? $"c_{safe}" : safe;
        return new FeatureSpec(name, type == FeatureType.Category && column.Type != "VARCHAR" ? $"cast({Sql(column.Name)} as varchar)" : Sql(column.Name), type);
    }

    /// <summary>About a fifth of the time there is, in whole days where that is at least one.</summary>
    public static TimeSpan Test(TimeSpan span) => span.TotalDays >= 5 ? TimeSpan.FromDays(Math.Max(1, Math.Round(span.TotalDays / 5))) : TimeSpan.FromHours(Math.Max(1, Math.Round(span.TotalHours / 5)));

    /// <summary>A column as SQL writes it: quoted only where it must be.</summary>
    public static string Sql(string column) => NameRuleFits(column) ? column : DuckDbText.Quote(column);

    private static FeatureSpec? Feature(DatasetProfile profile, ColumnProfile column)
    {
        // distinct counts are estimates
        var everyRow = column.Distinct > 0.8 * column.Count && column.Count > 100;
        if (column.Count == 0 || column.Distinct <= 1 || IsTime(column)) return null;
        if (column.Type == "BOOLEAN") return Feature(column, FeatureType.Boolean);
        if (column.Mean is null) return column.Type == "VARCHAR" && !everyRow ? Feature(column, FeatureType.Category) : null;
        var whole = column.Type is not ("FLOAT" or "DOUBLE") && !column.Type.StartsWith("DECIMAL", StringComparison.Ordinal);
        if (whole && everyRow) return null;
        return Feature(column, Words(column.Name).Any(Codes.Contains) && column.Distinct <= Math.Max(1000, profile.Rows / 10) ? FeatureType.Category : FeatureType.Number);
    }

    private static bool IsTime(ColumnProfile column) => column.Type.StartsWith("TIMESTAMP", StringComparison.Ordinal) || column.Type == "DATE";

    private static bool IsLater(string name) => Words(name).Any(Later.Contains);

    private static bool NameRuleFits(string name) => NameRule.Column.Fits(name) && !Reserved.Contains(name.ToLowerInvariant());

    /// <summary>Words that DuckDB does not take for a column without quotes and that are likely names of one.</summary>
    private static readonly string[] Reserved = ["group", "order", "default", "end", "user", "table", "column", "check", "case", "when", "from", "to", "in", "is", "limit", "offset", "desc", "primary", "references", "select", "union", "where"];

    /// <summary>The words of a name: PULocationID → pu, location, id.</summary>
    private static IEnumerable<string> Words(string name) => Word().Matches(name).Select(match => match.Value.ToLowerInvariant());

    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")]
    private static partial Regex Word();

    [GeneratedRegex("[^A-Za-z0-9_]")]
    private static partial Regex Unfit();
}
