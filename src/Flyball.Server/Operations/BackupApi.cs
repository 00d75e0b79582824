using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Operations;

/// <summary>A backup was taken and has left the server whole.</summary>
public sealed record BackupTaken(int Files, long Bytes) : IEvent
{
    public static string Type => "server.backup-taken";

    public string? Project => null;

    public Ref Subject() => new("server", "data");
}

internal static class BackupApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapBackup() => routes.MapGet("/api/backup", async (Backups backups, Db db, Journal journal, HttpContext http, CancellationToken cancel) =>
        {
            using var captured = await backups.CaptureAsync(Product.Version, cancel);
            http.Response.ContentType = "application/x-tar";
            http.Response.Headers.ContentDisposition = $"attachment; filename=flyball-{captured.Manifest.Created:yyyyMMdd-HHmmss}.tar";
            await captured.WriteAsync(http.Response.Body, cancel);
            await db.WriteAsync(tx => journal.AppendAsync(tx, new BackupTaken(captured.Manifest.Files.Count, captured.Manifest.Bytes), http.Actor().Name, cause: null), cancel);
        }).Needs(Permission.Administer);
    }
}
