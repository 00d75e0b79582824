using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>A version that may go.</summary>
/// <param name="Bytes">Of its segments that no version that stays has.</param>
public sealed record RemovableVersion(string Id, int Number, long Rows, long Bytes, DateTimeOffset Created);

/// <summary>
/// Old versions go when somebody says so, after a look at which: never one of the newest, one with a tag, the newest usable one, or one that something was made from. Their rows go with the next sweep, where no other version has them.
/// </summary>
public sealed class DatasetRetention(Db db, Journal journal, TimeProvider time)
{
    /// <summary>The versions that would go.</summary>
    /// <param name="keep">Newest versions that stay, at least 1.</param>
    /// <param name="olderThan">Versions younger than this stay, too; null for no such rule.</param>
    /// <exception cref="Refusal">The rule is none.</exception>
    public Task<IReadOnlyList<RemovableVersion>> PreviewAsync(string project, string dataset, int keep, TimeSpan? olderThan, CancellationToken cancel)
    {
        Check(keep, olderThan);
        return db.ReadAsync(tx => RemovableAsync(tx, project, dataset, keep, olderThan), cancel);
    }

    /// <summary>Removes them.</summary>
    /// <param name="numbers">What the preview showed; what is no longer removable, or was not shown, stays.</param>
    public async Task<IReadOnlyList<RemovableVersion>> RemoveAsync(string project, string dataset, int keep, TimeSpan? olderThan, IReadOnlyCollection<int> numbers, string by, CancellationToken cancel)
    {
        Check(keep, olderThan);
        await using var tx = await db.BeginAsync(cancel);
        var removed = (await RemovableAsync(tx, project, dataset, keep, olderThan)).Where(version => numbers.Contains(version.Number)).ToList();
        foreach (var version in removed)
        {
            var source = new Ref("dataset-version", version.Id).ToString();
            await tx.ExecuteAsync("delete from links where source = @source", new { source });
            await tx.ExecuteAsync("delete from links where target = @source and relation = 'follows'", new { source });
            await tx.ExecuteAsync("delete from dataset_versions where id = @id", new { id = version.Id });
        }

        if (removed.Count > 0) await journal.AppendAsync(tx, new DatasetVersionsRemoved(project, dataset, [.. removed.Select(version => version.Number)], removed.Sum(version => version.Bytes)), by, cause: null);
        await tx.CommitAsync(cancel);
        return removed;
    }

    private async Task<IReadOnlyList<RemovableVersion>> RemovableAsync(Tx tx, string project, string dataset, int keep, TimeSpan? olderThan)
    {
        var versions = await DatasetsSql.ListAsync(tx, project, dataset);
        var (usable, before) = (versions.Find(version => version.Usable)?.Id, time.GetUtcNow() - (olderThan ?? TimeSpan.Zero));
        var removable = new List<DatasetVersion>();
        foreach (var version in versions.Skip(keep).Where(version => version.Id != usable && version.Created <= before))
        {
            if ((await DatasetTags.OfAsync(tx, version.Id)).Count > 0) continue;
            // what is just being made of it names it at its end
            if (await tx.ScalarAsync<int>("select count(*) from jobs where state in (0, 1) and spec like @mentioned", new { mentioned = $"%{version.Id}%" }) > 0) continue;
            if ((await Links.ToAsync(tx, version.Ref)).TrueForAll(link => link is { Relation: "follows", Source.Kind: "dataset-version" })) removable.Add(version);
        }

        var stays = versions.Except(removable).SelectMany(version => version.Content.Segments).Select(segment => segment.Object).ToHashSet(StringComparer.Ordinal);
        return [.. removable.Select(version => new RemovableVersion(version.Id, version.Number, version.Rows, version.Content.Segments.Where(segment => !stays.Contains(segment.Object)).Sum(segment => segment.Bytes), version.Created))];
    }

    private static void Check(int keep, TimeSpan? olderThan)
    {
        if (keep < 1) throw Refusal.Invalid("retention-keep", "At least the newest version stays: keep is 1 or more.");
        if (olderThan < TimeSpan.Zero) throw Refusal.Invalid("retention-days", "An age is not negative.");
    }
}

public sealed record DatasetVersionsRemoved(string Project, string Dataset, IReadOnlyList<int> Numbers, long Bytes) : IEvent
{
    public static string Type => "dataset.versions-removed";

    string? IEvent.Project => Project;

    public Ref Subject() => DatasetVersions.Subject(Project, Dataset);
}
