using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>What of MLflow's API Flyball does not speak: it says so in MLflow's error shape, so that a client tells its user and does not try again.</summary>
internal static class MLflowNotSpoken
{
    /// <summary>Parts of MLflow for language-model applications, by the beginning of their paths.</summary>
    private static readonly (string Path, string What)[] Parts =
    [
        ("traces", "Traces"), ("get-trace-artifact", "Traces"), ("unified-traces", "Traces"), ("get-online-trace-details", "Traces"),
        ("gateway", "The gateway"), ("gateway-proxy", "The gateway"),
        ("scorers", "Scorers"), ("scorer", "Scorers"),
        ("prompt-optimization", "Prompt optimisation"),
        ("issues", "Issues"),
        ("review-queues", "Review queues"), ("review-queue", "Review queues"), ("labeling-sessions", "Review queues"), ("label-schemas", "Review queues"),
        ("datasets", "Evaluation datasets"),
        ("jobs", "MLflow's own jobs"), ("demo", "MLflow's demo"), ("assistant", "The assistant"), ("genai", "The assistant"), ("ui-telemetry", "Telemetry"),
        ("workspaces", "Workspaces"),
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MLflowGroup($"{MLflowApi.Prefix}/mlflow");
        foreach (var (path, what) in Parts) Refuse(group, $"/{path}/{{**rest}}", what);
        Refuse(routes.MLflowGroup("/v1/traces"), "", "Traces");
        Refuse(routes.MLflowGroup("/graphql"), "", "GraphQL");
        Refuse(routes.MLflowGroup("/gateway"), "/{**rest}", "The gateway");
        foreach (var api in (string[])["api", "ajax-api"]) Refuse(routes.MLflowGroup($"/{api}/3.0/jobs"), "/{**rest}", "MLflow's own jobs");
        RequestDelegate unknown = http => throw new Refusal(RefusalKind.NotFound, "route-not-found", $"MLflow's API has no {http.Request.Method} {Refusal.Shown(http.Request.Path)} that Flyball knows.");
        group.Map("/{**rest}", unknown).Needs(Permission.Read);
    }

    private static void Refuse(RouteGroupBuilder group, string path, string what)
    {
        RequestDelegate refuse = _ => throw new Refusal(RefusalKind.NotSpoken, "not-spoken", $"{what} of MLflow's API: not part of Flyball, which is for models that are trained, evaluated and served; experiments, runs, logged models, artifacts, the registry and webhooks are.");
        group.Map(path, refuse).Needs(Permission.Read);
    }
}
