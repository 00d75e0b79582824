using Flyball.Server.Replay.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Replay;

internal static class ReplayCapability
{
    public static void MapReplay(this IEndpointRouteBuilder routes) => routes.MapPage<BacktestPage>("/backtests/{Id}");
}
