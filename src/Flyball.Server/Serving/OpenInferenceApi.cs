using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Models.Features;
using Flyball.Server.Access;
using Flyball.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Serving;

/// <summary>The Open Inference Protocol (version 2, REST): a model is a deployment, its inputs are the raw columns, its outputs the prediction and its id.</summary>
internal static class OpenInferenceApi
{
    private sealed record TensorInfo(string Name, string Datatype, long[] Shape);

    private sealed record TensorData(string Name, string Datatype, long[] Shape, object Data);

    extension(IEndpointRouteBuilder routes)
    {
        public void MapOpenInference()
        {
            var v2 = routes.MapGroup("/v2").WithMetadata(new ErrorShapeOf(ErrorShape.OpenInference));
            v2.MapGet("/health/live", () => Results.Json(new { live = true })).Open();
            v2.MapGet("/health/ready", (Gateway gateway) => Results.Json(new { ready = gateway.IsReady }, statusCode: gateway.IsReady ? 200 : 503)).Open();
            v2.MapGet("/", () => Results.Json(new { name = "flyball", version = Product.Version, extensions = Array.Empty<string>() })).Needs(Permission.Predict);
            v2.MapGet("/models", (Gateway gateway) => Results.Json(new { models = gateway.All.Select(model => model.Deployment).Order(StringComparer.Ordinal) })).Needs(Permission.Predict);
            foreach (var path in (string[])["/models/{deployment}", "/models/{deployment}/versions/{version:int}"])
            {
                v2.MapGet(path, (string deployment, int? version, Gateway gateway) => Metadata(Find(gateway, deployment, version))).Needs(Permission.Predict);
                v2.MapGet($"{path}/ready", (string deployment, int? version, Gateway gateway) => Results.Json(new { name = deployment, ready = Find(gateway, deployment, version) is not null })).Needs(Permission.Predict);
                v2.MapPost($"{path}/infer", async (string deployment, int? version, Gateway gateway, HttpContext http) =>
                {
                    using var body = await Bodies.JsonAsync(http);
                    var model = Find(gateway, deployment, version);
                    var request = OpenInferenceRequest.Read(body.RootElement);
                    var answer = await gateway.PredictAsync(model, request.Rows, request.Id, partly: false);
                    return Answer(request, answer);
                }).Needs(Permission.Predict);
            }
        }
    }

    private static ServedModel Find(Gateway gateway, string deployment, int? version)
    {
        var model = gateway.Find(deployment);
        return version is null || version == model.Version ? model : throw Refusal.NotFound("served version", $"{deployment}/{version}");
    }

    private static JsonHttpResult<object> Answer(OpenInferenceRequest request, Predictions answer)
    {
        long[] shape = [answer.Values.Length];
        List<TensorData> outputs = [new(OpenInferenceRequest.Prediction, "FP64", shape, answer.Values), new(OpenInferenceRequest.PredictionId, "BYTES", shape, answer.Ids)];
        if (request.Outputs is { } wanted) outputs.RemoveAll(output => !wanted.Contains(output.Name));
        return TypedResults.Json<object>(new InferAnswer(answer.Model.Deployment, $"{answer.Model.Version}", request.Id, outputs), Wire);
    }

    private static JsonHttpResult<object> Metadata(ServedModel model) => TypedResults.Json<object>(
        new ModelAnswer(
            model.Deployment, [$"{model.Version}"], model.Package.Manifest.Format == ModelFormat.XGBoost ? "xgboost_json" : "flyball_linear",
            [.. model.Package.Schema.Columns.Select(column => new TensorInfo(column.Name, Datatype(column.Kind), [-1]))],
            [new(OpenInferenceRequest.Prediction, "FP64", [-1]), new(OpenInferenceRequest.PredictionId, "BYTES", [-1])]),
        Wire);

    private static readonly JsonSerializerOptions Wire = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private sealed record InferAnswer(string ModelName, string ModelVersion, string? Id, IReadOnlyList<TensorData> Outputs);

    private sealed record ModelAnswer(string Name, IReadOnlyList<string> Versions, string Platform, IReadOnlyList<TensorInfo> Inputs, IReadOnlyList<TensorInfo> Outputs);

    private static string Datatype(ValueKind kind) => kind switch
    {
        ValueKind.Boolean => "BOOL",
        ValueKind.Integer => "INT64",
        ValueKind.Number or ValueKind.Decimal => "FP64",
        _ => "BYTES",
    };
}

/// <summary>Bodies that a route reads itself.</summary>
internal static class Bodies
{
    private const string JsonType = "application/json";
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };

    /// <exception cref="BadHttpRequestException">The body is not JSON.</exception>
    public static async Task<JsonDocument> JsonAsync(HttpContext http)
    {
        var type = http.Request.ContentType;
        if (type is not null && !(type.StartsWith(JsonType, StringComparison.OrdinalIgnoreCase) && (type.Length == JsonType.Length || type[JsonType.Length] is ';' or ' '))) throw Refusal.Invalid("content-type", $"This route takes application/json, not {Refusal.Shown(type)}.");
        if (http.Request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding) throw Refusal.Invalid("content-encoding", $"This route takes plain JSON, not {Refusal.Shown(encoding)}.");
        var body = await ParseAsync(http);
        if (IsUnicode(JsonMarshal.GetRawUtf8Value(body.RootElement))) return body;
        body.Dispose();
        throw Refusal.Invalid("not-unicode", "The body holds bytes or escapes that are no Unicode text.");
    }

    private static async Task<JsonDocument> ParseAsync(HttpContext http)
    {
        try
        {
            return await JsonDocument.ParseAsync(http.Request.Body, Options, http.RequestAborted);
        }
        catch (JsonException malformed)
        {
            throw new BadHttpRequestException("The body is not JSON.", StatusCodes.Status400BadRequest, malformed);
        }
    }

    /// <summary>The grammar of JSON lets bytes that are no UTF-8 and halves of surrogate pairs pass; nothing later could keep them as they are.</summary>
    private static bool IsUnicode(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) return false;
        if (json.IndexOf("\\u"u8) < 0) return true;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped) _ = reader.GetString();
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
