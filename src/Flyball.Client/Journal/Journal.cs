using System.Text.Json;

namespace Flyball.Client;

/// <summary>One entry of the journal. <paramref name="Subject"/> is written kind:id; <paramref name="Cause"/> is the id of the entry that led to it.</summary>
public sealed record JournalEntryInfo(long Seq, string Id, DateTimeOffset At, string Type, string Subject, string? Project, string Actor, string? Cause, JsonElement Data);

public sealed partial class FlyballClient
{
    /// <summary>Entries after <paramref name="after"/> in order, at most <paramref name="limit"/> (1–1000).</summary>
    public Task<IReadOnlyList<JournalEntryInfo>> ReadJournalAsync(string? project, long after, int limit, CancellationToken cancel) =>
        GetAsync<IReadOnlyList<JournalEntryInfo>>($"/api/journal?after={after}&limit={limit}{(project is null ? "" : $"&project={Escape(project)}")}", cancel);
}
