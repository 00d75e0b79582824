namespace Flyball.Client;

/// <summary>Something that a person should look at, as the home page shows it.</summary>
/// <param name="Page">Path of the page where more is said.</param>
/// <param name="Bad">Whether something is wrong, rather than waiting for somebody.</param>
public sealed record AttentionInfo(string Title, string Text, string Page, bool Bad);

public sealed partial class FlyballClient
{
    /// <summary>What needs attention: open alarms, data that could not be taken in or have grown old, refused versions, versions that wait for approval.</summary>
    public Task<IReadOnlyList<AttentionInfo>> ListAttentionAsync(CancellationToken cancel) => GetAsync<IReadOnlyList<AttentionInfo>>("/api/attention", cancel);
}
