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

    /// <summary>Records what an ingest has set aside, in its own transaction; what was set aside when the file was read before is replaced.</summary>
    internal async Task RecordAsync(Tx tx, string project, string dataset, IReadOnlyList<SetAside> aside)
    {
        foreach (var one in aside)
        {
            foreach (var before in await QuarantineSql.OpenOfAsync(tx, project, dataset, one.SourceDigest)) await QuarantineSql.CloseAsync(tx, before.Id, QuarantineState.Replaced, "flyball", time.GetUtcNow());
            var batch = new QuarantinedBatch(ids.New(), project, dataset, one.File, one.SourceDigest, one.Object, one.Rows, one.Reasons, QuarantineState.Open, time.GetUtcNow(), null, null);
            await QuarantineSql.InsertAsync(tx, batch);
            await Links.AddAsync(tx, batch.Ref, "holds", new Ref("object", one.Object));
            await journal.AppendAsync(tx, new RowsQuarantined(project, dataset, batch.Id, one.File, one.Rows, one.Reasons), "flyball", cause: null);
        }
    }
}
