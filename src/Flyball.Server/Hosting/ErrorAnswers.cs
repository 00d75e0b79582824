using System.Text.Json;
using System.Text.RegularExpressions;
using Flyball.Foundation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Flyball.Server.Hosting;

/// <summary>In which shape a route tells of errors.</summary>
public enum ErrorShape { ProblemDetails = 0, MLflow = 1, OpenInference = 2 }

/// <summary>The one place where exceptions become answers. Refusals keep their message; anything unforeseen is logged once and answered without detail.</summary>
internal sealed partial class ErrorAnswers(RequestDelegate next, ILogger<ErrorAnswers> logger, ErrorPage page)
{
    /// <summary>The code of refusals that MLflow's own server tells as errors of its own; they are conflicts everywhere else.</summary>
    public const string ToldAsInternal = "told-as-internal";

    private const string TooLarge = "The request body is larger than this route takes; send it in parts.";

    /// <summary>Messages are for people: quotation marks stay what they are. The answer is never part of a page.</summary>
    private static readonly JsonSerializerOptions Readable = new(Json.Options) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response is { StatusCode: >= 400, HasStarted: false, ContentLength: null, ContentType: null }) await AnswerAsync(http, Bare(http));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // nobody hears it, but an answer that has begun cannot be given another status: that would be an error of ours
            if (!http.Response.HasStarted) http.Response.StatusCode = 499;
        }
        catch (Exception failure) when (!http.Response.HasStarted)
        {
            var answer = Describe(failure);
            if (answer.Status == 500) Log.Unforeseen(logger, http.Request.Method, http.Request.Path, failure);
            await AnswerAsync(http, answer);
        }
    }

    /// <summary>What routing and body reading refuse with a bare status.</summary>
    private static (int Status, string Code, string Message) Bare(HttpContext http) => http.Response.StatusCode switch
    {
        404 => (404, "route-not-found", $"There is nothing at {Refusal.Shown(http.Request.Path)}."),
        405 => (405, "method-not-allowed", $"{http.Request.Method} is not possible here."),
        413 => (413, "body-too-large", TooLarge),
        415 => (415, "media-type", "This route does not take a body of that media type; send JSON as application/json."),
        var status => (status, "request-malformed", "The request is not what this route takes."),
    };

    private static (int Status, string Code, string Message) Describe(Exception failure) => failure switch
    {
        Refusal refusal => ((int)refusal.Kind, refusal.Code, refusal.Message),
        BadHttpRequestException { StatusCode: 413 } => (413, "body-too-large", TooLarge),
        BadHttpRequestException { StatusCode: 408 } => (408, "body-too-slow", "The rest of the request body did not come; send it again, in parts where it is large."),
        // of all JSON only the body is the caller's: whoever reads one says so by this exception
        BadHttpRequestException { InnerException: JsonException json } => (400, "json-malformed", JsonMessage(json)),
        BadHttpRequestException bad => (bad.StatusCode, "request-malformed", Binding(bad.Message)),
        IOException { HResult: var result } when (result & 0xFFFF) is 28 or 0x70 => (507, "disk-full", "The server's disk is full; nothing of this request was stored. Free space and try again."),
        Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 13 } => (507, "disk-full", "The server's disk is full; nothing of this request was stored. Free space and try again."),
        _ => (500, "internal-error", "Something unforeseen happened; the server's log has the details."),
    };

    /// <summary>The framework speaks of types and services; whoever asked knows parameters and bodies.</summary>
    private static string Binding(string message)
    {
        if (Unbound().Match(message) is { Success: true } unbound) return $"'{Refusal.Shown(unbound.Groups["value"].Value)}' cannot be the parameter {unbound.Groups["name"].Value}.";
        if (Missing().Match(message) is { Success: true } missing) return $"The parameter {missing.Groups["name"].Value} is missing.";
        return message.Contains("no body was provided", StringComparison.Ordinal) ? "This route needs a JSON body." : "The request is not what this route takes.";
    }

    [GeneratedRegex("^Failed to bind parameter \"[^\"]* (?<name>\\w+)\" from \"(?<value>.*)\"", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Unbound();

    [GeneratedRegex("^Required parameter \"[^\"]* (?<name>\\w+)\" was not provided", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();

    [GeneratedRegex(@"missing required properties including: (?<names>[^.]*)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Lacking();

    private static string JsonMessage(JsonException json) => Lacking().Match(json.Message) is { Success: true } lacking
        ? $"The request body lacks {lacking.Groups["names"].Value}{(json.Path is { } at && at != "$" ? $" at {Refusal.Shown(at)}" : "")}."
        : $"The request body is not the JSON this route takes{(json.Path is { } path ? $": see {Refusal.Shown(path)}" : "")}{(json.LineNumber is { } line ? $", line {line + 1}" : "")}.";

    private async Task AnswerAsync(HttpContext http, (int Status, string Code, string Message) answer)
    {
        var (status, code, message) = answer;
        var shape = http.GetEndpoint()?.Metadata.GetMetadata<ErrorShapeOf>()?.Shape ?? (http.Request.Path.StartsWithSegments("/v2") ? ErrorShape.OpenInference : ErrorShape.ProblemDetails);
        http.Response.Clear();
        // MLflow answers what exists already with 400 and a state that forbids it with 500; its clients look at the code. They ask again after a 500, for minutes: what only Flyball forbids is answered with 400
        http.Response.StatusCode = shape != ErrorShape.MLflow || status != 409 ? status : code is "invalid-state" or ToldAsInternal ? 500 : 400;
        if (status == 401) http.Response.Headers.WWWAuthenticate = "Bearer, Basic realm=\"flyball\"";
        if (status is 503 or 429) http.Response.Headers.RetryAfter = "1";
        if (shape == ErrorShape.ProblemDetails && await page(http, status, message)) return;
        http.Response.ContentType = shape == ErrorShape.ProblemDetails ? "application/problem+json" : "application/json";
        object body = shape switch
        {
            ErrorShape.MLflow => new { error_code = MLflowCode(status, code), message },
            ErrorShape.OpenInference => new { error = message },
            _ => new { type = "about:blank", title = code, status, code, detail = message },
        };
        await http.Response.WriteAsync(JsonSerializer.Serialize(body, Readable), http.RequestAborted);
    }

    private static string MLflowCode(int status, string code) => code is "invalid-state" or "in-use" ? "INVALID_STATE" : code == ToldAsInternal ? "INTERNAL_ERROR" : code == "bad-request" ? "BAD_REQUEST" : status switch
    {
        400 or 413 or 422 => "INVALID_PARAMETER_VALUE",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => code == "route-not-found" ? "ENDPOINT_NOT_FOUND" : "RESOURCE_DOES_NOT_EXIST",
        409 => "RESOURCE_ALREADY_EXISTS",
        408 => "BAD_REQUEST",
        429 => "RESOURCE_EXHAUSTED",
        501 => "NOT_IMPLEMENTED",
        503 => "TEMPORARILY_UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed.")]
        public static partial void Unforeseen(ILogger logger, string method, string path, Exception failure);
    }
}

/// <summary>Metadata of routes that speak a protocol with an error shape of its own.</summary>
public sealed record ErrorShapeOf(ErrorShape Shape);

/// <summary>Answers with a page where a person asks for one; false where a program asks for data.</summary>
internal delegate Task<bool> ErrorPage(HttpContext http, int status, string message);
