using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>A dataset as the catalogue tells of it.</summary>
/// <param name="Latest">Its newest version; null before there is one.</param>
/// <param name="Tags">Of the newest version.</param>
/// <param name="Quarantined">Batches that nobody has seen to yet.</param>
public sealed record CatalogueEntry(string Project, DatasetSpec Declared, DatasetVersion? Latest, IReadOnlyDictionary<string, string> Tags, int Quarantined)
{
    /// <summary>The time of the newest row.</summary>
    public DateTimeOffset? NewestRow => Latest?.Content.Segments.Max(segment => segment.To);
}

/// <summary>Every dataset of every project, found by what it is called, holds and belongs to.</summary>
public sealed class Catalogue(Db db, ProjectStore projects)
{
    private const int LongestQuery = 500;

    /// <summary>Datasets that have every word of a text in their project, name, description, owner, columns or tags, whatever the case; all for an empty text. In order of project and name.</summary>
    /// <exception cref="Refusal">The text is too long.</exception>
    public async Task<IReadOnlyList<CatalogueEntry>> FindAsync(string? text, CancellationToken cancel)
    {
        if (text?.Length > LongestQuery) throw Refusal.Invalid("catalogue-query", $"A search has at most {LongestQuery} characters.");
        var words = (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var all = await projects.ListAsync(cancel);
        await using var tx = await db.ReadAsync(cancel);
        var found = new List<CatalogueEntry>();
        foreach (var project in all.OrderBy(project => project.Name, StringComparer.Ordinal))
        {
            foreach (var declared in project.File.Data)
            {
                var latest = await DatasetsSql.LatestAsync(tx, project.Name, declared.Name);
                var entry = new CatalogueEntry(project.Name, declared, latest, latest is null ? new Dictionary<string, string>() : await DatasetTags.OfAsync(tx, latest.Id), await QuarantineSql.OpenAsync(tx, project.Name, declared.Name));
                if (words.All(word => Texts(entry).Any(part => part.Contains(word, StringComparison.OrdinalIgnoreCase)))) found.Add(entry);
            }
        }

        return found;
    }

    private static IEnumerable<string> Texts(CatalogueEntry entry) =>
        [entry.Project, entry.Declared.Name, entry.Declared.Description ?? "", entry.Declared.Owner ?? "", .. (entry.Latest?.Content.Columns ?? []).Select(column => column.Name), .. entry.Tags.Select(tag => $"{tag.Key}={tag.Value}")];
}
