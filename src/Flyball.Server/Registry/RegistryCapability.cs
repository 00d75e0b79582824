using Flyball.Foundation;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Registry;

internal static class RegistryCapability
{
    public static void AddRegistry(this IServiceCollection services) => services.AddSingleton<Models>().AddSingleton<ILoop, PromotionLoop>();
}
