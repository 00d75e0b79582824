using System.Collections.Concurrent;
using System.Globalization;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>From one moment to before another, in microseconds.</summary>
internal sealed record LabelEpoch(long From, long To);

/// <summary>When a dataset's label was what it is declared as now. A truth that was sent at another time was sent for another label.</summary>
internal sealed record LabelEpochs(IReadOnlyList<LabelEpoch> Spans)
{
    public static readonly LabelEpochs Always = new([new LabelEpoch(long.MinValue, long.MaxValue)]);

    /// <param name="versions">All versions of the dataset, newest first.</param>
    public static LabelEpochs Of(IReadOnlyList<DatasetVersion> versions, string label)
    {
        var spans = new List<LabelEpoch>();
        long? from = null;
        for (var i = versions.Count - 1; i >= 0; i--)
        {
            var (at, has) = (i == versions.Count - 1 ? long.MinValue : Micros.Of(versions[i].Created), HasLabel(versions[i], label));
            if (has) from ??= at;
            else if (from is { } since)
            {
                spans.Add(new LabelEpoch(since, at));
                from = null;
            }
        }

        if (from is { } open) spans.Add(new LabelEpoch(open, long.MaxValue));
        return new LabelEpochs(spans);
    }

    /// <summary>Whether the rows of a version have this label (<see cref="DatasetRecipe.OfLabel"/>).</summary>
    public static bool HasLabel(DatasetVersion version, string label) => version.Content.Segments.All(segment => segment.Label == label);

    /// <summary>SQL that is true for times in microseconds of these epochs.</summary>
    public string Sql(string column) => Spans.Count == 0 ? "false" : $"({string.Join(" or ", Spans.Select(span => string.Create(CultureInfo.InvariantCulture, $"{column} >= {span.From} and {column} < {span.To}")))})";
}

/// <summary>Reads epochs of labels, once for each newest version.</summary>
internal sealed class LabelHistory
{
    private readonly ConcurrentDictionary<(string Project, string Dataset), (string Latest, string Label, LabelEpochs Epochs)> known = new();

    public async Task<LabelEpochs> ReadAsync(Tx tx, string project, DatasetSpec dataset)
    {
        var label = DatasetRecipe.OfLabel(dataset);
        var latest = await DatasetsSql.LatestIdAsync(tx, project, dataset.Name) ?? "";
        if (known.TryGetValue((project, dataset.Name), out var read) && read.Latest == latest && read.Label == label) return read.Epochs;
        var epochs = LabelEpochs.Of(await DatasetsSql.ListAsync(tx, project, dataset.Name), label);
        known[(project, dataset.Name)] = (latest, label, epochs);
        return epochs;
    }
}
