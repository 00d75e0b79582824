using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Queues an ingest whenever a dataset's source files are not the ones last queued. A listing that was refused is not tried again until it changes; one whose attempts were used up is, after a while.</summary>
internal sealed class IngestLoop(ProjectStore projects, Db db, ObjectStore objects, Jobs jobs, Journal journal, TimeProvider time) : ILoop
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    public string Name => "ingest";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var datasets = (await projects.ListAsync(cancel)).SelectMany(project => project.File.Data.Select(dataset => (Project: project, Dataset: dataset)));
        return await Each.StepAsync(datasets, one => StepAsync(one.Project, one.Dataset, cancel));
    }

    private async Task<bool> StepAsync(Project project, DatasetSpec dataset, CancellationToken cancel)
    {
        IReadOnlyList<SourceFile> found = dataset.IsPushed ? [] : dataset.IsRemote ? await FetchedAsync(project.Name, dataset, cancel) : SourceFiles.Find(ProjectStore.SourcePattern(dataset, project.Folder, project.DataFolder));
        IReadOnlyList<SourceFile> files = [.. found, .. await PushedAsync(project.Name, dataset.Name, cancel)];
        if (files.Count == 0) return dataset is { IsPushed: false, IsRemote: false } && await MissAsync(project, dataset, cancel);
        var listing = Fingerprint(project, dataset, files);
        if (await db.ReadAsync(tx => IsDoneAsync(tx, project.Name, dataset.Name, listing), cancel)) return false;
        var subject = DatasetVersions.Subject(project.Name, dataset.Name);
        await using var tx = await db.BeginAsync(cancel);
        if (await Jobs.AnyOpenAsync(tx, subject)) return false;
        var latest = await DatasetsSql.LatestAsync(tx, project.Name, dataset.Name);
        // what a version holds that is not usable is looked at again, together with what is new
        var usable = latest is null or { Usable: true } ? latest : await DatasetsSql.LatestUsableAsync(tx, project.Name, dataset.Name);
        var (known, before) = (Segments(usable).Where(segment => !segment.IsTraffic).ToList(), Segments(usable).Where(segment => segment.IsTraffic).ToList());
        var traffic = await TrafficAsync(tx, project.Name, dataset, known, before);
        // traffic that was collected since on what was usable does not make the files usable that are not
        var isNewest = usable == latest && await DatasetsSql.LatestAsync(tx, project.Name, dataset.Name, VersionOrigin.Files) is null or { Usable: true };
        var spec = new IngestSpec(
            project.Name, dataset.Name, dataset, files, DatasetExpressions.Of(project.File, dataset), known, traffic, before.Except(traffic).Sum(segment => segment.Rows), traffic.Except(before).Sum(segment => segment.Rows),
            usable?.Content.SourceColumns ?? [], usable?.Id, await OtherTables.OfAsync(tx, project.Name, dataset), isNewest);
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
        return (await DatasetsSql.ListAsync(tx, project, dataset.Name)).Where(version => version.Usable).Select(version => version.Content.Segments.Where(IsMeant).ToList()).FirstOrDefault(traffic => traffic.Count > 0) ?? [];
    }

    /// <summary>Whether this listing was queued before and need not be again: its job ended otherwise than by using up its attempts (a full disk, workers that were killed), or did so just now.</summary>
    private async Task<bool> IsDoneAsync(Tx tx, string project, string dataset, string listing)
    {
        if (await DatasetsSql.SeenAsync(tx, project, dataset) != listing) return false;
        return await Jobs.LastOnAsync(tx, DatasetVersions.Subject(project, dataset), IngestJob.Name) is not { State: JobState.Failed, Ended: { } ended } last || last.Attempt < last.MaxAttempts || time.GetUtcNow() < ended + Pause;
    }

    /// <summary>What was fetched from the dataset's address; nothing before it was.</summary>
    private async Task<IReadOnlyList<SourceFile>> FetchedAsync(string project, DatasetSpec dataset, CancellationToken cancel) =>
        await db.ReadAsync(tx => FetchesSql.FindAsync(tx, project, dataset.Name), cancel) is { Object: { } content } fetch && fetch.Url == dataset.Source
            ? [new SourceFile(Fetch.NameOf(fetch.Url), await objects.LocalPathAsync(content, cancel), fetch.Bytes, 0)]
            : [];

    /// <summary>Batches that were sent, as source files.</summary>
    private async Task<IReadOnlyList<SourceFile>> PushedAsync(string project, string dataset, CancellationToken cancel)
    {
        var pushed = await db.ReadAsync(
            async tx =>
            {
                var known = new List<(Push Push, string? Like)>();
                foreach (var push in await PushesSql.TakenAsync(tx, project, dataset)) known.Add((push, push.Prepared ? (await QuarantineSql.FindAsync(tx, project, dataset, push.Resolves!))?.Object : null));
                return known;
            },
            cancel);
        var files = new List<SourceFile>();
        foreach (var (push, like) in pushed) files.Add(new SourceFile(push.Name, await objects.LocalPathAsync(push.Object, cancel), push.Bytes, Micros.Of(push.Received), push.Id, like));
        return files;
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
        foreach (var file in files) text.Append(CultureInfo.InvariantCulture, $"\n{file.Name} {file.Bytes} {(file.ModifiedTicks == 0 ? file.Path : file.ModifiedTicks.ToString(CultureInfo.InvariantCulture))}");
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
