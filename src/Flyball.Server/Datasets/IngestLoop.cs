using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Queues an ingest whenever a dataset's source files are not the ones last queued. A listing that failed is not tried again until it changes.</summary>
internal sealed class IngestLoop(ProjectStore projects, Db db, Jobs jobs, Journal journal) : ILoop
{
    public string Name => "ingest";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var changed = false;
        foreach (var project in await projects.ListAsync(cancel))
        {
            foreach (var dataset in project.File.Data) changed |= await StepAsync(project, dataset, cancel);
        }

        return changed;
    }

    private async Task<bool> StepAsync(Project project, DatasetSpec dataset, CancellationToken cancel)
    {
        var files = SourceFiles.Find(ProjectStore.SourcePattern(dataset, project.Folder, project.DataFolder));
        if (files.Count == 0) return await MissAsync(project, dataset, cancel);
        var listing = Fingerprint(project, dataset, files);
        if (await db.ReadAsync(tx => DatasetsSql.SeenAsync(tx, project.Name, dataset.Name), cancel) == listing) return false;
        var subject = DatasetVersions.Subject(project.Name, dataset.Name);
        await using var tx = await db.BeginAsync(cancel);
        if (await Jobs.AnyOpenAsync(tx, subject)) return false;
        var latest = await DatasetsSql.LatestAsync(tx, project.Name, dataset.Name);
        var (known, before) = (Segments(latest).Where(segment => !segment.IsTraffic).ToList(), Segments(latest).Where(segment => segment.IsTraffic).ToList());
        var traffic = await TrafficAsync(tx, project.Name, dataset, known, before);
        var spec = new IngestSpec(
            project.Name, dataset.Name, dataset, files, DatasetExpressions.Of(project.File, dataset), known, traffic, before.Except(traffic).Sum(segment => segment.Rows), traffic.Except(before).Sum(segment => segment.Rows),
            latest?.Content.SourceColumns ?? [], latest?.Id);
        var job = await jobs.EnqueueAsync(tx, IngestJob.Name, subject, project.Name, spec, dedupe: null, maxAttempts: 3);
        await DatasetsSql.SawAsync(tx, project.Name, dataset.Name, listing, job);
        await tx.CommitAsync(cancel);
        return true;
    }

    /// <summary>The traffic whose truths were sent for the label as it is declared: the newest version's, or after the label was something else in between, that of the last version that had such.</summary>
    private static async Task<IReadOnlyList<Segment>> TrafficAsync(Tx tx, string project, DatasetSpec dataset, List<Segment> known, List<Segment> before)
    {
        var label = DatasetRecipe.OfLabel(dataset);
        bool IsMeant(Segment segment) => segment.IsTraffic && segment.Label == label;
        if (before.Exists(IsMeant) || known.TrueForAll(segment => segment.Label == label)) return before.FindAll(IsMeant);
        return (await DatasetsSql.ListAsync(tx, project, dataset.Name)).Select(version => version.Content.Segments.Where(IsMeant).ToList()).FirstOrDefault(traffic => traffic.Count > 0) ?? [];
    }

    /// <summary>Says once that no file matches, while the dataset has never had any.</summary>
    private async Task<bool> MissAsync(Project project, DatasetSpec dataset, CancellationToken cancel)
    {
        var listing = $"none:{dataset.Source}:{project.DataFolder}";
        await using var tx = await db.BeginAsync(cancel);
        if (await DatasetsSql.SeenAsync(tx, project.Name, dataset.Name) == listing || await DatasetsSql.LatestAsync(tx, project.Name, dataset.Name) is not null) return false;
        await journal.AppendAsync(tx, new SourceMissing(project.Name, dataset.Name, project.DataFolder is null ? dataset.Source : Path.GetFileName(dataset.Source)), "flyball", project.Event);
        await DatasetsSql.SawAsync(tx, project.Name, dataset.Name, listing, "");
        await tx.CommitAsync(cancel);
        return true;
    }

    private static IReadOnlyList<Segment> Segments(DatasetVersion? version) => version?.Content.Segments ?? [];

    private static string Fingerprint(Project project, DatasetSpec dataset, IReadOnlyList<SourceFile> files)
    {
        var text = new StringBuilder(Json.Write(dataset)).Append(Json.Write(DatasetExpressions.Of(project.File, dataset)));
        foreach (var file in files) text.Append(CultureInfo.InvariantCulture, $"\n{file.Name} {file.Bytes} {file.ModifiedTicks}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}

/// <summary>No file matches a dataset's source.</summary>
public sealed record SourceMissing(string Project, string Dataset, string Source) : IEvent
{
    public static string Type => "dataset.source-missing";

    string? IEvent.Project => Project;

    public Ref Subject() => DatasetVersions.Subject(Project, Dataset);
}

/// <summary>All SQL of a project over a dataset's rows, by the name of what uses it.</summary>
internal static class DatasetExpressions
{
    public static IReadOnlyDictionary<string, string> Of(ProjectFile file, DatasetSpec dataset)
    {
        var expressions = new Dictionary<string, string>();
        if (dataset.Label is { } label) expressions[$"the label {label.Name}"] = label.Sql;
        if (dataset.Where is { } where) expressions["the filter where"] = where;
        if (dataset.TrainWhere is { } trainWhere) expressions["the filter train_where"] = trainWhere;
        var views = file.Models.Where(model => model.Train.Data == dataset.Name).SelectMany(model => model.Train.Features).ToHashSet();
        foreach (var feature in file.Features.Where(view => views.Contains(view.Name)).SelectMany(view => view.Features)) expressions[$"the feature {feature.Name}"] = feature.Sql;
        return expressions;
    }
}
