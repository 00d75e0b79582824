using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>The file behind a dataset's address, as it was when it was last looked at.</summary>
/// <param name="Object">Its content; null before it was fetched for the first time.</param>
internal sealed record Fetch(string Project, string Dataset, string Url, string? ETag, string? Modified, string? Object, long Bytes, DateTimeOffset Checked)
{
    public Ref Ref => new("fetch", $"{Project}/{Dataset}");

    /// <summary>The name of the file at the end of an address.</summary>
    public static string NameOf(string url) => Uri.UnescapeDataString(new Uri(url).Segments[^1]);
}

internal static class FetchesSql
{
    public static Task<Fetch?> FindAsync(Tx tx, string project, string dataset) => tx.FirstAsync("select * from dataset_fetches where project = @project and dataset = @dataset", new { project, dataset }, Read);

    public static Task SaveAsync(Tx tx, Fetch fetch) => tx.ExecuteAsync(
        """
        insert into dataset_fetches (project, dataset, url, etag, modified, object, bytes, checked) values (@Project, @Dataset, @Url, @ETag, @Modified, @Object, @Bytes, @at)
        on conflict (project, dataset) do update set url = excluded.url, etag = excluded.etag, modified = excluded.modified, object = excluded.object, bytes = excluded.bytes, checked = excluded.checked
        """,
        new { fetch.Project, fetch.Dataset, fetch.Url, fetch.ETag, fetch.Modified, fetch.Object, fetch.Bytes, at = Micros.Of(fetch.Checked) });

    private static Fetch Read(Row row) => new(row.Text("project"), row.Text("dataset"), row.Text("url"), row.TextOrNull("etag"), row.TextOrNull("modified"), row.TextOrNull("object"), row.Long("bytes"), row.Time("checked"));
}
