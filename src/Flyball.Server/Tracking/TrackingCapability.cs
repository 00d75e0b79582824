using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Tracking;

internal static class TrackingCapability
{
    public static void AddTracking(this IServiceCollection services) => services.AddSingleton<Runs>();
}
