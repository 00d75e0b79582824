using System.Text.Json;

namespace Flyball.Client;

/// <summary>A worker asks for work.</summary>
/// <param name="Store">The identity of the data directory in which it stores results; it must be the server's.</param>
public sealed record ClaimJob(string Worker, string Store);

/// <summary>Work for a worker; <paramref name="Token"/> fences every later word about this attempt.</summary>
public sealed record ClaimedJob(string Id, string Kind, int Attempt, long Token, JsonElement Spec);

/// <summary>A sign of life. <paramref name="Progress"/> is a share in [0, 1].</summary>
public sealed record JobHeartbeat(long Token, double Progress, string Message);

/// <summary>Whether the attempt is still the current one.</summary>
public sealed record JobHeld(bool Held);

/// <summary>The end of an attempt: a result, or an error that is final or may be tried again.</summary>
public sealed record JobOutcome(long Token, JsonElement? Result, string? Error, bool Final);

/// <summary>A job as people see it. <paramref name="Progress"/> is a share in [0, 1].</summary>
public sealed record JobInfo(string Id, string Kind, string Subject, string State, int Attempt, double Progress, string Message, string? Error, DateTimeOffset Created, DateTimeOffset? Started, DateTimeOffset? Ended);

/// <summary>Whether everything is as the applied project files say.</summary>
public sealed record Quietness(bool Quiet);

public sealed partial class FlyballClient
{
    /// <summary>True when no job waits or runs and no loop has anything to do.</summary>
    public async Task<bool> IsQuietAsync(CancellationToken cancel) => (await GetAsync<Quietness>("/api/quiet", cancel)).Quiet;

    /// <summary>The next job for a worker, or null where none waits.</summary>
    public async Task<ClaimedJob?> ClaimJobAsync(string worker, string store, CancellationToken cancel) =>
        await PostAgainAsync<ClaimedJob?>("/api/jobs/claim", new ClaimJob(worker, store), cancel) is not { } job ? null : job is { Id: not null, Kind: not null } ? job : throw Unreadable();

    /// <summary>False when the attempt has been given to another worker and must stop.</summary>
    public async Task<bool> HeartbeatAsync(string job, JobHeartbeat heartbeat, CancellationToken cancel) => (await PostAsync<JobHeld>($"/api/jobs/{Escape(job)}/heartbeat", heartbeat, cancel)).Held;

    public Task SucceedAsync(string job, JobOutcome outcome, CancellationToken cancel) => PostAsync($"/api/jobs/{Escape(job)}/succeed", outcome, cancel);

    public Task FailAsync(string job, JobOutcome outcome, CancellationToken cancel) => PostAsync($"/api/jobs/{Escape(job)}/fail", outcome, cancel);

    /// <summary>Jobs that wait or run.</summary>
    public Task<IReadOnlyList<JobInfo>> ListJobsAsync(CancellationToken cancel) => GetAsync<IReadOnlyList<JobInfo>>("/api/jobs", cancel);

    public Task<JobInfo> GetJobAsync(string id, CancellationToken cancel) => GetAsync<JobInfo>($"/api/jobs/{Escape(id)}", cancel);
}
