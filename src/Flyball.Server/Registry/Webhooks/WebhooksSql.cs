using Flyball.Foundation;

namespace Flyball.Server.Registry;

internal static class WebhooksSql
{
    public static Task<Webhook?> FindAsync(Tx tx, string id) => tx.FirstAsync("select * from webhooks where id = @id and deleted is null", new { id }, Read);

    /// <summary>Newest first.</summary>
    public static Task<List<Webhook>> AllAsync(Tx tx) => tx.QueryAsync("select * from webhooks where deleted is null order by created desc, id", null, Read);

    public static Task PutAsync(Tx tx, Webhook webhook) => tx.ExecuteAsync(
        """
        insert into webhooks (id, name, url, events, description, secret, status, created, updated) values (@Id, @Name, @Url, @events, @Description, @Secret, @status, @created, @updated)
        on conflict (id) do update set name = excluded.name, url = excluded.url, events = excluded.events, description = excluded.description, secret = excluded.secret, status = excluded.status, updated = excluded.updated
        """,
        new { webhook.Id, webhook.Name, webhook.Url, events = Json.Write(webhook.Events), webhook.Description, webhook.Secret, status = (int)webhook.Status, created = Micros.Of(webhook.Created), updated = Micros.Of(webhook.Updated) });

    /// <summary>Deletes a webhook with its secret; what it was told stays on record, what waits is not sent.</summary>
    public static async Task DeleteAsync(Tx tx, string id, long at)
    {
        await tx.ExecuteAsync("update webhooks set deleted = @at, updated = @at, secret = null where id = @id", new { id, at });
        await EndAsync(tx, id, at);
    }

    public static Task<long?> CursorAsync(Tx tx) => tx.ScalarAsync<long?>("select seq from webhook_cursor");

    public static async Task MoveCursorAsync(Tx tx, long seq)
    {
        await tx.ExecuteAsync("delete from webhook_cursor");
        await tx.ExecuteAsync("insert into webhook_cursor (seq) values (@seq)", new { seq });
    }

    public static Task AddDeliveryAsync(Tx tx, Delivery delivery) => tx.ExecuteAsync(
        """
        insert into webhook_deliveries (id, webhook, event, kind, body, sent, state, attempts, due, created) values (@Id, @Webhook, @Event, @Kind, @Body, @Sent, @state, @Attempts, @Due, @created)
        on conflict (webhook, event) do nothing
        """,
        new { delivery.Id, delivery.Webhook, delivery.Event, delivery.Kind, delivery.Body, delivery.Sent, state = (int)delivery.State, delivery.Attempts, delivery.Due, created = Micros.Of(delivery.Created) });

    public static Task UpdateDeliveryAsync(Tx tx, Delivery delivery) => tx.ExecuteAsync(
        "update webhook_deliveries set state = @state, attempts = @Attempts, due = @Due, status = @Status, answer = @Answer, ended = @ended where id = @Id",
        new { delivery.Id, state = (int)delivery.State, delivery.Attempts, delivery.Due, delivery.Status, delivery.Answer, ended = delivery.Ended is { } ended ? Micros.Of(ended) : (long?)null });

    /// <summary>Writes what came of a try, unless the delivery has ended or was begun anew meanwhile, as by the deletion of its webhook.</summary>
    public static Task TriedAsync(Tx tx, Delivery before, Delivery tried) => tx.ExecuteAsync(
        "update webhook_deliveries set state = @state, attempts = @Attempts, due = @Due, status = @Status, answer = @Answer, ended = @ended where id = @Id and due = @waited and attempts = @times",
        new { tried.Id, state = (int)tried.State, tried.Attempts, tried.Due, tried.Status, tried.Answer, ended = tried.Ended is { } ended ? Micros.Of(ended) : (long?)null, waited = before.Due, times = before.Attempts });

    /// <summary>Ends what still waits for a webhook that is deleted.</summary>
    public static Task EndAsync(Tx tx, string webhook, long at) => tx.ExecuteAsync(
        "update webhook_deliveries set state = @failed, due = null, ended = @at, answer = 'the webhook was deleted' where webhook = @webhook and due is not null", new { webhook, at, failed = (int)DeliveryState.Failed });

    public static Task<Delivery?> DeliveryAsync(Tx tx, string id) => tx.FirstAsync("select * from webhook_deliveries where id = @id", new { id }, ReadDelivery);

    /// <summary>The next delivery of each webhook for which any waits and that is not disabled, in the order in which they are due: from webhook to webhook along the index, however many wait.</summary>
    public static async Task<List<Delivery>> WaitingAsync(Tx tx)
    {
        var found = new List<Delivery>();
        for (var last = (string?)""; last is not null;)
        {
            last = await tx.ScalarAsync<string>("select min(webhook) from webhook_deliveries where due is not null and webhook > @last", new { last });
            if (last is not null) found.AddRange(await tx.QueryAsync("select * from webhook_deliveries where webhook = @last and due is not null and not exists (select 1 from webhooks where id = @last and deleted is null and status = @disabled) order by due, id limit 1", new { last, disabled = (int)WebhookStatus.Disabled }, ReadDelivery));
        }

        found.Sort((one, other) => Nullable.Compare(one.Due, other.Due));
        return found;
    }

    /// <summary>Newest first.</summary>
    public static Task<List<Delivery>> OfAsync(Tx tx, string webhook, int most) => tx.QueryAsync("select * from webhook_deliveries where webhook = @webhook order by created desc, id desc limit @most", new { webhook, most }, ReadDelivery);

    public static Task ForgetAsync(Tx tx, long before) => tx.ExecuteAsync("delete from webhook_deliveries where ended < @before", new { before });

    private static Webhook Read(Row row) => new(
        row.Text("id"), row.Text("name"), row.Text("url"), row.Json<List<string>>("events"), row.TextOrNull("description"), row.TextOrNull("secret"), (WebhookStatus)row.Int("status"), row.Time("created"), row.Time("updated"));

    private static Delivery ReadDelivery(Row row) => new(
        row.Text("id"), row.Text("webhook"), row.Text("event"), row.Text("kind"), row.Text("body"), row.Long("sent"), (DeliveryState)row.Int("state"), row.Int("attempts"), row.LongOrNull("due"), row.IntOrNull("status"), row.TextOrNull("answer"),
        row.Time("created"), row.TimeOrNull("ended"));
}
