using System.Text;
using System.Text.Json;

namespace Flyball.Server.Tracking.Pages;

/// <summary>How an artifact is shown.</summary>
public enum PreviewKind { None, Image, Text, Table, Markdown }

/// <summary>The beginning of an artifact as a page can show it: text is always shown as text, whatever is in it, and an image is fetched as one.</summary>
/// <param name="Text">Of Markdown: HTML that holds nothing but what <see cref="MarkdownHtml"/> lets through.</param>
/// <param name="Rows">Of a table: the first is its head.</param>
/// <param name="Cut">There is more than is shown.</param>
public sealed record ArtifactPreview(PreviewKind Kind, string Text, IReadOnlyList<IReadOnlyList<string>> Rows, bool Cut)
{
    private const int MostBytes = 256 << 10;
    private const int MostRows = 101;
    private const int MostFields = 40;
    private static readonly ArtifactPreview Nothing = new(PreviewKind.None, "", [], Cut: false);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="below">The address under which the files of the same run are fetched, with a slash at its end.</param>
    internal static async Task<ArtifactPreview> ReadAsync(Artifacts artifacts, ITableReader tables, Artifact file, string below, CancellationToken cancel)
    {
        var kind = Path.GetExtension(file.Path).ToLowerInvariant();
        if (kind is ".png" or ".jpg" or ".jpeg" or ".gif" or ".webp") return Nothing with { Kind = PreviewKind.Image };
        if (kind == ".parquet") return await tables.HeadAsync(file.Digest, cancel) is { } head ? Table(head) : Nothing;
        await using var content = await artifacts.OpenAsync(file, cancel);
        var bytes = new byte[Math.Min(file.Size, MostBytes)];
        var length = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        var cut = file.Size > length;
        if (Decoded(bytes.AsSpan(0, length), cut) is not { } text) return Nothing;
        return kind switch
        {
            ".csv" or ".tsv" => Table(text, kind == ".csv" ? ',' : '\t', cut),
            ".md" or ".markdown" when MarkdownHtml.Of(text, below, file.Path) is { } html => new ArtifactPreview(PreviewKind.Markdown, html, [], cut),
            ".json" when !cut => new ArtifactPreview(PreviewKind.Text, Pretty(text), [], cut),
            _ => new ArtifactPreview(PreviewKind.Text, text, [], cut),
        };
    }

    /// <summary>Rows of RFC 4180, as far as they go; what is no CSV comes out as some rows or other.</summary>
    public static List<List<string>> Parse(string text, char separator, int most)
    {
        var (rows, row, field, quoted) = (new List<List<string>>(), new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < text.Length && rows.Count < most; i++)
        {
            var c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
            else if (c == '"') quoted = !quoted;
            else if (quoted || (c != separator && c is not ('\r' or '\n'))) field.Append(c);
            else if (c == separator || c == '\n')
            {
                row.Add(field.ToString());
                field.Clear();
                if (c != '\n') continue;
                rows.Add(row);
                row = [];
            }
        }

        if (rows.Count >= most || (row.Count == 0 && field.Length == 0)) return rows;
        row.Add(field.ToString());
        rows.Add(row);
        return rows;
    }

    private static ArtifactPreview Table(string text, char separator, bool cut)
    {
        var rows = Parse(text, separator, MostRows + 1);
        return new ArtifactPreview(PreviewKind.Table, "", [.. rows.Take(MostRows).Select(row => row.Take(MostFields).ToList())], cut || rows.Count > MostRows || rows.Exists(row => row.Count > MostFields));
    }

    private static ArtifactPreview Table(TableHead head) => new(PreviewKind.Table, "", [head.Columns, .. head.Rows], head.Rows.Count < head.Total || head.IsNarrowed);

    private static string Pretty(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return JsonSerializer.Serialize(json.RootElement, Indented);
        }
        catch (JsonException)
        {
            return text;
        }
    }

    /// <summary>The text, or null where the bytes are none.</summary>
    private static string? Decoded(ReadOnlySpan<byte> bytes, bool cut)
    {
        if (bytes.Contains((byte)0)) return null;
        // the last character may be cut in two
        for (var less = 0; less <= (cut ? 3 : 0) && less <= bytes.Length; less++)
        {
            if (System.Text.Unicode.Utf8.IsValid(bytes[..^less])) return Encoding.UTF8.GetString(bytes[..^less]).TrimStart('\uFEFF');
        }

        return null;
    }
}
