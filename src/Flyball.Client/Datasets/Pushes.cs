using System.Net.Http.Headers;

namespace Flyball.Client;

/// <summary>A batch of rows that was sent.</summary>
/// <param name="State"><c>waiting</c> (stored, not yet in a version), <c>taken</c> or <c>set-aside</c>.</param>
/// <param name="Version">The first version that holds its rows.</param>
/// <param name="Reason">Why it could not be read.</param>
public sealed record PushInfo(string Id, string Key, long Bytes, DateTimeOffset Received, string State, int? Version, string? Reason);

/// <summary>Rows of one source file that an ingest has set aside.</summary>
/// <param name="Rows">Null for a push that could not be read at all.</param>
/// <param name="Reasons">Rows by reason; a row may have several.</param>
/// <param name="State"><c>open</c>, <c>mended</c>, <c>discarded</c> or <c>replaced</c>.</param>
public sealed record QuarantineInfo(string Id, string File, long? Rows, IReadOnlyDictionary<string, long> Reasons, string State, DateTimeOffset Created, DateTimeOffset? Closed, string? ClosedBy);

/// <summary>The first rows of a quarantined batch, as text.</summary>
public sealed record QuarantinedRows(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, long Total);

public sealed partial class FlyballClient
{
    /// <summary>Sends rows to a dataset; they are stored when this returns, and part of its next version.</summary>
    /// <param name="mediaType">application/x-ndjson, application/json, text/csv or application/vnd.apache.parquet.</param>
    /// <param name="key">What the caller calls the batch; the same key twice sends it once.</param>
    /// <param name="resolves">The quarantined batch that these rows are of, mended.</param>
    public async Task<PushInfo> PushRowsAsync(string project, string dataset, Stream rows, string mediaType, string? key, string? resolves, CancellationToken cancel)
    {
        using var body = new StreamContent(rows);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        var asked = string.Join('&', new[] { ("key", key), ("resolves", resolves) }.Where(one => one.Item2 is not null).Select(one => $"{one.Item1}={Escape(one.Item2!)}"));
        return await SendAsync<PushInfo>(HttpMethod.Post, $"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/rows{(asked.Length == 0 ? "" : "?" + asked)}", body, cancel);
    }

    /// <summary>What became of a batch.</summary>
    public Task<PushInfo> GetPushAsync(string project, string dataset, string id, CancellationToken cancel) => GetAsync<PushInfo>($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/pushes/{Escape(id)}", cancel);

    /// <summary>What ingests have set aside, newest first.</summary>
    public Task<IReadOnlyList<QuarantineInfo>> ListQuarantineAsync(string project, string dataset, CancellationToken cancel) => GetAsync<IReadOnlyList<QuarantineInfo>>($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/quarantine", cancel);

    public Task<QuarantinedRows> GetQuarantinedRowsAsync(string project, string dataset, string id, CancellationToken cancel) => GetAsync<QuarantinedRows>($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/quarantine/{Escape(id)}/rows", cancel);

    /// <summary>All rows of a quarantined batch with their reasons, as Parquet; a push that could not be read as it was sent. The caller disposes of the stream.</summary>
    public Task<Stream> OpenQuarantineAsync(string project, string dataset, string id, CancellationToken cancel) => OpenAsync($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/quarantine/{Escape(id)}/content", cancel);

    public Task<QuarantineInfo> DiscardQuarantineAsync(string project, string dataset, string id, CancellationToken cancel) => PostAsync<QuarantineInfo>($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/quarantine/{Escape(id)}/discard", null, cancel);
}
