using System.Text.RegularExpressions;
using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>Which addresses are told of what.</summary>
internal sealed partial class Webhooks(Db db, WebhookAddress address, WebhookPost post, Ids ids, TimeProvider time)
{
    public async Task<Webhook> CreateAsync(string name, string url, IReadOnlyList<string> events, string? description, string? secret, WebhookStatus status, CancellationToken cancel)
    {
        CheckName(name);
        await address.CheckAsync(url, cancel);
        if (events.Count == 0) throw Refusal.Invalid("webhook-events", "Webhook events must be a non-empty list of WebhookEvent objects: [].");
        Limit(description, secret);
        var now = time.GetUtcNow();
        var webhook = new Webhook(Guid.Parse(ids.New()).ToString(), name, url, [.. events.Distinct()], description, secret is { Length: > 0 } ? secret : null, status, now, now);
        await db.WriteAsync(tx => WebhooksSql.PutAsync(tx, webhook), cancel);
        return webhook;
    }

    public Task<Webhook> GetAsync(string id, CancellationToken cancel) => db.ReadAsync(tx => GetAsync(tx, id), cancel);

    public Task<List<Webhook>> AllAsync(CancellationToken cancel) => db.ReadAsync(WebhooksSql.AllAsync, cancel);

    /// <summary>Changes what is given; an empty text is as good as none.</summary>
    public async Task<Webhook> UpdateAsync(string id, string? name, string? url, IReadOnlyList<string> events, string? description, string? secret, WebhookStatus status, CancellationToken cancel)
    {
        await GetAsync(id, cancel);
        if (name is { Length: > 0 }) CheckName(name);
        if (url is { Length: > 0 }) await address.CheckAsync(url, cancel);
        Limit(description, secret);
        return await db.WriteAsync(
            async tx =>
            {
                var known = await GetAsync(tx, id);
                var webhook = known with
                {
                    Name = Or(name, known.Name)!, Url = Or(url, known.Url)!, Events = events.Count > 0 ? [.. events.Distinct()] : known.Events, Description = Or(description, known.Description), Secret = Or(secret, known.Secret), Status = status,
                    Updated = time.GetUtcNow(),
                };
                await WebhooksSql.PutAsync(tx, webhook);
                return webhook;
            },
            cancel);
    }

    public Task DeleteAsync(string id, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            await GetAsync(tx, id);
            await WebhooksSql.DeleteAsync(tx, id, time.Now());
        },
        cancel);

    /// <summary>Sends an example at once, whatever the webhook's status.</summary>
    public async Task<PostResult> TestAsync(string id, string? kind, CancellationToken cancel)
    {
        var webhook = await GetAsync(id, cancel);
        var of = kind ?? webhook.Events[0];
        var now = TimeProvider.System.GetUtcNow();
        return await post.SendAsync(webhook, Guid.Parse(ids.New()).ToString(), now.ToUnixTimeSeconds(), WebhookEvents.Body(of, now, WebhookEvents.ExampleOf(of)), cancel);
    }

    /// <summary>What a webhook was told, newest first.</summary>
    public Task<List<Delivery>> DeliveriesAsync(string id, int most, CancellationToken cancel) => db.ReadAsync(tx => WebhooksSql.OfAsync(tx, id, most), cancel);

    /// <summary>Tries a delivery again that has ended.</summary>
    public Task<Delivery> RetryAsync(string id, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            var known = await WebhooksSql.DeliveryAsync(tx, id) ?? throw Refusal.NotFound("delivery", id);
            await GetAsync(tx, known.Webhook);
            if (known.Due is not null) return known;
            var again = known with { State = DeliveryState.Waiting, Attempts = 0, Due = time.Now(), Ended = null };
            await WebhooksSql.UpdateDeliveryAsync(tx, again);
            return again;
        },
        cancel);

    private static async Task<Webhook> GetAsync(Tx tx, string id) => await WebhooksSql.FindAsync(tx, id) ?? throw new Refusal(RefusalKind.NotFound, "webhook-not-found", $"Webhook with ID {Refusal.Shown(id)} not found.");

    private static string? Or(string? given, string? known) => given is { Length: > 0 } ? given : known;

    private static void CheckName(string name)
    {
        if (name.Length > 63 || !Names().IsMatch(name))
        {
            throw Refusal.Invalid("webhook-name", $"Webhook name '{Refusal.Shown(name)}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).");
        }
    }

    private static void Limit(string? description, string? secret)
    {
        if (description is { Length: > 1000 }) throw Refusal.Invalid("webhook-description", "'description' exceeds the maximum length of 1000 characters");
        if (secret is { Length: > 1000 }) throw Refusal.Invalid("webhook-secret", "'secret' exceeds the maximum length of 1000 characters");
    }

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9._-]*[a-z0-9])?\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
