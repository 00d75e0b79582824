using Flyball.Foundation;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Serving;

internal static class ServingCapability
{
    public static void AddServing(this IServiceCollection services) => services
        .AddSingleton<TrafficLog>().AddSingleton<IAtStart, OpenLogs>().AddSingleton<WholeLog>().AddSingleton<PredictionLookup>().AddSingleton<SealedTraffic>().AddSingleton<LabelHistory>().AddSingleton<Collections>()
        .AddSingleton(services => new Gateway(services.GetRequiredService<TrafficLog>(), services.GetRequiredService<Ids>(), services.GetRequiredService<TimeProvider>()))
        .AddSingleton(services => new Labels(services.GetRequiredService<TrafficLog>(), services.GetRequiredService<Gateway>(), services.GetRequiredService<TimeProvider>()))
        .AddSingleton<ILoop, DeploymentLoop>().AddSingleton<ILoop, SealLoop>().AddSingleton<IJobEffect, SealEffect>().AddSingleton<IJobEffect, CollectEffect>();

    /// <summary>Brings logs that a crash cut off in order before anything is appended.</summary>
    private sealed class OpenLogs(TrafficLog log) : IAtStart
    {
        public Task StartAsync(CancellationToken cancel)
        {
            log.OpenExisting();
            return Task.CompletedTask;
        }
    }
}
