using System.CommandLine;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Datasets;
using Flyball.Server.Features;
using Flyball.Server.Hosting;
using Flyball.Server.Monitoring;
using Flyball.Server.Operations;
using Flyball.Server.Overview;
using Flyball.Server.Pipelines;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Flyball.Server.Replay;
using Flyball.Server.Retraining;
using Flyball.Server.Serving;
using Flyball.Server.Tracking;
using Flyball.Server.Training;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server;

/// <summary>Every capability on one screen, in the order in which a model lives.</summary>
public static class Capabilities
{
    public static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<Backups>();
        services.AddAccess();
        services.AddProjects();
        services.AddTracking();
        services.AddDatasets();
        services.AddRegistry();
        services.AddPipelines();
        services.AddTraining();
        services.AddServing();
        services.AddMonitoring();
        services.AddRetraining();
    }

    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        routes.MapAccess();
        routes.MapProjects();
        routes.MapMLflow();
        routes.MapDatasets();
        routes.MapJobs();
        routes.MapTraining();
        routes.MapRegistry();
        routes.MapServing();
        routes.MapMonitoring();
        routes.MapJournal();
        routes.MapReplay();
        routes.MapOverview();
        routes.MapAssets();
        routes.MapSignIn();
        routes.MapBackup();
    }

    /// <summary>The whole command line.</summary>
    public static RootCommand CommandLine()
    {
        var verbs = new Verbs();
        var root = new RootCommand("Flyball: the whole life of a machine-learning model in one program.") { verbs.DataDir, verbs.Url };
        foreach (var command in Commands(verbs)) root.Add(command);
        return root;
    }

    public static IEnumerable<Command> Commands(Verbs verbs) =>
    [
        .. ProjectsCommands.All(verbs),
        .. RetentionCommands.All(verbs),
        .. DatasetsCommands.All(verbs),
        .. FeaturesCommands.All(),
        .. TrainingCommands.All(verbs),
        .. RegistryCommands.All(verbs),
        .. ServingCommands.All(verbs),
        .. BacktestCommands.All(verbs),
        .. DemoCommands.All(),
        .. ServeCommands.All(verbs),
        .. BackupCommands.All(verbs),
        .. WorkerCommands.All(verbs),
        .. AccessCommands.All(verbs),
    ];

    /// <summary>What a worker process needs: the work of every kind of job, which knows no database.</summary>
    public static ServiceProvider WorkerServices() => new ServiceCollection()
        .AddSingleton<IJobWork, FetchJob>()
        .AddSingleton<IJobWork, IngestJob>()
        .AddSingleton<IJobWork, TrainJob>()
        .AddSingleton<IJobWork, SealJob>()
        .AddSingleton<IJobWork, CollectJob>()
        .AddSingleton<IJobWork, MonitorJob>()
        .BuildServiceProvider();
}
