using Flyball.Server.Hosting;
using Flyball.Server.Tracking.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>MLflow's REST API for experiments, runs, logged models and artifacts, under every prefix that its clients know.</summary>
internal static class MLflowApi
{
    /// <summary>Version 3 of a path is asked for first by newer clients, the old one by all.</summary>
    public static readonly string[] Prefixes = ["/api/2.0", "/ajax-api/2.0", "/api/3.0", "/ajax-api/3.0"];

    extension(IEndpointRouteBuilder routes)
    {
        public void MapMLflow()
        {
            routes.MapPage<RunPage>("/runs/{Id}");
            foreach (var prefix in Prefixes)
            {
                ExperimentsApi.Map(routes.MLflowGroup($"{prefix}/mlflow/experiments"));
                RunsApi.Map(routes.MLflowGroup($"{prefix}/mlflow/runs"));
                MetricsApi.Map(routes.MLflowGroup($"{prefix}/mlflow/metrics"));
                LoggedModelsApi.Map(routes.MLflowGroup($"{prefix}/mlflow/logged-models"));
                ArtifactsApi.MapList(routes.MLflowGroup($"{prefix}/mlflow/artifacts"));
                ArtifactsApi.MapProxy(routes.MLflowGroup($"{prefix}/mlflow-artifacts/artifacts"));
            }

            ArtifactsApi.MapDownload(routes.MLflowGroup("/get-artifact"));
        }

        /// <summary>Routes whose errors are MLflow's.</summary>
        public RouteGroupBuilder MLflowGroup(string prefix) => routes.MapGroup(prefix).WithMetadata(new ErrorShapeOf(ErrorShape.MLflow));
    }
}
