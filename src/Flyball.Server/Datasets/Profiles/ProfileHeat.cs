using System.Text;

namespace Flyball.Server.Datasets;

/// <summary>The correlations of numeric columns as a heat map, and the strongest of them in words.</summary>
internal static class ProfileHeat
{
    private const int Label = 150;
    private const int ToldInCells = 16;
    private const int Strongest = 8;

    public static void Write(StringBuilder page, IReadOnlyList<Comoments> pairs)
    {
        if (pairs.Count == 0) return;
        var names = pairs.Select(pair => pair.A).Append(pairs[^1].B).Distinct(StringComparer.Ordinal).ToList();
        var cell = names.Count <= ToldInCells ? 40 : 20;
        var size = Label + (names.Count * cell) + 4;
        page.Append($"<section class=\"panel\" style=\"margin-top:20px\"><h2>How numbers move together</h2><p class=\"soft small\">Pearson's correlation, over the rows in which both have a value.</p><div class=\"scroll\"><svg class=\"heat\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"Correlations\">");
        var places = names.Select((name, i) => (name, i)).ToDictionary(one => one.name, one => one.i, StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            var at = Label + (i * cell) + (cell / 2);
            var name = ProfilePage.Safe(ProfileText.Short(names[i], 20));
            page.Append($"<text x=\"{Label - 8}\" y=\"{at + 4}\" text-anchor=\"end\">{name}</text><text transform=\"translate({at + 4} {Label - 8}) rotate(-60)\">{name}</text>");
            page.Append($"<rect class=\"none\" x=\"{Label + (i * cell)}\" y=\"{Label + (i * cell)}\" width=\"{cell - 1}\" height=\"{cell - 1}\"/>");
        }

        foreach (var pair in pairs)
        {
            var (a, b) = (places[pair.A], places[pair.B]);
            Cell(page, pair, a, b, cell, isTold: names.Count <= ToldInCells);
            Cell(page, pair, b, a, cell, isTold: names.Count <= ToldInCells);
        }

        page.Append("</svg></div>");
        var strong = pairs.Where(pair => Math.Abs(pair.Correlation ?? 0) >= 0.3).OrderByDescending(pair => Math.Abs(pair.Correlation!.Value)).Take(Strongest).ToList();
        if (strong.Count > 0)
        {
            page.Append("<h4>Strongest</h4><ul class=\"plain small\">");
            foreach (var pair in strong) page.Append($"<li>{ProfilePage.Safe(ProfileText.Short(pair.A))} and {ProfilePage.Safe(ProfileText.Short(pair.B))}: {ProfileText.Correlation(pair.Correlation!.Value)}</li>");
            page.Append("</ul>");
        }

        page.Append("</section>");
    }

    private static void Cell(StringBuilder page, Comoments pair, int column, int row, int cell, bool isTold)
    {
        var (x, y) = (Label + (column * cell), Label + (row * cell));
        if (pair.Correlation is not { } r)
        {
            page.Append($"<rect class=\"none\" x=\"{x}\" y=\"{y}\" width=\"{cell - 1}\" height=\"{cell - 1}\"/>");
            return;
        }

        page.Append($"<rect class=\"{(r < 0 ? "against" : "with")}\" x=\"{x}\" y=\"{y}\" width=\"{cell - 1}\" height=\"{cell - 1}\" fill-opacity=\"{ProfileDrawing.Inv(0.04 + (0.86 * Math.Abs(r)))}\"><title>{ProfilePage.Safe(ProfileText.Short(pair.A))}, {ProfilePage.Safe(ProfileText.Short(pair.B))}: {ProfileText.Correlation(r)}</title></rect>");
        if (isTold) page.Append($"<text class=\"r\" x=\"{x + (cell / 2)}\" y=\"{y + (cell / 2) + 4}\">{ProfileText.Correlation(Math.Round(r, 2))}</text>");
    }
}
