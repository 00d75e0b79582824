using System.Text.Json;

namespace Flyball.Client;

/// <summary>An address that is told of events in the registry.</summary>
/// <param name="Events">Such as <c>model_version.created</c>.</param>
/// <param name="IsActive">One that is not active is told nothing.</param>
public sealed record WebhookInfo(string Id, string Name, string Url, IReadOnlyList<string> Events, string? Description, bool IsActive, DateTimeOffset Created, DateTimeOffset Updated);

/// <summary>Asks for a webhook.</summary>
/// <param name="Secret">What deliveries are signed with (HMAC-SHA-256); none are where there is none.</param>
public sealed record CreateWebhook(string Name, string Url, IReadOnlyList<string> Events, string? Description = null, string? Secret = null, bool IsActive = true);

/// <summary>What a webhook's address answered to a test.</summary>
/// <param name="Status">Its HTTP status; null where none came.</param>
/// <param name="Said">The beginning of its answer, or what went wrong.</param>
public sealed record WebhookTestInfo(bool Delivered, int? Status, string Said);

/// <summary>What a webhook was told, or is about to be.</summary>
/// <param name="Event">The kind of event, such as <c>model_version.created</c>.</param>
/// <param name="State"><c>waiting</c>, <c>delivered</c> or <c>failed</c>.</param>
/// <param name="Status">The HTTP status of the last answer; null where none came.</param>
/// <param name="Answer">The beginning of the last answer, or what went wrong.</param>
/// <param name="Due">When it is tried next.</param>
public sealed record WebhookDeliveryInfo(string Id, string Event, string State, int Attempts, int? Status, string? Answer, string Body, DateTimeOffset Created, DateTimeOffset? Due, DateTimeOffset? Ended);

/// <summary>Webhooks, which only an admin changes.</summary>
public sealed partial class FlyballClient
{
    private const string OfWebhooks = $"{Mlflow}/webhooks";

    public async Task<WebhookInfo> CreateWebhookAsync(CreateWebhook webhook, CancellationToken cancel) => Webhook((await PostAsync<JsonElement>(
        OfWebhooks, new { name = webhook.Name, url = webhook.Url, events = Events(webhook.Events), description = webhook.Description, secret = webhook.Secret, status = Status(webhook.IsActive) }, cancel)).GetProperty("webhook"));

    public async Task<WebhookInfo> GetWebhookAsync(string id, CancellationToken cancel) => Webhook((await GetAsync<JsonElement>($"{OfWebhooks}/{Escape(id)}", cancel)).GetProperty("webhook"));

    public ValueTask<List<WebhookInfo>> ListWebhooksAsync(CancellationToken cancel) =>
        FindAsync(token => GetAsync<JsonElement>($"{OfWebhooks}?max_results=1000&page_token={Escape(token ?? "")}", cancel), "webhooks", Webhook).ToListAsync(cancel);

    /// <summary>Changes what is given; the rest, and a secret that is not given, stays.</summary>
    public async Task<WebhookInfo> UpdateWebhookAsync(string id, CreateWebhook webhook, CancellationToken cancel)
    {
        using var answer = await SendAsync(
            HttpMethod.Patch, $"{OfWebhooks}/{Escape(id)}",
            Content(new { name = webhook.Name, url = webhook.Url, events = Events(webhook.Events), description = webhook.Description, secret = webhook.Secret, status = Status(webhook.IsActive) }), cancel);
        return Webhook((await ReadAsync<JsonElement>(answer, "", cancel)).GetProperty("webhook"));
    }

    public Task DeleteWebhookAsync(string id, CancellationToken cancel) => DeleteAsync($"{OfWebhooks}/{Escape(id)}", cancel);

    /// <summary>Sends an example of an event at once; the webhook's first event where none is named.</summary>
    public async Task<WebhookTestInfo> TestWebhookAsync(string id, string? kind, CancellationToken cancel)
    {
        var result = (await PostAsync<JsonElement>($"{OfWebhooks}/{Escape(id)}/test", kind is null ? new { } : (object)new { @event = Event(kind) }, cancel)).GetProperty("result");
        return new WebhookTestInfo(
            result.GetProperty("success").GetBoolean(), result.TryGetProperty("response_status", out var status) ? status.GetInt32() : null,
            result.TryGetProperty("error_message", out var error) ? error.GetString()! : Text(result, "response_body"));
    }

    /// <summary>What a webhook was told or is about to be, newest first, at most 1,000.</summary>
    public Task<IReadOnlyList<WebhookDeliveryInfo>> ListWebhookDeliveriesAsync(string webhook, CancellationToken cancel) => GetAsync<IReadOnlyList<WebhookDeliveryInfo>>($"/api/webhooks/{Escape(webhook)}/deliveries", cancel);

    /// <summary>Sends a delivery again now.</summary>
    public Task<WebhookDeliveryInfo> RetryWebhookDeliveryAsync(string delivery, CancellationToken cancel) => PostAsync<WebhookDeliveryInfo>($"/api/webhook-deliveries/{Escape(delivery)}/retry", null, cancel);

    private static WebhookInfo Webhook(JsonElement webhook) => new(
        Text(webhook, "webhook_id"), Text(webhook, "name"), Text(webhook, "url"), [.. List(webhook, "events").Select(known => $"{Text(known, "entity")}.{Text(known, "action")}".ToLowerInvariant())],
        webhook.TryGetProperty("description", out var description) ? description.GetString() : null, Text(webhook, "status") == "ACTIVE", Time(webhook, "creation_timestamp")!.Value, Time(webhook, "last_updated_timestamp")!.Value);

    private static string Status(bool active) => active ? "ACTIVE" : "DISABLED";

    private static IEnumerable<object> Events(IReadOnlyList<string> kinds) => kinds.Select(Event);

    private static object Event(string kind) => kind.ToUpperInvariant().Split('.') is [var entity, var action] ? new { entity, action } : throw new ArgumentException($"'{kind}' is no event; write entity.action, such as model_version.created.", nameof(kind));
}
