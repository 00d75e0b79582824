using Flyball.Foundation;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Registry;

internal static class RegistryCapability
{
    public static void AddRegistry(this IServiceCollection services) => services.AddSingleton<RegisteredModels>().AddSingleton<Models>().AddSingleton<ModelSources>().AddSingleton<RegisteredModelsApi>().AddSingleton<ModelVersionsApi>().AddSingleton<ILoop, PromotionLoop>();
}
