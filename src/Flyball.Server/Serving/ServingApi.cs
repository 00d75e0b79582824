using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Serving;

internal static class ServingApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapServing()
        {
            routes.MapOpenInference();
            var invocations = routes.MapGroup("/deployments/{deployment}").WithMetadata(new ErrorShapeOf(ErrorShape.MLflow));
            invocations.MapGet("/ping", (string deployment, Gateway gateway) => TypedResults.Text(gateway.Find(deployment) is not null ? "\n" : "")).Needs(Permission.Predict);
            invocations.MapPost("/invocations", async (string deployment, Gateway gateway, HttpContext http) =>
            {
                using var body = await Bodies.JsonAsync(http);
                var answer = await gateway.PredictAsync(gateway.Find(deployment), InvocationsRequest.Read(body.RootElement), requestId: null, partly: false);
                return new PredictionAnswer(answer.Model.Deployment, answer.Model.Version, answer.Values, answer.Ids);
            }).Needs(Permission.Predict);

            var deployments = routes.MapGroup("/api/deployments");
            deployments.MapGet("/", async (Db db, Gateway gateway, CancellationToken cancel) => (await db.ReadAsync(DeploymentsSql.ListAsync, cancel)).Select(known => Wire(known, gateway))).Needs(Permission.Read);
            deployments.MapGet("/{deployment}", async (string deployment, Db db, Gateway gateway, CancellationToken cancel) =>
                Wire(await db.ReadAsync(tx => DeploymentsSql.FindAsync(tx, deployment), cancel) ?? throw Refusal.NotFound("deployment", deployment), gateway)).Needs(Permission.Read);
            deployments.MapGet("/{deployment}/traffic", (string deployment, Gateway gateway) => Traffic(gateway.Counters(gateway.Find(deployment).Deployment))).Needs(Permission.Read);
            deployments.MapPost("/{deployment}/labels", async (string deployment, PostLabels body, Labels labels) =>
                new TakenLabels(await labels.AppendAsync(deployment, [.. (body.Labels ?? throw Refusal.Invalid("labels-missing", "The request has no labels; it is { labels: [{ predictionId, label }, …] }.")).Select(item => (item?.PredictionId ?? "", item?.Label ?? default))]))).Needs(Permission.Label);
            deployments.MapGet("/{deployment}/predictions/{id}", (string deployment, string id, PredictionLookup lookup, CancellationToken cancel) => lookup.FindAsync(deployment, id, cancel)).Needs(Permission.Read);
        }
    }

    private static DeploymentInfo Wire(Deployment deployment, Gateway gateway)
    {
        var served = gateway.TryFind(deployment.Name);
        return new DeploymentInfo(
            deployment.Name, deployment.Project, deployment.Model, deployment.Version, deployment.Digest, deployment.Changed, served?.Version == deployment.Version, served?.Package.Features.Interpreted ?? [], gateway.ProblemOf(deployment.Name));
    }

    private static TrafficInfo Traffic(TrafficCounters counters) => new(
        counters.Requests, counters.Rows, counters.RefusedRequests, counters.FailedRequests, counters.Latency(0.5) * 1e3, counters.Latency(0.99) * 1e3,
        counters.PerSecond(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), 60));
}
