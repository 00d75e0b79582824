using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Flyball.Server.Tracking.Pages;

/// <summary>
/// Markdown that anybody may have written, as HTML that a page can hold: HTML in it is shown as text, links lead to http and https alone and tell nobody where they were followed, images come from the same run's files.
/// </summary>
internal static class MarkdownHtml
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseTaskLists().DisableHtml().Build();

    /// <summary>What is longer, or has more brackets, is no text that anybody wrote: links that never close take the parser the square of their number.</summary>
    private const int MostCharacters = 64 << 10;
    private const int MostBrackets = 2000;

    /// <param name="below">The address under which the files of the same run are fetched, with a slash at its end.</param>
    /// <param name="path">Where the text is among them.</param>
    /// <returns>Null where the text is longer, or nested deeper, than anybody writes.</returns>
    public static string? Of(string text, string below, string path)
    {
        if (text.Length > MostCharacters || text.AsSpan().Count('[') > MostBrackets) return null;
        try
        {
            var document = Markdown.Parse(text, Pipeline);
            foreach (var link in document.Descendants<LinkInline>().ToList()) Tame(link, below, path);
            foreach (var link in document.Descendants<AutolinkInline>().Where(link => !link.IsEmail).ToList())
            {
                if (IsWeb(link.Url)) Discreet(link);
                else link.ReplaceBy(new LiteralInline(link.Url));
            }

            return document.ToHtml(Pipeline);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static void Tame(LinkInline link, string below, string path)
    {
        var url = link.GetDynamicUrl?.Invoke() ?? link.Url ?? "";
        link.GetDynamicUrl = null;
        if (link.IsImage && FileOf(url, path) is { } file) link.Url = below + string.Join('/', file.Split('/').Select(Uri.EscapeDataString));
        else if (IsWeb(url))
        {
            // an image from elsewhere would tell that server who looks at this page; a link does so only when it is followed
            if (link is { IsImage: true, FirstChild: null }) link.AppendChild(new LiteralInline(url));
            link.IsImage = false;
            link.Url = url;
            Discreet(link);
            // of an image in a link, the link stays
            if (link.Parent?.FindParentOfType<LinkInline>().Any() == true) link.ReplaceBy(Words(link), copyChildren: false);
        }
        else link.ReplaceBy(Words(link), copyChildren: false);
    }

    private static void Discreet(Inline link) => link.GetAttributes().AddProperty("rel", "noopener noreferrer nofollow");

    /// <summary>What a link says, without the link.</summary>
    private static ContainerInline Words(LinkInline link)
    {
        var words = new ContainerInline();
        while (link.FirstChild is { } child)
        {
            child.Remove();
            words.AppendChild(child);
        }

        return words;
    }

    private static bool IsWeb(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";

    /// <summary>The file that a relative address beside the text names; null where it names none.</summary>
    private static string? FileOf(string url, string path)
    {
        if (url.Length == 0 || url.StartsWith('/') || url.AsSpan().ContainsAny(':', '?', '#')) return null;
        var parts = path.Split('/').SkipLast(1).ToList();
        foreach (var part in Uri.UnescapeDataString(url).Split('/').Where(part => part is not ("" or ".")))
        {
            if (part != "..") parts.Add(part);
            else if (parts.Count == 0) return null;
            else parts.RemoveAt(parts.Count - 1);
        }

        return parts.Count == 0 ? null : string.Join('/', parts);
    }
}
