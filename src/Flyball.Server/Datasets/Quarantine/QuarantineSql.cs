using Flyball.Foundation;

namespace Flyball.Server.Datasets;

internal static class QuarantineSql
{
    public static Task InsertAsync(Tx tx, QuarantinedBatch batch) => tx.ExecuteAsync(
        "insert into dataset_quarantine (id, project, dataset, file, source_digest, object, rows, reasons, state, created) values (@Id, @Project, @Dataset, @File, @SourceDigest, @Object, @Rows, @reasons, @state, @created)",
        new { batch.Id, batch.Project, batch.Dataset, batch.File, batch.SourceDigest, batch.Object, batch.Rows, reasons = Json.Write(batch.Reasons), state = (int)batch.State, created = Micros.Of(batch.Created) });

    public static Task<QuarantinedBatch?> FindAsync(Tx tx, string project, string dataset, string id) =>
        tx.FirstAsync("select * from dataset_quarantine where project = @project and dataset = @dataset and id = @id", new { project, dataset, id }, Read);

    /// <summary>The newest first.</summary>
    public static Task<List<QuarantinedBatch>> ListAsync(Tx tx, string project, string dataset, bool openOnly = false, int limit = 1000) => tx.QueryAsync(
        $"select * from dataset_quarantine where project = @project and dataset = @dataset{(openOnly ? " and state = 0" : "")} order by created desc, id desc limit @limit", new { project, dataset, limit }, Read);

    /// <summary>How many nobody has seen to.</summary>
    public static Task<int> OpenAsync(Tx tx, string project, string dataset) => tx.ScalarAsync<int>("select count(*) from dataset_quarantine where project = @project and dataset = @dataset and state = 0", new { project, dataset });

    /// <summary>What was set aside of a file when it was read before.</summary>
    public static Task<List<QuarantinedBatch>> OfAsync(Tx tx, string project, string dataset, string sourceDigest) => tx.QueryAsync(
        "select * from dataset_quarantine where project = @project and dataset = @dataset and source_digest = @sourceDigest", new { project, dataset, sourceDigest }, Read);

    public static Task CloseAsync(Tx tx, string id, QuarantineState state, string by, DateTimeOffset at) =>
        tx.ExecuteAsync("update dataset_quarantine set state = @state, closed = @closed, closed_by = @by where id = @id", new { id, state = (int)state, by, closed = Micros.Of(at) });

    public static string Word(QuarantineState state) => state.ToString().ToLowerInvariant();

    private static QuarantinedBatch Read(Row row) => new(
        row.Text("id"), row.Text("project"), row.Text("dataset"), row.Text("file"), row.Text("source_digest"), row.Text("object"), row.LongOrNull("rows"), row.Json<Dictionary<string, long>>("reasons"), (QuarantineState)row.Int("state"),
        row.Time("created"), row.TimeOrNull("closed"), row.TextOrNull("closed_by"));
}
