using System.Text.Json;

namespace Flyball.Client;

/// <summary>A version of a model: <paramref name="Status"/> is passed or refused, by its gates; metrics are those on held-out rows.</summary>
public sealed record ModelVersionInfo(string Model, int Version, string? Run, string? DatasetVersion, string Digest, string Status, IReadOnlyDictionary<string, double> Metrics, DateTimeOffset Created);

/// <summary>A version with gates, slices, rows and files as JSON.</summary>
public sealed record ModelVersionDetails(ModelVersionInfo Version, JsonElement Content);

/// <summary>Which version a name stands for, since when, by whom and why.</summary>
public sealed record AliasInfo(string Model, string Alias, int Version, DateTimeOffset Moved, string MovedBy, string Reason);

/// <summary>Lets an alias stand for a version; the reason is kept.</summary>
public sealed record MoveAlias(int Version, string Reason);

public sealed partial class FlyballClient
{
    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<ModelVersionInfo>> ListModelVersionsAsync(string model, CancellationToken cancel) => GetAsync<IReadOnlyList<ModelVersionInfo>>($"/api/models/{Escape(model)}/versions", cancel);

    public Task<ModelVersionDetails> GetModelVersionAsync(string model, int version, CancellationToken cancel) => GetAsync<ModelVersionDetails>($"/api/models/{Escape(model)}/versions/{version}", cancel);

    public Task<IReadOnlyList<AliasInfo>> ListAliasesAsync(string model, CancellationToken cancel) => GetAsync<IReadOnlyList<AliasInfo>>($"/api/models/{Escape(model)}/aliases", cancel);

    public Task MoveAliasAsync(string model, string alias, MoveAlias move, CancellationToken cancel) => PutAsync($"/api/models/{Escape(model)}/aliases/{Escape(alias)}", move, cancel);

    /// <summary>The chain of causes that ends in the present champion, newest first.</summary>
    public Task<IReadOnlyList<JournalEntryInfo>> WhyAsync(string model, CancellationToken cancel) => GetAsync<IReadOnlyList<JournalEntryInfo>>($"/api/models/{Escape(model)}/why", cancel);

    /// <summary>What happened to a model and its versions: who moved which alias, when and why; newest first, at most 1,000 entries.</summary>
    public Task<IReadOnlyList<JournalEntryInfo>> ReadHistoryAsync(string model, CancellationToken cancel) => GetAsync<IReadOnlyList<JournalEntryInfo>>($"/api/models/{Escape(model)}/history", cancel);

    /// <summary>The chain of causes that ends in the registration of a version, newest first.</summary>
    public Task<IReadOnlyList<JournalEntryInfo>> WhyVersionAsync(string model, int version, CancellationToken cancel) => GetAsync<IReadOnlyList<JournalEntryInfo>>($"/api/models/{Escape(model)}/versions/{version}/why", cancel);
}
