using System.Text.Json;

namespace Flyball.Client;

/// <summary>A dataset of the catalogue.</summary>
/// <param name="Latest">Its newest version; null before there is one.</param>
/// <param name="Columns">Of the newest version.</param>
/// <param name="Tags">Of the newest version.</param>
/// <param name="NewestRow">Time of the newest row.</param>
/// <param name="Met">Expectations that the newest version meets, of <paramref name="Expected"/>.</param>
/// <param name="Quarantined">Batches of rows that were set aside and that nobody has seen to.</param>
public sealed record DatasetInfo(
    string Project, string Name, string? Description, string? Owner, DatasetVersionInfo? Latest, IReadOnlyList<string> Columns, IReadOnlyDictionary<string, string> Tags, DateTimeOffset? NewestRow, int Met, int Expected, int Quarantined);

/// <summary>A version that a retention would remove.</summary>
/// <param name="Bytes">Of rows that no version that stays has.</param>
public sealed record RemovableDatasetVersion(int Number, long Rows, long Bytes, DateTimeOffset Created);

/// <summary>Removes the versions that a preview showed.</summary>
public sealed record RemoveDatasetVersions(int Keep, double? OlderThanDays, IReadOnlyList<int> Numbers);

/// <summary>Sets a tag.</summary>
public sealed record SetDatasetTag(string Key, string Value);

public sealed partial class FlyballClient
{
    /// <summary>Datasets that have every word of a text in their project, name, description, owner, columns or tags; all for none.</summary>
    public Task<IReadOnlyList<DatasetInfo>> FindDatasetsAsync(string? text, CancellationToken cancel) => GetAsync<IReadOnlyList<DatasetInfo>>($"/api/datasets{(string.IsNullOrEmpty(text) ? "" : $"?q={Escape(text)}")}", cancel);

    /// <summary>The newest version that was there at a time; null where none was.</summary>
    public async Task<DatasetVersionInfo?> GetDatasetVersionAsOfAsync(string project, string dataset, DateTimeOffset at, CancellationToken cancel) =>
        (await ListDatasetVersionsAsync(project, dataset, cancel)).FirstOrDefault(version => version.Created <= at);

    public Task SetDatasetTagAsync(string project, string dataset, int number, string key, string value, CancellationToken cancel) =>
        PostAsync($"{DatasetVersion(project, dataset, number)}/tags", new SetDatasetTag(key, value), cancel);

    public Task DeleteDatasetTagAsync(string project, string dataset, int number, string key, CancellationToken cancel) => DeleteAsync($"{DatasetVersion(project, dataset, number)}/tags/{Escape(key)}", cancel);

    /// <summary>The rows of one segment of a version as Parquet; a version's content names its segments. The caller disposes of the stream.</summary>
    public Task<Stream> OpenDatasetSegmentAsync(string project, string dataset, int number, int segment, CancellationToken cancel) => OpenAsync($"{DatasetVersion(project, dataset, number)}/segments/{segment}", cancel);

    /// <summary>What the expectations of a version found, as Great Expectations 1.x writes it.</summary>
    public Task<JsonElement> GetValidationAsync(string project, string dataset, int number, CancellationToken cancel) => GetAsync<JsonElement>($"{DatasetVersion(project, dataset, number)}/validation", cancel);

    /// <summary>The expectations of a dataset as a suite of Great Expectations 1.x.</summary>
    public Task<JsonElement> GetSuiteAsync(string project, string dataset, CancellationToken cancel) => GetAsync<JsonElement>($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/suite", cancel);

    /// <summary>Versions that would go where the newest <paramref name="keep"/> stay: none with a tag, none that something was made from, not the newest usable one.</summary>
    public Task<IReadOnlyList<RemovableDatasetVersion>> PreviewDatasetRetentionAsync(string project, string dataset, int keep, double? olderThanDays, CancellationToken cancel) => GetAsync<IReadOnlyList<RemovableDatasetVersion>>(
        $"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/retention?keep={keep}{(olderThanDays is { } days ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"&olderThanDays={days}") : "")}", cancel);

    /// <summary>Removes what a preview showed; answers what is gone.</summary>
    public Task<IReadOnlyList<RemovableDatasetVersion>> RemoveDatasetVersionsAsync(string project, string dataset, int keep, double? olderThanDays, IReadOnlyList<int> numbers, CancellationToken cancel) =>
        PostAsync<IReadOnlyList<RemovableDatasetVersion>>($"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/retention", new RemoveDatasetVersions(keep, olderThanDays, numbers), cancel);

    private static string DatasetVersion(string project, string dataset, int number) => $"/api/projects/{Escape(project)}/datasets/{Escape(dataset)}/versions/{number}";
}
