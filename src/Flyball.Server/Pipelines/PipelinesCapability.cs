using Flyball.Server.Tracking;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Pipelines;

internal static class PipelinesCapability
{
    public static void AddPipelines(this IServiceCollection services) => services
        .AddSingleton<ITableReader, ParquetReader>().AddSingleton<LocalWorkers>().AddHostedService(provider => provider.GetRequiredService<LocalWorkers>());
}
