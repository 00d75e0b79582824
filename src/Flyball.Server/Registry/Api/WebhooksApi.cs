using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Registry;

internal sealed record MlWebhookEvent(string Entity, string Action);

internal sealed record MlWebhook(string WebhookId, string Name, string Url, IReadOnlyList<MlWebhookEvent> Events, string? Description, string Status, long CreationTimestamp, long LastUpdatedTimestamp)
{
    public static MlWebhook Of(Webhook webhook) => new(
        webhook.Id, webhook.Name, webhook.Url, [.. webhook.Events.Select(kind => kind.ToUpperInvariant().Split('.')).Select(parts => new MlWebhookEvent(parts[0], parts[1]))], webhook.Description, webhook.Status.ToString().ToUpperInvariant(),
        webhook.Created.ToUnixTimeMilliseconds(), webhook.Updated.ToUnixTimeMilliseconds());
}

/// <summary>MLflow's calls on webhooks, and Flyball's own on what they were told.</summary>
internal sealed class WebhooksApi(Webhooks webhooks)
{
    private const int MostListed = 1000;

    public void Map(RouteGroupBuilder group)
    {
        group.Answers("POST", "", Permission.Administer, async call =>
        {
            var fields = call.Fields;
            var (name, url) = (fields.Text("name"), fields.Text("url"));
            if (!fields.Has("events")) throw fields.Missing("events");
            return Answer(await webhooks.CreateAsync(name, url, [.. fields.List("events").Select(Kind)], fields.TextOrNull("description"), fields.TextOrNull("secret"), Status(fields), call.Cancel));
        });
        // an address may hold a secret
        group.Answers("GET", "", Permission.Administer, ListAsync);
        group.Answers("GET", "/{id}", Permission.Administer, async call => Answer(await webhooks.GetAsync(call.Route("id"), call.Cancel)));
        group.Answers("PATCH", "/{id}", Permission.Administer, async call =>
        {
            var fields = call.Fields;
            return Answer(await webhooks.UpdateAsync(
                call.Route("id"), fields.TextOrNull("name"), fields.TextOrNull("url"), [.. fields.List("events").Select(Kind)], fields.TextOrNull("description"), fields.TextOrNull("secret"), Status(fields), call.Cancel));
        });
        group.Calls("DELETE", "/{id}", Permission.Administer, async call =>
        {
            await webhooks.DeleteAsync(call.Route("id"), call.Cancel);
            await MLflowJson.DoneAsync(call.Http.Response);
        });
        group.Answers("POST", "/{id}/test", Permission.Administer, async call =>
        {
            var result = await webhooks.TestAsync(call.Route("id"), call.Fields.ObjectOrNull("event") is { } of ? Kind(of) : null, call.Cancel);
            return new
            {
                result = new
                {
                    success = result.Succeeded, response_status = result.Status, response_body = result.Status is null ? null : result.Answer,
                    error_message = result.Status is null ? $"Failed to test webhook: {result.Answer}" : null,
                },
            };
        });
    }

    /// <summary>What webhooks were told.</summary>
    public void MapDeliveries(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/webhooks/{id}/deliveries", async (string id, CancellationToken cancel) => (await webhooks.DeliveriesAsync(id, MostListed, cancel)).Select(Wire)).Needs(Permission.Administer);
        routes.MapPost("/api/webhook-deliveries/{id}/retry", async (string id, CancellationToken cancel) => Wire(await webhooks.RetryAsync(id, cancel))).Needs(Permission.Administer);
    }

    private static WebhookDeliveryInfo Wire(Delivery delivery) => new(
        delivery.Id, delivery.Kind, delivery.State.ToString().ToLowerInvariant(), delivery.Attempts, delivery.Status, delivery.Answer, delivery.Body, delivery.Created, Micros.Time(delivery.Due), delivery.Ended);

    private static object Answer(Webhook webhook) => new { webhook = MlWebhook.Of(webhook) };

    private async Task<object> ListAsync(MLflowCall call)
    {
        var most = call.Fields.LongOrNull("max_results") is { } given and not 0 ? given : 100;
        if (most is < 1 or > MostListed) throw Refusal.Invalid("max-results", "max_results must be between 1 and 1000.");
        var all = await webhooks.AllAsync(call.Cancel);
        var start = 0;
        if (call.Fields.TextOrNull("page_token") is { Length: > 0 } token)
        {
            var last = PageToken.Read(token, 1);
            var at = all.FindIndex(webhook => Micros.Of(webhook.Created) < last.Parts[0].Number || (Micros.Of(webhook.Created) == last.Parts[0].Number && string.CompareOrdinal(webhook.Id, last.Run) > 0));
            start = at < 0 ? all.Count : at;
        }

        var page = all.Skip(start).Take((int)most).ToList();
        var next = start + page.Count < all.Count ? PageToken.Write(new PageKey([new PagePart(0, Micros.Of(page[^1].Created), null)], page[^1].Id)) : null;
        return new { webhooks = page.Count == 0 ? null : page.Select(MlWebhook.Of), next_page_token = next };
    }

    private static WebhookStatus Status(MLflowFields fields) => fields.TextOrNull("status") is { Length: > 0 } && fields.NamedOrNull<WebhookStatus>("status", status => status.ToString().ToUpperInvariant()) is { } status ? status : WebhookStatus.Active;

    private static string Kind(MLflowFields fields)
    {
        var (entity, action) = (fields.Text("entity").ToLowerInvariant(), fields.Text("action").ToLowerInvariant());
        if (!WebhookEvents.Actions.TryGetValue(entity, out var known)) throw Refusal.Invalid("webhook-event", $"Unknown webhook entity '{Refusal.Shown(entity)}'; it is one of {string.Join(", ", WebhookEvents.Actions.Keys)}.");
        return known.Contains(action) ? $"{entity}.{action}" : throw Refusal.Invalid("webhook-event", $"Invalid action '{Refusal.Shown(action)}' for entity '{entity}'. Valid actions are: [{string.Join(", ", known.Select(valid => $"'{valid}'"))}]");
    }
}
