using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Operations.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Operations;

internal static class JournalApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapJournal()
        {
            routes.MapPage<JournalPage>("/journal");
            routes.MapGet("/api/journal/live", (Journal journal, HttpContext http) => TypedResults.ServerSentEvents(GrownAsync(journal, http.RequestAborted))).Needs(Permission.Read);
            routes.MapGet("/api/journal", async (Db db, HttpRequest request, string? project, CancellationToken cancel) =>
            {
                var (after, limit) = (Whole(request, "after", long.MaxValue) ?? 0, Whole(request, "limit", int.MaxValue) ?? 100);
                return (await db.ReadAsync(tx => Journal.AfterAsync(tx, after, (int)Math.Clamp(limit, 1, 1000), project), cancel)).Select(Wire);
            }).Needs(Permission.Read);
        }
    }

    /// <summary>A whole number of the query; null where it is not given.</summary>
    private static long? Whole(HttpRequest request, string name, long most)
    {
        if (!request.Query.TryGetValue(name, out var given)) return null;
        return long.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number <= most ? number : throw Refusal.Invalid("request-malformed", $"'{Refusal.Shown(given.ToString())}' cannot be the parameter {name}.");
    }

    /// <summary>Says that there is something new, at most once a second; what it is, the reader asks for.</summary>
    private static async IAsyncEnumerable<SseItem<string>> GrownAsync(Journal journal, [EnumeratorCancellation] CancellationToken cancel)
    {
        var next = journal.NextAsync();
        yield return new SseItem<string>("", "listening");
        while (!cancel.IsCancellationRequested)
        {
            await next.WaitAsync(cancel);
            // asked for before the pause: what comes during it is told after it, not lost
            next = journal.NextAsync();
            yield return new SseItem<string>("", "grown");
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancel);
        }
    }

    private static JournalEntryInfo Wire(JournalEntry entry) => new(entry.Seq, entry.Id, entry.At, entry.Type, entry.Subject.ToString(), entry.Project, entry.Actor, entry.Cause, entry.Data);
}
