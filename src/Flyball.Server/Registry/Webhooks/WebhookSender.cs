using Flyball.Foundation;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flyball.Server.Registry;

/// <summary>
/// Tells webhooks what the journal holds. An event is turned into deliveries in the transaction that moves the cursor past it, so none is lost to a crash and none is queued twice;
/// a delivery that a crash interrupts is sent again under the same id. Each webhook is told one thing at a time, as it is due, and a few webhooks at the same time; a receiver that is slow, or does not answer at all, holds up others no longer than until that is known.
/// </summary>
internal sealed partial class WebhookSender(Db db, Journal journal, WebhookPost post, Ids ids, TimeProvider time, FlyballServerOptions options, ILogger<WebhookSender> logger) : BackgroundService
{
    /// <summary>Webhooks that are told something at the same time; those that turn out to be slow meanwhile give their places to others.</summary>
    public const int AtOnce = 8;

    /// <summary>Places of those whose receivers were slow the last time.</summary>
    private const int Slow = AtOnce / 2;

    private const int Most = 200;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>A receiver that takes so long for an answer is a slow one.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(2);

    /// <summary>How long after each failed try the next one comes; after the last the delivery has failed.</summary>
    private static readonly TimeSpan[] Waits =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3)];

    /// <summary>What is being told, by webhook, and since when; true where it is answered quickly.</summary>
    private readonly Dictionary<string, (Task<bool> Told, long Since)> telling = new(StringComparer.Ordinal);

    /// <summary>Webhooks whose receivers were slow the last time, or are now.</summary>
    private readonly HashSet<string> slow = new(StringComparer.Ordinal);

    /// <summary>When each webhook for which something waits had its last turn.</summary>
    private readonly Dictionary<string, long> turns = new(StringComparer.Ordinal);
    private long turn;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // a replay's events are of another time and tell nobody
        if (options.ManualLoops) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = journal.NextAsync();
            using var rest = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            try
            {
                while (await QueueAsync(stoppingToken)) stoppingToken.ThrowIfCancellationRequested();
                var wait = await BeginAsync(stoppingToken) ? Period : 30 * Period;
                await Task.WhenAny([next, Task.Delay(wait, TimeProvider.System, rest.Token), .. telling.Values.Select(one => one.Told)]);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failed) when (failed is not OutOfMemoryException)
            {
                Log.Failed(logger, failed);
                await Task.Delay(Period, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                await rest.CancelAsync();
            }
        }

        await Task.WhenAll(telling.Values.Select(one => one.Told));
    }

    /// <summary>
    /// Begins to tell what is due, in the places that are free; true while anything waits. The webhook whose turn was the longest ago is the next; those whose receivers were slow the last time come after all others,
    /// in places of their own, so that they delay nobody once that is known.
    /// </summary>
    private async Task<bool> BeginAsync(CancellationToken cancel)
    {
        foreach (var (webhook, one) in telling.ToList())
        {
            if (!one.Told.IsCompleted)
            {
                if (TimeProvider.System.GetElapsedTime(one.Since) >= Quick) slow.Add(webhook);
                continue;
            }

            telling.Remove(webhook);
            if (await one.Told) slow.Remove(webhook);
            else slow.Add(webhook);
        }

        var waiting = await db.ReadAsync(WebhooksSql.WaitingAsync, cancel);
        foreach (var webhook in turns.Keys.Except(waiting.Select(delivery => delivery.Webhook)).ToList()) turns.Remove(webhook);
        foreach (var delivery in waiting.Where(delivery => delivery.Due <= time.Now() && !telling.ContainsKey(delivery.Webhook)).OrderBy(delivery => turns.GetValueOrDefault(delivery.Webhook)).ToList())
        {
            var isSlow = slow.Contains(delivery.Webhook);
            if (telling.Keys.Count(other => slow.Contains(other) == isSlow) >= (isSlow ? Slow : AtOnce)) continue;
            turns[delivery.Webhook] = ++turn;
            telling[delivery.Webhook] = (TellAsync(delivery, cancel), TimeProvider.System.GetTimestamp());
        }

        return waiting.Count > 0;
    }

    /// <summary>Tries a delivery once; false where nobody answered quickly. Never throws.</summary>
    private async Task<bool> TellAsync(Delivery delivery, CancellationToken cancel)
    {
        try
        {
            return await SendAsync(delivery, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // sent again when the server starts
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            Log.Failed(logger, failed);
            // what could not be recorded would be sent again at once
            await Task.Delay(Period, TimeProvider.System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return true;
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

    /// <summary>Tries a delivery once; false where nobody answered quickly.</summary>
    internal async Task<bool> SendAsync(Delivery delivery, CancellationToken cancel)
    {
        if (await db.ReadAsync(tx => WebhooksSql.FindAsync(tx, delivery.Webhook), cancel) is not { } webhook)
        {
            // one that never ends would be looked at for ever
            await db.WriteAsync(tx => WebhooksSql.EndAsync(tx, delivery.Webhook, time.Now()), cancel);
            return true;
        }

        var begun = TimeProvider.System.GetTimestamp();
        var result = await post.SendAsync(webhook, delivery.Id, delivery.Sent, delivery.Body, cancel);
        var isQuick = result.Status is not null && TimeProvider.System.GetElapsedTime(begun) < Quick;
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
        return isQuick;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Webhooks could not be told; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
