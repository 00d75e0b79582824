using Flyball.Foundation;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Datasets;

internal static class DatasetsCapability
{
    public static void AddDatasets(this IServiceCollection services) => services
        .AddSingleton<DatasetVersions>().AddSingleton<VersionWriter>().AddSingleton<Catalogue>().AddSingleton<DatasetTags>().AddSingleton<DatasetRetention>().AddSingleton<Pushes>().AddSingleton<Quarantine>().AddSingleton<ILoop, FetchLoop>().AddSingleton<IJobEffect, FetchEffect>().AddSingleton<ILoop, IngestLoop>().AddSingleton<IJobEffect, IngestEffect>();
}
