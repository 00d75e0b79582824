using System.Globalization;
using Flyball.Server.Ui;

namespace Flyball.Server.Datasets;

/// <summary>A profile as a table for the terminal.</summary>
internal static class ProfileTable
{
    private const int NameWidth = 28;
    private const int TypeWidth = 14;

    public static void Write(TextWriter output, DatasetProfile profile)
    {
        output.WriteLine($"{Show.Count(profile.Rows)} rows, {Show.Count(profile.Columns.Count)} columns{(profile.Bytes is { } bytes ? $", {Show.Bytes(bytes)}" : "")}");
        output.WriteLine();
        output.WriteLine($"{"column",-NameWidth} {"type",-TypeWidth} {"missing",9} {"distinct",12}  holds");
        foreach (var column in profile.Columns)
        {
            output.WriteLine($"{Fit(column.Name, NameWidth),-NameWidth} {Fit(column.Type.ToLowerInvariant(), TypeWidth),-TypeWidth} {Show.Percent(column.Missing).Replace('\u202f', ' '),9} {(column.IsDistinctExact ? "" : "~") + Show.Count(column.Distinct),12}  {Holds(column)}");
        }

        var findings = ProfileFindings.Of(profile);
        if (findings.Count == 0) return;
        output.WriteLine();
        output.WriteLine("Worth a look:");
        foreach (var (column, text) in findings) output.WriteLine($"  {Plain(column)}: {Plain(text)}");
    }

    private static string Holds(ColumnProfile column)
    {
        if (column.Count == 0) return "nothing";
        if (column.Numbers is { Finite: > 0, Quantiles: var q } numbers)
        {
            var range = $"{ProfileText.Number(column, q[0])} to {ProfileText.Number(column, q[^1])}";
            return column.Kind == ColumnKind.Time ? $"{range}, median {ProfileText.Number(column, q[4])}" : $"{range}, median {Show.Number(q[4])}, mean {Show.Number(numbers.Mean)}, std {Show.Number(numbers.Std)}";
        }

        if (column.True is { } set) return string.Create(CultureInfo.InvariantCulture, $"true in {Show.Percent((double)set / column.Count).Replace('\u202f', ' ')}");
        return string.Join(", ", column.Top.Take(3).Select(top => $"{Fit(top.Value, 24)} ({Show.Percent((double)top.Count / column.Count).Replace('\u202f', ' ')})"));
    }

    private static string Fit(string text, int width) => Plain(text) is var plain && plain.Length <= width ? plain : plain[..(width - 1)] + "…";

    /// <summary>Without what would steer a terminal.</summary>
    private static string Plain(string text) => string.Concat(text.Select(character => char.IsControl(character) || char.GetUnicodeCategory(character) is UnicodeCategory.Format or UnicodeCategory.Surrogate ? '·' : character));
}
