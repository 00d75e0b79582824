using System.Globalization;
using System.Text;

namespace Flyball.Server.Registry;

/// <summary>A card as Markdown (CommonMark with tables). Facts are escaped; what people wrote is quoted, so that it is not taken for a fact.</summary>
internal static class CardMarkdown
{
    public static string Of(ModelCard card)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Model card: {Escaped(card.Model)}, version {card.Version}\n\nAs of {card.Generated.UtcDateTime:yyyy-MM-dd HH:mm} UTC. Facts are from the registry; texts say who wrote them.\n");
        foreach (var section in card.Sections)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {section.Title}\n\n");
            if (section.Text is { } written) text.Append(CultureInfo.InvariantCulture, $"> {written.Text.Replace("<", "&lt;", StringComparison.Ordinal).Replace("\n", "\n> ", StringComparison.Ordinal)}\n\n*Written by {Escaped(written.By)} on {written.Written.UtcDateTime:yyyy-MM-dd}{(written.Version < card.Version ? $" for version {written.Version}" : "")}.*\n\n");
            foreach (var fact in section.Facts) text.Append(CultureInfo.InvariantCulture, $"- **{Escaped(fact.Name)}**: {Escaped(fact.Value)}\n");
            foreach (var table in section.Tables) Append(text, table);
            if (section is { Text: null, Facts.Count: 0, Tables.Count: 0 }) text.Append("*Nothing was written.*\n");
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, CardTable table)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n**{Escaped(table.Title)}**\n\n");
        Row(text, table.Columns.Select(Escaped));
        Row(text, table.Columns.Select((_, i) => i > 0 && table.Numbers ? "--:" : "---"));
        foreach (var row in table.Rows) Row(text, row.Select(Escaped));
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    /// <summary>Text in which nothing is taken for Markdown or HTML, on one line.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsControl(c)) escaped.Append(' ');
            else if (c == '<') escaped.Append("&lt;");
            else if (c == '&') escaped.Append("&amp;");
            else if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '#' or '|' or '~' or '!') escaped.Append('\\').Append(c);
            else escaped.Append(c);
        }

        return escaped.ToString();
    }
}
