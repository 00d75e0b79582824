using System.Globalization;
using System.Text;
using Flyball.Server.Ui;

namespace Flyball.Server.Datasets;

/// <summary>Drawings of a column as SVG.</summary>
internal static class ProfileDrawing
{
    private const int Width = 340;
    private const int FewValues = 12;

    public static string Inv(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>What the bars of a column stand for, and their heights: bins of equal width, or the most frequent values.</summary>
    public static IReadOnlyList<(string Label, long Count)> Cells(ColumnProfile column, int most)
    {
        if (column.Numbers is { Finite: > 0 } numbers)
        {
            // few numbers have a bar each, also more of them where they lie close together
            if (column is { IsListed: true, Kind: ColumnKind.Number } && (column.Distinct <= FewValues || (column.Distinct <= most && numbers.Max - numbers.Min <= 2 * column.Distinct)))
            {
                return [.. column.Top.Select(top => (Value: double.Parse(top.Value, CultureInfo.InvariantCulture), top)).Where(one => double.IsFinite(one.Value)).OrderBy(one => one.Value).Select(one => (one.top.Value, one.top.Count))];
            }

            var (edges, counts) = NumberBins.Even(numbers, most);
            return [.. counts.Select((count, i) => ($"{ProfileText.Number(column, edges[i])} to {ProfileText.Number(column, edges[i + 1])}", count))];
        }

        return [.. column.Top.Take(most).Select(top => (ProfileText.Short(top.Value), top.Count))];
    }

    public static void Bars(StringBuilder page, IReadOnlyList<(string Label, long Count)> cells, int width, int height, bool isSmall)
    {
        if (cells.Count == 0) return;
        var most = Math.Max(1, cells.Max(cell => cell.Count));
        var total = Math.Max(1, cells.Sum(cell => cell.Count));
        var step = Math.Min((double)width / cells.Count, isSmall ? 12 : 40);
        page.Append($"<svg class=\"drawn\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"Distribution\"{(isSmall ? " preserveAspectRatio=\"none\"" : "")}>");
        for (var i = 0; i < cells.Count; i++)
        {
            var tall = cells[i].Count == 0 ? 0 : Math.Max(1, (double)cells[i].Count / most * (height - 2));
            page.Append($"<rect class=\"bar\" x=\"{Inv(i * step)}\" y=\"{Inv(height - 1 - tall)}\" width=\"{Inv(Math.Max(0.5, step - (isSmall ? 0.7 : 1)))}\" height=\"{Inv(tall)}\">");
            if (!isSmall) page.Append($"<title>{ProfilePage.Safe(cells[i].Label)}: {Show.Count(cells[i].Count)} ({Show.Percent((double)cells[i].Count / total)})</title>");
            page.Append("</rect>");
        }

        page.Append($"<path class=\"base\" d=\"M0 {Inv(height - 0.5)}H{width}\"/></svg>");
    }

    /// <summary>A strip of the quantiles: a line from 1 to 99 %, a band from 5 to 95 %, a darker one from 25 to 75 %, and the median.</summary>
    public static void Strip(StringBuilder page, ColumnProfile column)
    {
        var q = column.Numbers!.Quantiles;
        var (low, high) = NumberBins.Range(column.Numbers);
        if (!(high > low) || !double.IsFinite(high - low)) return;
        double X(double value) => Math.Clamp((value - low) / (high - low), 0, 1) * Width;
        page.Append($"<svg class=\"drawn\" viewBox=\"0 0 {Width} 34\" role=\"img\" aria-label=\"Quantiles\"><path class=\"reach\" d=\"M{Inv(X(q[1]))} 9H{Inv(X(q[7]))}\"/>");
        page.Append($"<rect class=\"most\" x=\"{Inv(X(q[2]))}\" y=\"3\" width=\"{Inv(Math.Max(1, X(q[6]) - X(q[2])))}\" height=\"12\" rx=\"2\"><title>5 to 95 %: {Told(q[2])} to {Told(q[6])}</title></rect>");
        page.Append($"<rect class=\"half\" x=\"{Inv(X(q[3]))}\" y=\"3\" width=\"{Inv(Math.Max(1, X(q[5]) - X(q[3])))}\" height=\"12\" rx=\"2\"><title>25 to 75 %: {Told(q[3])} to {Told(q[5])}</title></rect>");
        page.Append($"<path class=\"middle\" d=\"M{Inv(X(q[4]))} 1V17\"><title>median {Told(q[4])}</title></path>");
        page.Append($"<text x=\"0\" y=\"31\">{Told(low)}</text><text x=\"{Width}\" y=\"31\" text-anchor=\"end\">{Told(high)}</text></svg>");

        string Told(double value) => ProfilePage.Safe(ProfileText.Number(column, value));
    }
}
