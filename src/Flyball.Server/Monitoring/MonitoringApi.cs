using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Monitoring.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Monitoring;

internal static class MonitoringApi
{
    private const int Limit = 500;

    extension(IEndpointRouteBuilder routes)
    {
        public void MapMonitoring()
        {
            routes.MapPage<DeploymentPage>("/deployments/{Name}");
            routes.MapPage<DriftPage>("/deployments/{Name}/drift/{Window}");
            var deployment = routes.MapGroup("/api/deployments/{deployment}").Needs(Permission.Read);
            deployment.MapGet("/windows", async (string deployment, string? kind, DateTimeOffset? before, Db db, CancellationToken cancel) =>
                (await db.ReadAsync(tx => MonitoringSql.WindowsAsync(tx, deployment, Kind(kind), Limit, before), cancel)).Select(Wire));
            deployment.MapGet("/alarms", async (string deployment, Db db, CancellationToken cancel) => (await db.ReadAsync(tx => MonitoringSql.AlarmsAsync(tx, deployment, Limit), cancel)).Select(Wire));
            routes.MapGet("/api/alarms", async (Db db, CancellationToken cancel) => (await db.ReadAsync(MonitoringSql.OpenAsync, cancel)).Select(Wire)).Needs(Permission.Read);
        }
    }

    private static MonitorKind? Kind(string? text) => text switch
    {
        null => null,
        "drift" => MonitorKind.Drift,
        "performance" => MonitorKind.Performance,
        _ => throw Refusal.Invalid("kind-unknown", $"There are no windows of kind '{Refusal.Shown(text)}'; there are drift and performance."),
    };

    private static MonitorWindowInfo Wire(MonitorWindow window) => new(
        window.Id, window.Deployment, window.Version, Text(window.Kind), window.From, window.To, window.State.ToString().ToLowerInvariant(), window.Rows, Json.Element(window.Result));

    private static AlarmInfo Wire(Alarm alarm) => new(
        alarm.Id, alarm.Project, alarm.Deployment, alarm.Version, Text(alarm.Kind), alarm.Metric, alarm.Opened, alarm.Breaches, alarm.Message, alarm.Closed);

    private static string Text(MonitorKind kind) => kind == MonitorKind.Drift ? "drift" : "performance";
}
