using System.Text.Json;

namespace Flyball.Client;

/// <summary>One evaluated window of a deployment. <paramref name="Kind"/> is drift or performance, <paramref name="State"/> within, breached or unknown.</summary>
public sealed record MonitorWindowInfo(string Id, string Deployment, int Version, string Kind, DateTimeOffset From, DateTimeOffset To, string State, long Rows, JsonElement Result);

/// <summary>An alarm; open while <paramref name="Closed"/> is null.</summary>
public sealed record AlarmInfo(string Id, string Project, string Deployment, int Version, string Kind, string Metric, DateTimeOffset Opened, int Breaches, string Message, DateTimeOffset? Closed);

public sealed partial class FlyballClient
{
    /// <summary>Newest first; <paramref name="kind"/> is drift, performance or null for both.</summary>
    public Task<IReadOnlyList<MonitorWindowInfo>> ListWindowsAsync(string deployment, string? kind, CancellationToken cancel) =>
        GetAsync<IReadOnlyList<MonitorWindowInfo>>($"/api/deployments/{Escape(deployment)}/windows{(kind is null ? "" : $"?kind={Escape(kind)}")}", cancel);

    /// <summary>Newest first, closed ones included.</summary>
    public Task<IReadOnlyList<AlarmInfo>> ListAlarmsAsync(string deployment, CancellationToken cancel) => GetAsync<IReadOnlyList<AlarmInfo>>($"/api/deployments/{Escape(deployment)}/alarms", cancel);
}
