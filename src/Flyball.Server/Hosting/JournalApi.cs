using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Hosting;

internal static class JournalApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapJournal() => routes.MapGet("/api/journal", async (Db db, CancellationToken cancel, string? project, long after = 0, int limit = 100) =>
            (await db.ReadAsync(tx => Journal.AfterAsync(tx, after, Math.Clamp(limit, 1, 1000), project), cancel)).Select(Wire)).Needs(Permission.Read);
    }

    private static JournalEntryInfo Wire(JournalEntry entry) => new(entry.Seq, entry.Id, entry.At, entry.Type, entry.Subject.ToString(), entry.Project, entry.Actor, entry.Cause, entry.Data);
}
