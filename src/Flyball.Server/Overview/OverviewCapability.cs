using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Projects;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Overview;

internal static class OverviewCapability
{
    public static void MapOverview(this IEndpointRouteBuilder routes)
    {
        routes.MapPage<HomePage>("/");
        routes.MapPage<ProjectPage>("/projects/{Project}");
        routes.MapGet("/api/attention", async (ProjectStore projects, Db db, TimeProvider time, CancellationToken cancel) =>
        {
            var known = await projects.ListAsync(cancel);
            return (await db.ReadAsync(tx => AttentionItem.ReadAsync(tx, known, time.GetUtcNow()), cancel)).Select(item => new AttentionInfo(item.Title, item.Text, item.Href, item.Bad));
        }).Needs(Permission.Read);
        routes.MapLineage();
    }
}
