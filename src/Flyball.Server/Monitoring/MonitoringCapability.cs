using Flyball.Foundation;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Monitoring;

internal static class MonitoringCapability
{
    public static void AddMonitoring(this IServiceCollection services) => services.AddSingleton<ILoop, MonitorLoop>().AddSingleton<IJobEffect, MonitorEffect>();
}
