namespace Flyball.Server.Registry;

/// <summary>Whether a webhook is told. The numbers are stored and are MLflow's own.</summary>
public enum WebhookStatus { Active = 1, Disabled = 2 }

/// <summary>How a delivery stands. The numbers are stored and frozen.</summary>
public enum DeliveryState { Waiting = 0, Delivered = 1, Failed = 2 }

/// <summary>An address that is told of events of the registry.</summary>
/// <param name="Events">The kinds of events, each <c>entity.action</c> such as <c>model_version.created</c>.</param>
/// <param name="Secret">What deliveries are signed with; never told again.</param>
internal sealed record Webhook(string Id, string Name, string Url, IReadOnlyList<string> Events, string? Description, string? Secret, WebhookStatus Status, DateTimeOffset Created, DateTimeOffset Updated);

/// <summary>One event on its way to one webhook. The id stays the same however often it is tried, so that a receiver can tell repetitions.</summary>
/// <param name="Event">The journal's entry that it tells of.</param>
/// <param name="Sent">Seconds since 1970, as signed.</param>
/// <param name="Due">When it is tried next, in microseconds; null once it has ended.</param>
/// <param name="Status">The HTTP status of the last answer.</param>
internal sealed record Delivery(
    string Id, string Webhook, string Event, string Kind, string Body, long Sent, DeliveryState State, int Attempts, long? Due, int? Status, string? Answer, DateTimeOffset Created, DateTimeOffset? Ended);
