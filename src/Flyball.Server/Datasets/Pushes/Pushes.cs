using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Takes batches of rows that are sent to datasets; what is acknowledged is stored, and becomes part of the next version.</summary>
public sealed class Pushes(Db db, ObjectStore objects, ProjectStore projects, Journal journal, Ids ids, TimeProvider time)
{
    /// <summary>Bytes that a batch has at most; whoever reads the request sees to it.</summary>
    public const long Largest = 256L << 20;

    private const int LongestKey = 200;

    /// <summary>Stores a batch. A key that was taken before answers what was stored then.</summary>
    /// <param name="kind">How the content is to be read: <c>.ndjson</c>, <c>.json</c>, <c>.csv</c> or <c>.parquet</c>.</param>
    /// <param name="key">What the sender calls the batch; null for a new one.</param>
    /// <param name="resolves">The quarantined batch that these rows are of, mended.</param>
    /// <exception cref="Refusal">There is no such dataset, the batch is empty, or the key is another content's.</exception>
    public async Task<Push> TakeAsync(string project, string dataset, Stream content, string kind, string? key, string? resolves, string by, CancellationToken cancel)
    {
        if (key is { Length: 0 or > LongestKey }) throw Refusal.Invalid("push-key", $"The key of a batch has 1 to {LongestKey} characters.");
        var declared = (await projects.GetAsync(project, cancel)).File.Data.FirstOrDefault(one => one.Name == dataset) ?? throw Refusal.NotFound("dataset", $"{project}/{dataset}");
        var stored = await objects.PutAsync(content, cancel);
        if (stored.Size == 0) throw Refusal.Invalid("push-empty", "The batch holds no rows.");
        await using var tx = await db.BeginAsync(cancel);
        var id = ids.New();
        key ??= id;
        if (await PushesSql.FindAsync(tx, project, declared.Name, key) is { } before)
        {
            if (before.Object == stored.Digest && before.Kind == kind) return before;
            throw Refusal.Conflict("push-key-taken", $"The key '{Refusal.Shown(key)}' was used for other rows of {project}/{dataset}; use another one.");
        }

        var batch = resolves is null ? null : await QuarantineSql.FindAsync(tx, project, dataset, resolves) ?? throw Refusal.NotFound("quarantined batch", resolves);
        if (batch is { State: not QuarantineState.Open }) throw Refusal.Conflict("quarantine-closed", $"The quarantined batch {resolves} is {QuarantineSql.Word(batch.State)} already.");
        var push = new Push(id, project, dataset, key, stored.Digest, kind, stored.Size, batch is { Rows: not null }, PushState.Taken, resolves, by, time.GetUtcNow());
        await PushesSql.InsertAsync(tx, push);
        await Links.AddAsync(tx, push.Ref, "holds", new Ref("object", stored.Digest));
        await journal.AppendAsync(tx, new DatasetPushed(project, dataset, id, key, stored.Size, resolves), by, cause: null);
        if (batch is not null) await QuarantineSql.CloseAsync(tx, batch.Id, QuarantineState.Mended, by, time.GetUtcNow());
        await tx.CommitAsync(cancel);
        return push;
    }

    /// <summary>What became of a batch. Rows that were there before under another name count as taken with those.</summary>
    /// <exception cref="Refusal">There is none.</exception>
    public Task<PushInfo> FateAsync(string project, string dataset, string id, CancellationToken cancel) => db.ReadAsync(
        async tx =>
        {
            var push = await PushesSql.GetAsync(tx, project, dataset, id) ?? throw Refusal.NotFound("push", id);
            if (push.State == PushState.SetAside)
            {
                var why = (await QuarantineSql.ListAsync(tx, project, dataset)).FirstOrDefault(batch => batch.SourceDigest == push.Object)?.Reasons.Keys.FirstOrDefault();
                return new PushInfo(push.Id, push.Key, push.Bytes, push.Received, "set-aside", null, why);
            }

            var version = await DatasetsSql.FirstWithAsync(tx, project, dataset, push.Object);
            return new PushInfo(push.Id, push.Key, push.Bytes, push.Received, version is null ? "waiting" : "taken", version, null);
        },
        cancel);
}
