using Flyball.Foundation;
using Flyball.Server.Projects;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>Makes the cards of versions, and keeps what people write in them.</summary>
public sealed class ModelCards(ProjectStore projects, Db db, Journal journal, TimeProvider time)
{
    private const int LongestText = 20_000;

    /// <summary>The card of a version as of now.</summary>
    /// <exception cref="Refusal">There is no such version.</exception>
    public async Task<ModelCard> GetAsync(string model, int version, CancellationToken cancel)
    {
        var (facts, texts) = await db.ReadAsync(async tx => (await FactsAsync(tx, model, version), await TextsAsync(tx, model, version)), cancel);
        var project = facts.Version.Content.Project is { Length: > 0 } name ? await projects.FindAsync(name, cancel) : null;
        return new ModelCard(model, version, time.GetUtcNow(), facts.Sections(project?.File, texts));
    }

    /// <summary>What the registry knows of a version as of now.</summary>
    /// <exception cref="Refusal">There is no such version.</exception>
    internal static async Task<CardFacts> FactsAsync(Tx tx, string model, int version)
    {
        var found = await Models.GetAsync(tx, model, version);
        var aliases = (await ModelsSql.AliasesAsync(tx, model)).Where(alias => alias.Version == version).Select(alias => alias.Alias).ToList();
        var run = found.Run is { } id && await RunsSql.FindAsync(tx, id) is { } known ? await RunsSql.DetailsAsync(tx, known) : null;
        var dataset = found.DatasetVersion is { } data && await Journal.LatestAsync(tx, null, 1, null, "dataset.version-created", $"dataset-version:{data}") is [var made] ? made.Data : default(System.Text.Json.JsonElement?);
        return new CardFacts(found, aliases, run, dataset);
    }

    /// <summary>Writes a section's text, which holds for this version and those after it until somebody writes anew; an empty one takes it away.</summary>
    /// <exception cref="Refusal">There is no such version or section, or the text is too long.</exception>
    public Task WriteAsync(string model, int version, string section, string text, string actor, CancellationToken cancel)
    {
        if (CardSections.All.All(known => known.Name != section)) throw Refusal.NotFound("section", section);
        text = text.ReplaceLineEndings("\n").Trim();
        if (text.Length > LongestText) throw Refusal.Invalid("card-text-too-long", $"The text of a section has at most {LongestText:N0} characters; this one has {text.Length:N0}.");
        if (text.Contains('\0', StringComparison.Ordinal)) throw Refusal.Invalid("card-text", "The text of a section holds no NUL character.");
        return db.WriteAsync(
            async tx =>
            {
                await Models.GetAsync(tx, model, version);
                if (((await TextsAsync(tx, model, version)).GetValueOrDefault(section)?.Text ?? "") == text) return;
                var owner = await RegisteredModels.GetAsync(tx, model);
                var entry = await journal.AppendAsync(tx, new CardWritten(owner.Project, model, version, section), actor, null);
                await tx.ExecuteAsync(
                    """
                    insert into card_texts (model, version, section, text, written, written_by, event) values (@model, @version, @section, @text, @written, @actor, @entry)
                    on conflict (model, version, section) do update set text = excluded.text, written = excluded.written, written_by = excluded.written_by, event = excluded.event
                    """,
                    new { model, version, section, text, written = time.Now(), actor, entry });
            },
            cancel);
    }

    /// <summary>By section: what was written last for this version or one before it.</summary>
    private static async Task<Dictionary<string, CardText>> TextsAsync(Tx tx, string model, int version)
    {
        var all = await tx.QueryAsync(
            "select * from card_texts where model = @model and version <= @version order by version", new { model, version },
            row => new CardText(row.Text("section"), row.Text("text"), row.Int("version"), row.Text("written_by"), row.Time("written")));
        var last = new Dictionary<string, CardText>(StringComparer.Ordinal);
        foreach (var text in all) last[text.Section] = text;
        return last.Where(text => text.Value.Text.Length > 0).ToDictionary();
    }
}
