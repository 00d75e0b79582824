using System.Text.Json;
using Flyball.Server.Access;
using Flyball.Server.Hosting;
using Flyball.Server.Tracking.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Tracking;

/// <summary>MLflow's REST API for experiments, runs, logged models and artifacts.</summary>
internal static class MLflowApi
{
    /// <summary>Where the API is mapped. Requests with another of MLflow's prefixes are brought here by <see cref="MLflowPrefixes"/>.</summary>
    public const string Prefix = "/api/2.0";

    /// <summary>The newest MLflow server whose clients are answered as it would; from the next one on they send traces, which Flyball does not take.</summary>
    public const string SpokenVersion = "3.3.2";

    extension(IEndpointRouteBuilder routes)
    {
        public void MapMLflow()
        {
            routes.MapExperimentPages();
            routes.MapPage<RunPage>("/runs/{Id}");
            routes.MapRunForms();
            var services = routes.ServiceProvider;
            services.GetRequiredService<ExperimentsApi>().Map(routes.MLflowGroup($"{Prefix}/mlflow/experiments"));
            services.GetRequiredService<RunsApi>().Map(routes.MLflowGroup($"{Prefix}/mlflow/runs"));
            services.GetRequiredService<MetricsApi>().Map(routes.MLflowGroup($"{Prefix}/mlflow/metrics"));
            services.GetRequiredService<LoggedModelsApi>().Map(routes.MLflowGroup($"{Prefix}/mlflow/logged-models"));
            var artifacts = services.GetRequiredService<ArtifactsApi>();
            artifacts.MapList(routes.MLflowGroup($"{Prefix}/mlflow/artifacts"));
            artifacts.MapProxy(routes.MLflowGroup($"{Prefix}/mlflow-artifacts/artifacts"));
            services.GetRequiredService<UploadsApi>().Map(routes.MLflowGroup($"{Prefix}/mlflow-artifacts"));
            artifacts.MapModelFile(routes.MLflowGroup($"{Prefix}/mlflow/logged-models/{{id}}/artifacts/files"));
            artifacts.MapUpload(routes.MLflowGroup($"{Prefix}/mlflow/upload-artifact"));
            artifacts.MapDownload(routes.MLflowGroup("/get-artifact"));
            routes.MLflowGroup($"{Prefix}/mlflow").Answers("GET", "/server-info", Permission.Read, _ => Task.FromResult<object>(new { store_type = "SqlStore", workspaces_enabled = false }));
            MLflowNotSpoken.Map(routes);
            routes.MapRunTable();
            routes.MapRetention();
            routes.MapRunImport();
        }

        /// <summary>Routes whose errors are MLflow's.</summary>
        public RouteGroupBuilder MLflowGroup(string prefix) => routes.MapGroup(prefix).WithMetadata(new ErrorShapeOf(ErrorShape.MLflow));
    }

    extension(RouteGroupBuilder group)
    {
        /// <summary>A call that is answered with an object, written in MLflow's JSON.</summary>
        public void Answers(string method, string path, Permission needs, Func<MLflowCall, Task<object>> answer) => group.Calls(method, path, needs, async call =>
        {
            var value = await answer(call);
            await call.Http.Response.WriteAsJsonAsync(value, value.GetType(), MLflowJson.Options, call.Cancel);
        });

        /// <summary>A call that changes something and has nothing to tell.</summary>
        public void Does(string method, string path, Func<MLflowCall, Task> change, Permission needs = Permission.Write) => group.Calls(method, path, needs, async call =>
        {
            await change(call);
            await MLflowJson.DoneAsync(call.Http.Response);
        });

        /// <summary>A call that writes its own answer. Mapped as a bare delegate: a hundred of them cost the start nothing, where bound lambdas are each compiled before the first answer.</summary>
        public void Calls(string method, string path, Permission needs, Func<MLflowCall, Task> answer)
        {
            RequestDelegate handler = async http => await answer(new MLflowCall(http, await MLflowFields.ReadAsync(http.Request, http.RequestAborted)));
            // as every server of files, HEAD is answered where GET is
            group.MapMethods(path, method == "GET" ? ["GET", "HEAD"] : [method], handler).Needs(needs).WithMetadata(handler.Method);
        }
    }
}

/// <summary>A call of MLflow's API.</summary>
internal readonly record struct MLflowCall(HttpContext Http, MLflowFields Fields)
{
    public CancellationToken Cancel => Http.RequestAborted;

    /// <summary>Who calls.</summary>
    public string User => Http.Actor().Name;

    /// <summary>A value from the path.</summary>
    public string Route(string name) => (string)Http.Request.RouteValues[name]!;
}

/// <summary>MLflow's JSON: snake case, no nulls, NaN and infinities by name.</summary>
internal static class MLflowJson
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        Converters = { new RunJson(), new RunInfoJson() },
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals | System.Text.Json.Serialization.JsonNumberHandling.AllowReadingFromString,
    };

    private static readonly byte[] Nothing = "{}"u8.ToArray();

    /// <summary>The answer of calls that have nothing to tell.</summary>
    public static Task DoneAsync(HttpResponse response)
    {
        response.ContentType = "application/json";
        response.ContentLength = Nothing.Length;
        return response.Body.WriteAsync(Nothing).AsTask();
    }
}
