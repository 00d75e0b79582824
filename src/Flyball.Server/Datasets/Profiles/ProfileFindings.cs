using Flyball.Server.Ui;

namespace Flyball.Server.Datasets;

/// <summary>What in a profile is worth a look, in words, at most a hundred of it.</summary>
internal static class ProfileFindings
{
    private const int Most = 100;

    public static IReadOnlyList<(string Column, string Text)> Of(DatasetProfile profile) => [.. profile.Columns.SelectMany(column => Of(column).Select(text => (column.Name, text))).Concat(Pairs(profile)).Take(Most)];

    private static IEnumerable<string> Of(ColumnProfile column)
    {
        if (column.Rows == 0) yield break;
        if (column.Count == 0)
        {
            yield return "no row has a value";
            yield break;
        }

        if (column.Missing >= 0.5) yield return $"{Show.Percent(column.Missing)} of the rows have no value";
        if (column.Nans > 0) yield return $"NaN in {Show.Count(column.Nans)} {Rows(column.Nans)}, beside {Show.Count(column.Nulls)} nulls";
        if (column is { Distinct: 1, Count: > 1 }) yield return $"the same value wherever there is one: {ProfileText.Short(column.Top[0].Value)}";
        else if (column.Count >= 100 && column.Top is [{ Count: var most }, ..] && most >= 0.98 * column.Count) yield return $"{Show.Percent((double)most / column.Count)} are {ProfileText.Short(column.Top[0].Value)}";
        if (IsEveryRow(column) && column.Kind is ColumnKind.Text) yield return "another text in nearly every row: an id or free text rather than a category";
        if (column.Numbers is { } numbers)
        {
            if (numbers.PositiveInfinities + numbers.NegativeInfinities is > 0 and var ends) yield return $"infinite in {Show.Count(ends)} {Rows(ends)}";
            if (numbers.LeftOut > 0) yield return $"{Show.Count(numbers.LeftOut)} {Rows(numbers.LeftOut)} beyond 1e140, left out of mean and deviation";
            if (column.Kind == ColumnKind.Number && numbers is { Finite: > 100, Quantiles: [var min, var q01, _, var q1, _, var q3, _, var q99, var max] } && q3 > q1)
            {
                if (max - q99 > 20 * (q99 - q1)) yield return $"the largest value, {Show.Number(max)}, lies far above 99 % of the others ({Show.Number(q99)})";
                if (q01 - min > 20 * (q3 - q01)) yield return $"the least value, {Show.Number(min)}, lies far below 99 % of the others ({Show.Number(q01)})";
            }
        }

        if (column.Texts is not { } texts) yield break;
        var filled = column.Count - texts.Empty;
        if (texts.Empty > 0) yield return $"empty text in {Show.Count(texts.Empty)} {Rows(texts.Empty)}";
        if (filled <= 0) yield break;
        foreach (var (count, kind) in new[] { (texts.Numbers, "numbers"), (texts.Dates, "dates"), (texts.Uuids, "UUIDs"), (texts.Emails, "e-mail addresses") })
        {
            if (count == filled) yield return $"texts that all read as {kind}";
            else if (count >= 0.9 * filled) yield return $"texts that nearly all read as {kind}; {Show.Count(filled - count)} do not";
        }
    }

    private static IEnumerable<(string Column, string Text)> Pairs(DatasetProfile profile) =>
        profile.Correlations.Where(pair => pair.Count > 30 && Math.Abs(pair.Correlation ?? 0) >= 0.98).OrderByDescending(pair => Math.Abs(pair.Correlation!.Value)).Take(20)
            .Select(pair => (pair.A, $"moves {(pair.Correlation > 0 ? "with" : "against")} {ProfileText.Short(pair.B)} (correlation {ProfileText.Correlation(pair.Correlation!.Value)})"));

    public static bool IsEveryRow(ColumnProfile column) => column.Count > 100 && column.Distinct > 0.95 * column.Count;

    private static string Rows(long count) => count == 1 ? "row" : "rows";
}
