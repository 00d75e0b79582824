using System.Collections.Concurrent;
using System.Globalization;
using Flyball.Foundation;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Server.Serving;

/// <summary>From one moment to before another, in microseconds.</summary>
internal sealed record LabelEpoch(long From, long To);

/// <summary>When the label of a model's data was what it is declared as now. A truth that was sent to its deployment at another time was sent for another label.</summary>
internal sealed record LabelEpochs(IReadOnlyList<LabelEpoch> Spans)
{
    /// <param name="revisions">The project's applied files, oldest first. Where one does not name the model, what was said of it before counts on. What was asked for before the first that is known, or by one that cannot be read, is not known, so no truth of that time counts.</param>
    /// <param name="label">Digest of the label (<see cref="DatasetRecipe.OfLabel"/>).</param>
    public static LabelEpochs Of(IReadOnlyList<ProjectRevision> revisions, string model, string label)
    {
        var spans = new List<LabelEpoch>();
        var (first, from) = (revisions.Count > 0 && revisions[0].Revision == 1, (long?)null);
        foreach (var revision in revisions)
        {
            if (revision.File is not null && revision.File.Models.FirstOrDefault(known => known.Name == model) is null) continue;
            var declared = revision.File?.Models.First(known => known.Name == model);
            var at = first ? long.MinValue : Micros.Of(revision.Applied);
            first = false;
            if (declared is not null && DatasetRecipe.OfLabel(revision.File!.Dataset(declared.Train.Data)) == label) from ??= at;
            else if (from is { } since)
            {
                spans.Add(new LabelEpoch(since, at));
                from = null;
            }
        }

        if (from is { } open) spans.Add(new LabelEpoch(open, long.MaxValue));
        return new LabelEpochs(spans);
    }

    /// <summary>SQL that is true for times in microseconds of these epochs.</summary>
    public string Sql(string column) => Spans.Count == 0 ? "false" : $"({string.Join(" or ", Spans.Select(span => string.Create(CultureInfo.InvariantCulture, $"{column} >= {span.From} and {column} < {span.To}")))})";
}

/// <summary>Reads epochs of labels, once for each revision of a project.</summary>
internal sealed class LabelHistory
{
    private readonly ConcurrentDictionary<(string Project, string Model), (string Applied, string Label, LabelEpochs Epochs)> known = new();

    public async Task<LabelEpochs> ReadAsync(Tx tx, string project, string model, DatasetSpec dataset)
    {
        var label = DatasetRecipe.OfLabel(dataset);
        var applied = await ProjectStore.AppliedAsync(tx, project);
        if (known.TryGetValue((project, model), out var read) && read.Applied == applied && read.Label == label) return read.Epochs;
        var epochs = LabelEpochs.Of(await ProjectStore.RevisionsAsync(tx, project), model, label);
        known[(project, model)] = (applied, label, epochs);
        return epochs;
    }
}
