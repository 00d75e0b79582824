using Flyball.Foundation;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flyball.Server.Registry;

/// <summary>
/// Tells webhooks what the journal holds. An event is turned into deliveries in the transaction that moves the cursor past it, so none is lost to a crash and none is queued twice;
/// a delivery that a crash interrupts is sent again under the same id.
/// </summary>
internal sealed partial class WebhookSender(Db db, Journal journal, WebhookPost post, Ids ids, TimeProvider time, FlyballServerOptions options, ILogger<WebhookSender> logger) : BackgroundService
{
    private const int AtOnce = 8;
    private const int Most = 200;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>How long after each failed try the next one comes; after the last the delivery has failed.</summary>
    private static readonly TimeSpan[] Waits =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3)];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // a replay's events are of another time and tell nobody
        if (options.ManualLoops) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = journal.NextAsync();
            try
            {
                while (await QueueAsync(stoppingToken)) stoppingToken.ThrowIfCancellationRequested();
                var waiting = await db.ReadAsync(tx => WebhooksSql.WaitingAsync(tx, Most), stoppingToken);
                await Parallel.ForEachAsync(waiting.Where(delivery => delivery.Due <= time.Now()), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken }, async (delivery, cancel) => await SendAsync(delivery, cancel));
                await Task.WhenAny(next, Task.Delay(waiting.Count > 0 ? Period : 30 * Period, TimeProvider.System, stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed) when (failed is not OutOfMemoryException)
            {
                Log.Failed(logger, failed);
                await Task.Delay(Period, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Queues what the journal holds behind the cursor; true if there may be more.</summary>
    private async Task<bool> QueueAsync(CancellationToken cancel)
    {
        var (cursor, last) = await db.ReadAsync(async tx => (await WebhooksSql.CursorAsync(tx), await Journal.LastAsync(tx)), cancel);
        if (cursor == last) return false;
        return await db.WriteAsync(
            async tx =>
            {
                var webhooks = (await WebhooksSql.AllAsync(tx)).FindAll(webhook => webhook.Status == WebhookStatus.Active);
                // also where nothing was told yet: a webhook is told of what came after it, before the first look too
                var entries = webhooks.Count == 0 ? [] : await Journal.AfterAsync(tx, cursor ?? 0, Most, WebhookEvents.Types);
                foreach (var entry in entries)
                {
                    if (WebhookEvents.Of(entry) is not { } told) continue;
                    var body = WebhookEvents.Body(told.Kind, entry.At, told.Data);
                    foreach (var webhook in webhooks.Where(webhook => webhook.Created <= entry.At && webhook.Events.Contains(told.Kind)))
                    {
                        var delivery = new Delivery(
                            Guid.Parse(ids.New()).ToString(), webhook.Id, entry.Id, told.Kind, body, entry.At.ToUnixTimeSeconds(), DeliveryState.Waiting, 0, time.Now(), null, null, time.GetUtcNow(), null);
                        await WebhooksSql.AddDeliveryAsync(tx, delivery);
                    }
                }

                await WebhooksSql.MoveCursorAsync(tx, entries.Count == Most ? entries[^1].Seq : Math.Max(last, entries.Count > 0 ? entries[^1].Seq : 0));
                await WebhooksSql.ForgetAsync(tx, time.Now() - (long)Kept.TotalMicroseconds);
                return entries.Count == Most;
            },
            cancel);
    }

    /// <summary>Tries a delivery once.</summary>
    internal async Task SendAsync(Delivery delivery, CancellationToken cancel)
    {
        if (await db.ReadAsync(tx => WebhooksSql.FindAsync(tx, delivery.Webhook), cancel) is not { } webhook)
        {
            // the longest due are the first: one that never ends would stand in the way of all others
            await db.WriteAsync(tx => WebhooksSql.EndAsync(tx, delivery.Webhook, time.Now()), cancel);
            return;
        }

        var result = await post.SendAsync(webhook, delivery.Id, delivery.Sent, delivery.Body, cancel);
        CrashPoint.Reached("webhooks.after-send");
        var tried = delivery with { Attempts = delivery.Attempts + 1, Status = result.Status, Answer = result.Answer };
        var again = !result.Delivered && result.MayBeRetried && tried.Attempts <= Waits.Length;
        var wait = again ? Waits[tried.Attempts - 1] : TimeSpan.Zero;
        if (result.RetryAfter is { } asked && asked > wait && asked < TimeSpan.FromDays(1)) wait = asked;
        tried = again
            ? tried with { Due = time.Now() + (long)wait.TotalMicroseconds }
            : tried with { State = result.Delivered ? DeliveryState.Delivered : DeliveryState.Failed, Due = null, Ended = time.GetUtcNow() };
        // what was sent is recorded even while the server ends, or it would be sent again
        await db.WriteAsync(tx => WebhooksSql.TriedAsync(tx, delivery, tried), CancellationToken.None);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Webhooks could not be told; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
