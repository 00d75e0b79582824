using System.Globalization;
using System.Text.Json;

namespace Flyball.Client;

/// <summary>One evaluated window of a deployment. <paramref name="Kind"/> is drift or performance, <paramref name="State"/> within, breached or unknown.</summary>
public sealed record MonitorWindowInfo(string Id, string Deployment, int Version, string Kind, DateTimeOffset From, DateTimeOffset To, string State, long Rows, JsonElement Result);

/// <summary>An alarm; open while <paramref name="Closed"/> is null.</summary>
public sealed record AlarmInfo(string Id, string Project, string Deployment, int Version, string Kind, string Metric, DateTimeOffset Opened, int Breaches, string Message, DateTimeOffset? Closed);

public sealed partial class FlyballClient
{
    /// <summary>The newest 500, or the newest that began before a time, newest first; <paramref name="kind"/> is drift, performance or null for both.</summary>
    public Task<IReadOnlyList<MonitorWindowInfo>> ListWindowsAsync(string deployment, string? kind, DateTimeOffset? before, CancellationToken cancel)
    {
        string[] asked = [.. kind is null ? (string[])[] : [$"kind={Escape(kind)}"], .. before is { } at ? (string[])[$"before={Escape(at.ToString("O", CultureInfo.InvariantCulture))}"] : []];
        return GetAsync<IReadOnlyList<MonitorWindowInfo>>($"/api/deployments/{Escape(deployment)}/windows{(asked.Length == 0 ? "" : "?")}{string.Join('&', asked)}", cancel);
    }

    /// <summary>Newest first, closed ones included.</summary>
    public Task<IReadOnlyList<AlarmInfo>> ListAlarmsAsync(string deployment, CancellationToken cancel) => GetAsync<IReadOnlyList<AlarmInfo>>($"/api/deployments/{Escape(deployment)}/alarms", cancel);
}
