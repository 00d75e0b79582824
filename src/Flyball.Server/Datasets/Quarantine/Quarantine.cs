using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>Rows that ingests have set aside: looked at, discarded, or sent back mended (<see cref="Pushes"/>).</summary>
public sealed class Quarantine(Db db, Journal journal, Ids ids, TimeProvider time)
{
    public Task<List<QuarantinedBatch>> ListAsync(string project, string dataset, CancellationToken cancel) => db.ReadAsync(tx => QuarantineSql.ListAsync(tx, project, dataset), cancel);

    /// <exception cref="Refusal">There is none.</exception>
    public async Task<QuarantinedBatch> GetAsync(string project, string dataset, string id, CancellationToken cancel) =>
        await db.ReadAsync(tx => QuarantineSql.FindAsync(tx, project, dataset, id), cancel) ?? throw Refusal.NotFound("quarantined batch", id);

    /// <summary>Says that the rows of a batch are not needed. They are kept as long as its record is.</summary>
    /// <exception cref="Refusal">There is no such batch, or it is not open.</exception>
    public async Task<QuarantinedBatch> DiscardAsync(string project, string dataset, string id, string by, CancellationToken cancel)
    {
        await using var tx = await db.BeginAsync(cancel);
        var batch = await QuarantineSql.FindAsync(tx, project, dataset, id) ?? throw Refusal.NotFound("quarantined batch", id);
        if (batch.State != QuarantineState.Open) throw Refusal.Conflict("quarantine-closed", $"The quarantined batch {id} is {QuarantineSql.Word(batch.State)} already.");
        await QuarantineSql.CloseAsync(tx, id, QuarantineState.Discarded, by, time.GetUtcNow());
        await journal.AppendAsync(tx, new QuarantineDiscarded(project, dataset, id, batch.File), by, cause: null);
        await tx.CommitAsync(cancel);
        return batch with { State = QuarantineState.Discarded, Closed = time.GetUtcNow(), ClosedBy = by };
    }

    /// <summary>Records what an ingest has set aside, in its own transaction. What was set aside when a file was read before is replaced; where the same rows are set aside again that were mended or discarded, they stay so.</summary>
    /// <param name="read">Digests of the sources that were read.</param>
    internal async Task RecordAsync(Tx tx, string project, string dataset, IReadOnlyList<SetAside> aside, IReadOnlyList<string> read)
    {
        var seenTo = new Dictionary<string, QuarantinedBatch>(StringComparer.Ordinal);
        foreach (var digest in read.Concat(aside.Select(one => one.SourceDigest)).Distinct(StringComparer.Ordinal))
        {
            foreach (var before in await QuarantineSql.OfAsync(tx, project, dataset, digest))
            {
                if (before.State == QuarantineState.Open) await QuarantineSql.CloseAsync(tx, before.Id, QuarantineState.Replaced, "flyball", time.GetUtcNow());
                else if (before.State != QuarantineState.Replaced) seenTo[Same(digest, before.Rows, before.Reasons)] = before;
            }
        }

        foreach (var one in aside)
        {
            var batch = new QuarantinedBatch(ids.New(), project, dataset, one.File, one.SourceDigest, one.Object, one.Rows, one.Reasons, QuarantineState.Open, time.GetUtcNow(), null, null);
            await QuarantineSql.InsertAsync(tx, batch);
            if (seenTo.TryGetValue(Same(one.SourceDigest, one.Rows, one.Reasons), out var known)) await QuarantineSql.CloseAsync(tx, batch.Id, known.State, known.ClosedBy ?? "flyball", known.Closed ?? time.GetUtcNow());
            await Links.AddAsync(tx, batch.Ref, "holds", new Ref("object", one.Object));
            await journal.AppendAsync(tx, new RowsQuarantined(project, dataset, batch.Id, one.File, one.Rows, one.Reasons), "flyball", cause: null);
        }
    }

    /// <summary>As many rows of one source for the same reasons are the same rows.</summary>
    private static string Same(string sourceDigest, long? rows, IReadOnlyDictionary<string, long> reasons) => $"{sourceDigest} {rows} {string.Join('\n', reasons.OrderBy(reason => reason.Key, StringComparer.Ordinal).Select(reason => $"{reason.Key}: {reason.Value}"))}";
}
