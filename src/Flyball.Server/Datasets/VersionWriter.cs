using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>Creates versions: row, links to objects and origin, and event in the caller's transaction.</summary>
public sealed class VersionWriter(Ids ids, Journal journal, TimeProvider time)
{
    public async Task<DatasetVersion> CreateAsync(Tx tx, string project, string dataset, string digest, VersionOrigin origin, DatasetContent content, IReadOnlyList<string> newFiles, string? parent, Ref madeBy, string? cause)
    {
        var number = await DatasetsSql.NextNumberAsync(tx, project, dataset);
        var id = ids.New();
        var rows = content.Segments.Sum(segment => segment.Rows);
        var happened = new DatasetVersionCreated(
            project, dataset, number, id, digest, rows, origin, content.Validation.Usable, newFiles, content.Notes,
            [.. content.Validation.Results.Where(result => !result.Success).Select(result => $"{result.Type}({result.Kwargs.GetValueOrDefault("column")})")]);
        var entry = await journal.AppendAsync(tx, happened, "flyball", cause);
        var version = new DatasetVersion(id, project, dataset, number, digest, rows, origin, content.Validation.Usable, content, parent, time.GetUtcNow(), entry);
        await DatasetsSql.InsertAsync(tx, version);
        foreach (var segment in content.Segments) await Links.AddAsync(tx, version.Ref, "holds", new Ref("object", segment.Object));
        if (parent is not null) await Links.AddAsync(tx, version.Ref, "follows", new Ref("dataset-version", parent));
        await Links.AddAsync(tx, version.Ref, "made-by", madeBy);
        return version;
    }

    /// <summary>Takes back that the last ingest failed, where it did: this one found nothing that the newest version does not hold.</summary>
    public async Task UnchangedAsync(Tx tx, string project, string dataset)
    {
        if (await DatasetsSql.LatestAsync(tx, project, dataset) is not { } latest || await FailureAsync(tx, project, dataset, latest) is null) return;
        await journal.AppendAsync(tx, new DatasetUnchanged(project, dataset, latest.Number, latest.Usable), "flyball", cause: null);
    }

    public Task FailedAsync(Tx tx, string project, string dataset, string reason) => journal.AppendAsync(tx, new IngestFailed(project, dataset, reason), "flyball", cause: null);

    /// <summary>Why the last ingest failed; null where none did since the newest version, or one has found that it holds everything.</summary>
    public static async Task<string?> FailureAsync(Tx tx, string project, string dataset, DatasetVersion? latest)
    {
        var subject = DatasetVersions.Subject(project, dataset).ToString();
        if (await Journal.LatestAsync(tx, null, 1, project, IngestFailed.Type, subject) is not [var failed]) return null;
        var since = await Journal.LatestAsync(tx, null, 1, project, DatasetUnchanged.Type, subject) is [var unchanged] ? unchanged.Seq : 0;
        if (latest is not null && await Journal.FindAsync(tx, latest.Event) is { } made) since = Math.Max(since, made.Seq);
        return failed.Seq > since ? failed.Data.GetProperty("reason").GetString() : null;
    }
}
