using Flyball.Foundation;
using Flyball.Server.Tracking;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Registry;

internal static class RegistryCapability
{
    public static void AddRegistry(this IServiceCollection services) => services
        .AddSingleton<RegisteredModels>().AddSingleton<Models>().AddSingleton<Approvals>().AddSingleton<ModelCards>().AddSingleton<ModelSources>().AddSingleton<ModelImport>().AddSingleton<IPinnedFiles, PinnedFiles>().AddSingleton<ILoop, PromotionLoop>()
        .AddSingleton<WebhookAddress>().AddSingleton<WebhookPost>().AddSingleton<Webhooks>().AddHostedService<WebhookSender>()
        .AddSingleton<RegisteredModelsApi>().AddSingleton<ModelVersionsApi>().AddSingleton<WebhooksApi>();
}
