using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Flyball.Server.Ui;

namespace Flyball.Server.Datasets;

/// <summary>A profile as one page of HTML that needs nothing else: no script, no font, no picture, no address. Every name and value is escaped.</summary>
internal static class ProfilePage
{
    private const string Style =
        """
        main { max-width: 1320px; }
        .figures { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 150px), 1fr)); margin-bottom: 20px; }
        .figures .panel { margin: 0; padding: 14px 18px; }
        .cards { display: grid; gap: 20px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); }
        .cards > .panel { margin: 0; scroll-margin-top: 12px; }
        .cards h3 { font-size: 16px; }
        .meta { color: var(--soft); font-size: 13px; margin-bottom: 12px; }
        .meter { display: block; height: 6px; border-radius: 3px; background: var(--tint); overflow: hidden; margin: 2px 0 12px; }
        .meter i { display: block; height: 100%; background: var(--warn); }
        .drawn { display: block; width: 100%; height: auto; overflow: visible; }
        .drawn text { fill: var(--soft); font-size: 11px; }
        .drawn .bar { fill: var(--s0); opacity: .8; } .drawn .base { stroke: var(--line); stroke-width: 1; }
        .drawn .reach { stroke: var(--soft); stroke-width: 1.5; } .drawn .most { fill: var(--accent-soft); } .drawn .half { fill: var(--s0); opacity: .45; } .drawn .middle { stroke: var(--ink); stroke-width: 2.5; }
        dl.numbers { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px 14px; margin: 12px 0 0; font-size: 13px; }
        dl.numbers dt { color: var(--soft); font-size: 12px; } dl.numbers dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        ol.often { list-style: none; padding: 0; margin: 0; font-size: 13px; }
        ol.often li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 12px; padding: 3px 8px; border-radius: 5px; margin-bottom: 2px; background: linear-gradient(90deg, var(--accent-soft) var(--w), var(--tint) var(--w)); }
        ol.often .value { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } ol.often .count { color: var(--soft); font-variant-numeric: tabular-nums; }
        h4 { font-size: 12.5px; font-weight: 560; color: var(--soft); margin: 16px 0 6px; }
        table.glance { table-layout: auto; } table.glance td { vertical-align: middle; } table.glance .drawn { width: 150px; height: 30px; }
        table.glance .meter { width: 76px; margin: 3px 0 0 auto; } table.glance td.name { max-width: 320px; overflow: hidden; text-overflow: ellipsis; }
        .heat text { fill: var(--soft); font-size: 12px; } .heat .r { fill: var(--ink); font-size: 11px; text-anchor: middle; } .heat .with { fill: var(--s0); } .heat .against { fill: var(--c1); } .heat .none { fill: var(--tint); }
        footer { color: var(--soft); font-size: 13px; margin-top: 28px; max-width: 90ch; }
        @media (max-width: 640px) { table.glance td.draw { display: block; } table.glance .drawn { width: 100%; height: 34px; } table.glance .meter { display: none; } table.glance td.name { display: block; max-width: none; white-space: normal; overflow-wrap: anywhere; } }
        """;

    public static string Of(DatasetProfile profile, string name)
    {
        var page = new StringBuilder();
        page.Append($"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{Safe(name)}: profile</title><style>{Assets.Text("app.css")}{Style}</style></head><body><main>");
        page.Append($"<div class=\"title\"><h1>{Safe(name)}</h1><p class=\"lead\">What the data holds, column by column.</p></div>");
        Figures(page, profile);
        Findings(page, profile);
        Overview(page, profile);
        page.Append("<h2>Columns</h2><div class=\"cards\">");
        for (var i = 0; i < profile.Columns.Count; i++) ProfileCard.Write(page, profile.Columns[i], i);
        page.Append("</div>");
        ProfileHeat.Write(page, profile.Correlations);
        page.Append("<footer><p>A number with ~ is an estimate with a standard error of 1.6 %. Counts, missing values, extremes, means and deviations are exact; quantiles lie in the bin that holds the true one (at most about 1 % of the rows). A count with + is at least that.</p><p>Made by Flyball.</p></footer></main></body></html>");
        return page.ToString();
    }

    /// <summary>A text as HTML, in attributes too; what would reorder or hide other text is shown as a dot.</summary>
    public static string Safe(string text) => HtmlEncoder.Default.Encode(string.Concat(text.Select(character => char.IsControl(character) || char.GetUnicodeCategory(character) == UnicodeCategory.Format ? '·' : character)));

