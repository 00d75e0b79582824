using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>An expectation of a suite that was read.</summary>
/// <param name="Config">As it was written, with values in the place of parameters.</param>
/// <param name="Wrong">Why it cannot be judged, or null.</param>
internal sealed record SuiteExpectation(JsonObject Config, ExpectationSpec Spec, string? Wrong);

/// <summary>A suite as Great Expectations keeps it in JSON, 0.x (<c>expectation_suite_name</c>, <c>expectation_type</c>) or 1.x (<c>name</c>, <c>type</c>).</summary>
/// <param name="IsOld">Of 0.x, and answered like it.</param>
internal sealed record SuiteFile(string Name, IReadOnlyList<SuiteExpectation> Expectations, IReadOnlyDictionary<string, object?> Parameters, bool IsOld)
{
    private const int Most = 10_000;

    /// <param name="given">Parameters of this run, which take the place of those of the suite.</param>
    /// <exception cref="Refusal">It is no suite.</exception>
    public static SuiteFile Read(string text, IReadOnlyDictionary<string, object?> given, DateTimeOffset now)
    {
        JsonObject suite;
        try
        {
            suite = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 64 }) as JsonObject ?? throw Refused("it is no JSON object");
        }
        catch (JsonException wrong)
        {
            throw Refused(wrong.Message);
        }

        if (suite["expectations"] is not JsonArray expectations) throw Refused("it has no list of expectations");
        if (expectations.Count > Most) throw Refused($"it has more than {Most:N0} expectations");
        var isOld = suite["name"] is null && (suite["expectation_suite_name"] is not null || expectations.Any(one => one?["expectation_type"] is not null));
        var parameters = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in (suite["suite_parameters"] ?? suite["evaluation_parameters"]) as JsonObject ?? []) parameters[name] = Plain(value);
        foreach (var (name, value) in given) parameters[name] = value;
        return new SuiteFile(
            Text(suite["name"] ?? suite["expectation_suite_name"]) ?? "default", [.. expectations.Select((one, i) => Expectation(one as JsonObject ?? throw Refused($"expectation {i + 1} is no object"), i, new SuiteParameters(parameters, now)))], parameters, isOld);
    }

    private static SuiteExpectation Expectation(JsonObject one, int i, SuiteParameters parameters)
    {
        var type = Text(one["type"] ?? one["expectation_type"]) ?? throw Refused($"expectation {i + 1} has no type");
        var kwargs = one["kwargs"] switch { null => [], JsonObject given => given, _ => throw Refused($"the kwargs of expectation {i + 1} ({type}) are no object") };
        var config = (JsonObject)one.DeepClone();
        string? wrong = null;
        var plain = new Dictionary<string, object?>(StringComparer.Ordinal);
        try
        {
            foreach (var (name, value) in kwargs) plain[name] = parameters.Resolve(Plain(value));
            config["kwargs"] = JsonSerializer.SerializeToNode(plain, Json.Options);
        }
        catch (ExpectationException missing)
        {
            wrong = missing.Message;
        }

        var severity = Text(one["severity"]) switch { "info" => Severity.Info, "warning" => Severity.Warning, _ => Severity.Critical };
        return new SuiteExpectation(config, new ExpectationSpec(type, plain, severity), wrong);
    }

    private static object? Plain(JsonNode? node) => node is null ? null : Json.Read<PlainValue>($"{{\"value\":{node.ToJsonString()}}}").Value;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static Refusal Refused(string what) => Refusal.Invalid("suite", $"This is no suite of Great Expectations: {what}.");

    private sealed record PlainValue(object? Value);
}
