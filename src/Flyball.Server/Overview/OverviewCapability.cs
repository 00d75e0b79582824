using Flyball.Server.Ui;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Overview;

internal static class OverviewCapability
{
    public static void MapOverview(this IEndpointRouteBuilder routes)
    {
        routes.MapPage<HomePage>("/");
        routes.MapPage<ProjectPage>("/projects/{Project}");
        routes.MapLineage();
    }
}
