using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>A dataset's own expectations as a suite of Great Expectations 1.x, and the other way round.</summary>
internal static class SuiteJson
{
    public static SuiteFile Of(string name, IEnumerable<ExpectationSpec> expectations) => new(name, [.. expectations.Select(one => new SuiteExpectation(Config(one), one, null))], new Dictionary<string, object?>(), IsOld: false);

    public static JsonObject Write(SuiteFile suite) => new()
    {
        ["name"] = suite.Name,
        ["id"] = null,
        ["expectations"] = new JsonArray([.. suite.Expectations.Select(one => (JsonNode)one.Config.DeepClone())]),
        ["suite_parameters"] = new JsonObject(),
        ["meta"] = new JsonObject { ["flyball_version"] = Product.Version },
        ["notes"] = null,
    };

    /// <summary>Expectations as the lines of <c>expect:</c> in a project file. JSON is YAML, so arguments stay as they are.</summary>
    public static IEnumerable<string> Yaml(SuiteFile suite)
    {
        foreach (var one in suite.Expectations)
        {
            var kwargs = new Dictionary<string, object?>(one.Spec.Kwargs.Where(argument => argument.Value is not null && argument.Key is not ("result_format" or "catch_exceptions" or "batch_id" or "meta")));
            if (one.Spec.Severity != Severity.Critical) kwargs["severity"] = one.Spec.Severity.ToString().ToLowerInvariant();
            yield return one.Wrong is { } wrong ? $"# {one.Spec.Type}: {wrong}" : $"- {one.Spec.Type}: {JsonSerializer.Serialize(kwargs, Plain)}";
        }
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonObject Config(ExpectationSpec expectation) => new()
    {
        ["type"] = expectation.Type,
        ["kwargs"] = JsonSerializer.SerializeToNode(expectation.Kwargs, Json.Options),
        ["meta"] = new JsonObject(),
        ["severity"] = expectation.Severity.ToString().ToLowerInvariant(),
    };
}
