using System.Text;
using Flyball.Server.Ui;

namespace Flyball.Server.Datasets;

/// <summary>One column on the page of a profile.</summary>
internal static class ProfileCard
{
    private const int Bars = 40;
    private const int Values = 8;

    /// <summary>Appends the card.</summary>
    /// <param name="place">Its place among the columns, by which links lead to it.</param>
    public static void Write(StringBuilder page, ColumnProfile column, int place)
    {
        page.Append($"<section class=\"panel\" id=\"c{place}\"><h3>{ProfilePage.Safe(ProfileText.Short(column.Name, 120))}<span class=\"badge\">{ProfilePage.Safe(ProfileText.Short(column.Type.ToLowerInvariant(), 40))}</span></h3>");
        page.Append($"<p class=\"meta\">{ProfilePage.Distinct(column)} different in {Show.Count(column.Count)} values · {Missing(column)}</p>");
        if (column.Missing > 0) page.Append($"<span class=\"meter\" title=\"{Show.Percent(column.Missing)} missing\"><i style=\"width:{ProfileDrawing.Inv(column.Missing * 100)}%\"></i></span>");
        if (column.Numbers is { Finite: > 0 } numbers)
        {
            // few values are told below, each with its count
            if (!column.IsListed || column.Distinct > Values)
            {
                ProfileDrawing.Bars(page, ProfileDrawing.Cells(column, Bars), 340, 96, isSmall: false);
                ProfileDrawing.Strip(page, column);
            }

            Facts(page, Numbers(column, numbers));
        }
        else if (column.Texts is { } texts)
        {
            Facts(page, Texts(column, texts));
        }

        if (column.Count > 0 && (column.Kind is not (ColumnKind.Number or ColumnKind.Time) || column.Distinct <= Values || Repeats(column))) Top(page, column);
        if (column.Texts is { Shapes.Count: > 0 } looks && !column.IsListed) Shapes(page, column, looks);
        page.Append("</section>");
    }

    private static string Missing(ColumnProfile column) => (column.Nulls, column.Nans) switch
    {
        (0, 0) => "none missing",
        (var nulls, 0) => $"{Show.Count(nulls)} null ({Show.Percent(column.Missing)})",
        (0, var nans) => $"{Show.Count(nans)} NaN ({Show.Percent(column.Missing)})",
        var (nulls, nans) => $"{Show.Count(nulls)} null and {Show.Count(nans)} NaN ({Show.Percent(column.Missing)})",
    };

    private static IEnumerable<(string What, string Value)> Numbers(ColumnProfile column, NumberProfile numbers)
    {
        yield return ("least", column.Kind == ColumnKind.Time ? column.Min! : Show.Number(numbers.Min));
        yield return ("median", ProfileText.Number(column, numbers.Quantiles[4]));
        yield return ("largest", column.Kind == ColumnKind.Time ? column.Max! : Show.Number(numbers.Max));
        if (column.Kind == ColumnKind.Time)
        {
            yield return ("25 %", ProfileText.Number(column, numbers.Quantiles[3]));
            yield return ("75 %", ProfileText.Number(column, numbers.Quantiles[5]));
        }
        else
        {
            yield return ("mean", Show.Number(numbers.Mean));
            yield return ("std", Show.Number(numbers.Std));
            yield return ("zero", Part(numbers.Zeros, column.Count));
            if (numbers.Negative > 0) yield return ("negative", Part(numbers.Negative, column.Count));
            if (numbers.LeftOut > 0) yield return ("beyond 1e140", Show.Count(numbers.LeftOut));
        }

        if (numbers.PositiveInfinities > 0) yield return ("infinite", Show.Count(numbers.PositiveInfinities));
        if (numbers.NegativeInfinities > 0) yield return ("−infinite", Show.Count(numbers.NegativeInfinities));
    }

    private static IEnumerable<(string What, string Value)> Texts(ColumnProfile column, TextProfile texts)
    {
        yield return ("characters", texts.MinLength == texts.MaxLength ? Show.Count(texts.MinLength) : $"{Show.Count(texts.MinLength)} to {Show.Count(texts.MaxLength)}");
        yield return ("mean length", Show.Number(texts.MeanLength));
        if (texts.Empty > 0) yield return ("empty", Part(texts.Empty, column.Count));
        if (texts.Numbers > 0) yield return ("numbers", Part(texts.Numbers, column.Count));
        if (texts.Dates > 0) yield return ("dates", Part(texts.Dates, column.Count));
        if (texts.Uuids > 0) yield return ("UUIDs", Part(texts.Uuids, column.Count));
        if (texts.Emails > 0) yield return ("e-mail", Part(texts.Emails, column.Count));
    }

    private static void Facts(StringBuilder page, IEnumerable<(string What, string Value)> facts)
    {
        page.Append("<dl class=\"numbers\">");
        foreach (var (what, value) in facts) page.Append($"<div><dt>{what}</dt><dd>{ProfilePage.Safe(value)}</dd></div>");
        page.Append("</dl>");
    }

    private static void Top(StringBuilder page, ColumnProfile column)
    {
        page.Append($"<h4>{(column.IsListed && column.Top.Count <= Values ? "All values" : "Most frequent")}</h4><ol class=\"often\">");
        foreach (var top in column.Top.Take(Values)) Row(page, column, top.Value, top.Count, top.AtMost > top.Count ? "+" : "");
        page.Append("</ol>");
    }

    private static void Shapes(StringBuilder page, ColumnProfile column, TextProfile texts)
    {
        var shapes = texts.Shapes[0].Count >= 0.2 * column.Count ? texts.Shapes : texts.LooseShapes;
        page.Append("<h4>How they look (A, a letters; 9 digits)</h4><ol class=\"often\">");
        foreach (var shape in shapes.Take(5)) Row(page, column, shape.Shape, shape.Count, "");
        page.Append("</ol>");
    }

    private static void Row(StringBuilder page, ColumnProfile column, string value, long count, string more)
    {
        var share = (double)count / column.Count;
        var told = value.Length == 0 ? "<span class=\"soft\">(empty)</span>" : ProfilePage.Safe(value);
        page.Append($"<li style=\"--w:{ProfileDrawing.Inv(share * 100)}%\"><span class=\"value\" title=\"{ProfilePage.Safe(value)}\">{told}</span><span class=\"count\">{Show.Count(count)}{more} · {Show.Percent(share)}</span></li>");
    }

    private static bool Repeats(ColumnProfile column) => column.Top is [{ Count: var most }, ..] && most >= 0.05 * column.Count && column.Distinct > 1;

    private static string Part(long count, long of) => count == 0 ? "none" : $"{Show.Count(count)} ({Show.Percent((double)count / of)})";
}
