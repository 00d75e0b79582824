using Flyball.Foundation;

namespace Flyball.Server.Datasets;

internal static class DatasetsSql
{
    public static async Task<int> NextNumberAsync(Tx tx, string project, string dataset) =>
        1 + await tx.ScalarAsync<int>("select coalesce(max(number), 0) from dataset_versions where project = @project and dataset = @dataset", new { project, dataset });

    public static Task InsertAsync(Tx tx, DatasetVersion version) => tx.ExecuteAsync(
        """
        insert into dataset_versions (id, project, dataset, number, digest, rows, origin, usable, content, parent, created, event)
        values (@Id, @Project, @Dataset, @Number, @Digest, @Rows, @origin, @usable, @content, @Parent, @created, @Event)
        """,
        new
        {
            version.Id, version.Project, version.Dataset, version.Number, version.Digest, version.Rows, origin = (int)version.Origin,
            usable = version.Usable ? 1 : 0, content = Json.Write(version.Content), version.Parent, created = Micros.Of(version.Created), version.Event,
        });

    public static Task<DatasetVersion?> LatestAsync(Tx tx, string project, string dataset) => tx.FirstAsync(
        "select * from dataset_versions where project = @project and dataset = @dataset order by number desc limit 1", new { project, dataset }, Read);

    public static Task<DatasetVersion?> LatestAsync(Tx tx, string project, string dataset, VersionOrigin origin) => tx.FirstAsync(
        "select * from dataset_versions where project = @project and dataset = @dataset and origin = @origin order by number desc limit 1", new { project, dataset, origin = (int)origin }, Read);

    public static Task<DatasetVersion?> LatestUsableAsync(Tx tx, string project, string dataset) => tx.FirstAsync(
        "select * from dataset_versions where project = @project and dataset = @dataset and usable = 1 order by number desc limit 1", new { project, dataset }, Read);

    public static Task<DatasetVersion?> FindAsync(Tx tx, string id) => tx.FirstAsync("select * from dataset_versions where id = @id", new { id }, Read);

    public static Task<DatasetVersion?> FindAsync(Tx tx, string project, string dataset, int number) => tx.FirstAsync(
        "select * from dataset_versions where project = @project and dataset = @dataset and number = @number", new { project, dataset, number }, Read);

    /// <summary>The newest first.</summary>
    public static Task<List<DatasetVersion>> ListAsync(Tx tx, string project, string dataset, int limit = int.MaxValue) => tx.QueryAsync(
        "select * from dataset_versions where project = @project and dataset = @dataset order by number desc limit @limit", new { project, dataset, limit }, Read);

    /// <summary>Every version without what it holds, which is much, the newest first.</summary>
    public static Task<List<(string Id, int Number, string Digest)>> DigestsAsync(Tx tx, string project, string dataset) => tx.QueryAsync(
        "select id, number, digest from dataset_versions where project = @project and dataset = @dataset order by number desc", new { project, dataset }, row => (row.Text("id"), row.Int("number"), row.Text("digest")));

    /// <summary>The number of the first version that holds what was read from a source of this digest; null for none.</summary>
    public static async Task<int?> FirstWithAsync(Tx tx, string project, string dataset, string sourceDigest) => (await tx.QueryAsync(
        "select min(number) as number from dataset_versions where project = @project and dataset = @dataset and content like @holds", new { project, dataset, holds = $"%\"sourceDigest\":\"{sourceDigest}\"%" }, row => row.IntOrNull("number")))[0];

    /// <summary>Every dataset of a project that has a version, in order.</summary>
    public static Task<List<string>> NamesAsync(Tx tx, string project) => tx.QueryAsync("select distinct dataset from dataset_versions where project = @project order by dataset", new { project }, row => row.Text("dataset"));

    /// <summary>The newest usable version of files behind a number, with other content than <paramref name="digest"/>.</summary>
    public static Task<DatasetVersion?> NewFilesAsync(Tx tx, string project, string dataset, int behind, string? digest) => tx.FirstAsync(
        "select * from dataset_versions where project = @project and dataset = @dataset and usable = 1 and origin = @origin and number > @behind and digest <> @digest order by number desc limit 1",
        new { project, dataset, origin = (int)VersionOrigin.Files, behind, digest = digest ?? "" }, Read);

    /// <summary>The listing of source files that was last queued for ingest.</summary>
    public static Task<string?> SeenAsync(Tx tx, string project, string dataset) =>
        tx.ScalarAsync<string>("select listing from datasets_seen where project = @project and dataset = @dataset", new { project, dataset });

    public static Task SawAsync(Tx tx, string project, string dataset, string listing, string job) => tx.ExecuteAsync(
        "insert into datasets_seen (project, dataset, listing, job) values (@project, @dataset, @listing, @job) on conflict (project, dataset) do update set listing = excluded.listing, job = excluded.job",
        new { project, dataset, listing, job });

    private static DatasetVersion Read(Row row) => new(
        row.Text("id"), row.Text("project"), row.Text("dataset"), row.Int("number"), row.Text("digest"), row.Long("rows"), (VersionOrigin)row.Int("origin"),
        row.Bool("usable"), row.Json<DatasetContent>("content"), row.TextOrNull("parent"), row.Time("created"), row.Text("event"));
}
