using System.Text.Json;

namespace Flyball.Client;

/// <summary>A dataset version in a list. <paramref name="Usable"/> is false where a critical expectation fails.</summary>
public sealed record DatasetVersionInfo(string Id, string Project, string Dataset, int Number, string Digest, long Rows, string Origin, bool Usable, DateTimeOffset Created);

/// <summary>A dataset version with its schema, profile, validation and files as JSON.</summary>
public sealed record DatasetVersionDetails(DatasetVersionInfo Version, JsonElement Content);

public sealed partial class FlyballClient
{
    /// <summary>Versions of a dataset, newest first.</summary>
    public Task<IReadOnlyList<DatasetVersionInfo>> ListDatasetVersionsAsync(string project, string dataset, CancellationToken cancel) =>
        GetAsync<IReadOnlyList<DatasetVersionInfo>>($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/versions", cancel);

    public Task<DatasetVersionDetails> GetDatasetVersionAsync(string project, string dataset, int number, CancellationToken cancel) =>
        GetAsync<DatasetVersionDetails>($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/versions/{number}", cancel);
}