    private static void Figures(StringBuilder page, DatasetProfile profile)
    {
        var cells = profile.Columns.Sum(column => column.Rows);
        var missing = profile.Columns.Sum(column => column.Nulls + column.Nans);
        var kinds = string.Join(", ", profile.Columns.GroupBy(column => column.Kind).OrderByDescending(kind => kind.Count()).Select(kind => $"{kind.Count()} {Kind(kind.Key, kind.Count())}"));
        page.Append("<div class=\"figures\">");
        Figure("Rows", Show.Count(profile.Rows), "");
        Figure("Columns", Show.Count(profile.Columns.Count), kinds);
        Figure("Missing", Show.Percent(cells == 0 ? double.NaN : (double)missing / cells), $"{Show.Count(missing)} of {Show.Count(cells)} cells");
        if (profile.Bytes is { } bytes) Figure("Size", Show.Bytes(bytes), profile.Rows == 0 ? "" : $"{Show.Number((double)bytes / profile.Rows)} bytes a row");
        page.Append("</div>");

        void Figure(string what, string figure, string about) => page.Append($"<section class=\"panel\"><h2>{what}</h2><div class=\"figure\">{figure}</div><p class=\"soft small\">{about}</p></section>");
    }

    private static void Findings(StringBuilder page, DatasetProfile profile)
    {
        var findings = ProfileFindings.Of(profile);
        if (findings.Count == 0) return;
        var places = profile.Columns.Select((column, i) => (column.Name, i)).DistinctBy(one => one.Name, StringComparer.Ordinal).ToDictionary(one => one.Name, one => one.i, StringComparer.Ordinal);
        page.Append("<section class=\"panel attention\"><h2>Worth a look</h2><ul class=\"plain\">");
        foreach (var (column, text) in findings) page.Append($"<li><a href=\"#c{places[column]}\">{Safe(ProfileText.Short(column))}</a>: {Safe(text)}</li>");
        page.Append("</ul></section>");
    }

    private static void Overview(StringBuilder page, DatasetProfile profile)
    {
        page.Append("<section class=\"panel\"><h2>At a glance</h2><div class=\"scroll\"><table class=\"stack glance\"><thead><tr><th>Column</th><th>Type</th><th class=\"num\">Missing</th><th class=\"num\">Different</th><th>Distribution</th><th>Typical</th></tr></thead><tbody>");
        for (var i = 0; i < profile.Columns.Count; i++)
        {
            var column = profile.Columns[i];
            var missing = double.IsNaN(column.Missing) ? 0 : column.Missing;
            page.Append($"<tr><td class=\"name\"><a href=\"#c{i}\">{Safe(ProfileText.Short(column.Name))}</a></td><td class=\"soft\">{Safe(ProfileText.Short(column.Type.ToLowerInvariant(), 24))}</td>");
            page.Append($"<td class=\"num\">{Show.Percent(column.Missing)}<span class=\"stacked\"> missing</span>{(missing > 0 ? $"<span class=\"meter\"><i style=\"width:{ProfileDrawing.Inv(missing * 100)}%\"></i></span>" : "")}</td><td class=\"num\">{Distinct(column)}<span class=\"stacked\"> different</span></td><td class=\"draw\">");
            ProfileDrawing.Bars(page, ProfileDrawing.Cells(column, 30), 150, 30, isSmall: true);
            page.Append($"</td><td class=\"soft\">{Safe(Typical(column))}</td></tr>");
        }

        page.Append("</tbody></table></div></section>");
    }

    private static string Typical(ColumnProfile column) => column switch
    {
        { Count: 0 } => "nothing",
        { Numbers: { Finite: > 0 } numbers } when numbers.Quantiles[2] == numbers.Quantiles[6] => ProfileText.Number(column, numbers.Quantiles[2]),
        { Numbers: { Finite: > 0 } numbers } => $"{ProfileText.Number(column, numbers.Quantiles[2])} to {ProfileText.Number(column, numbers.Quantiles[6])}",
        { True: { } set } => $"true in {Show.Percent((double)set / column.Count)}",
        { Top.Count: > 0 } => string.Join(", ", column.Top.Take(2).Select(top => ProfileText.Short(top.Value, 24))),
        _ => "",
    };

    public static string Distinct(ColumnProfile column) => (column.IsDistinctExact ? "" : "~") + Show.Count(column.Distinct);

    public static string Kind(ColumnKind kind, int count) => kind switch
    {
        ColumnKind.Number => count == 1 ? "number" : "numbers",
        ColumnKind.Time => count == 1 ? "time" : "times",
        ColumnKind.Flag => count == 1 ? "flag" : "flags",
        ColumnKind.Text => count == 1 ? "text" : "texts",
        _ => "other",
    };
}
