using Flyball.Foundation;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Tracking;

internal static class TrackingCapability
{
    public static void AddTracking(this IServiceCollection services)
    {
        services.AddSingleton<RunIndex>();
        services.AddHostedService<EarlyIndex>();
        services.AddSingleton<Experiments>().AddSingleton<IAtStart>(all => all.GetRequiredService<Experiments>());
        services.AddSingleton<Runs>();
        services.AddSingleton<LoggedModelIndex>();
        services.AddSingleton<LoggedModels>();
        services.AddSingleton<Artifacts>().AddSingleton<ArtifactFolders>();
        services.AddSingleton<NewestPoints>();
        services.AddSingleton<ILoop, FoldPointsLoop>();
        services.AddSingleton<Uploads>();
        services.AddSingleton<Garbage>();
        services.AddSingleton<RunImport>();
        services.AddSingleton<RetentionRules>();
        services.AddSingleton<ILoop>(all => all.GetRequiredService<RetentionRules>());
        services.AddSingleton<ILoop>(all => all.GetRequiredService<Uploads>());
        services.AddSingleton<ILoop, SweepLoop>();
        services.AddSingleton<ExperimentsApi>();
        services.AddSingleton<RunsApi>();
        services.AddSingleton<MetricsApi>();
        services.AddSingleton<LoggedModelsApi>();
        services.AddSingleton<ArtifactsApi>();
        services.AddSingleton<UploadsApi>();
    }
}
