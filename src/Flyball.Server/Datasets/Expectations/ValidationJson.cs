using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>A validation result in Great Expectations' JSON, 0.x or 1.x as the suite was.</summary>
internal static class ValidationJson
{
    public static JsonObject Of(SuiteFile suite, IReadOnlyList<ExpectationResult> results, ResultOptions options, DateTimeOffset now)
    {
        var met = results.Count(result => result.Success);
        var told = new JsonObject
        {
            ["success"] = met == results.Count,
            ["results"] = new JsonArray([.. results.Select((result, i) => (JsonNode)Of(suite.Expectations[i].Config, result, options, suite.IsOld))]),
        };
        if (!suite.IsOld) told["suite_name"] = suite.Name;
        told[suite.IsOld ? "evaluation_parameters" : "suite_parameters"] = Node(suite.Parameters);
        told["statistics"] = new JsonObject
        {
            ["evaluated_expectations"] = results.Count,
            ["successful_expectations"] = met,
            ["unsuccessful_expectations"] = results.Count - met,
            ["success_percent"] = results.Count == 0 ? null : 100.0 * met / results.Count,
        };
        told["meta"] = new JsonObject
        {
            ["flyball_version"] = Product.Version,
            ["run_id"] = new JsonObject { ["run_name"] = null, ["run_time"] = now.ToString("yyyy-MM-ddTHH:mm:ss.ffffffzzz", System.Globalization.CultureInfo.InvariantCulture) },
        };
        if (suite.IsOld) told["meta"]!["expectation_suite_name"] = suite.Name;
        else told["id"] = null;
        return told;
    }

    private static JsonObject Of(JsonObject config, ExpectationResult result, ResultOptions options, bool isOld)
    {
        var kept = (JsonObject)config.DeepClone();
        var (from, to) = isOld ? ("type", "expectation_type") : ("expectation_type", "type");
        if (kept[from] is { } type)
        {
            kept.Remove(from);
            kept[to] = type.DeepClone();
        }

        return new JsonObject
        {
            ["success"] = result.Success,
            ["expectation_config"] = kept,
            ["result"] = result.Exception is null ? Result(result, options) : new JsonObject(),
            ["meta"] = new JsonObject(),
            ["exception_info"] = new JsonObject { ["raised_exception"] = result.Exception is not null, ["exception_traceback"] = null, ["exception_message"] = result.Exception },
        };
    }

    private static JsonObject Result(ExpectationResult result, ResultOptions options)
    {
        var told = new JsonObject();
        if (options.Format == ResultFormat.BooleanOnly) return told;
        if (result is { UnexpectedCount: { } unexpected, ElementCount: { } elements })
        {
            told["element_count"] = elements;
            told["unexpected_count"] = unexpected;
            told["unexpected_percent"] = result.UnexpectedPercent;
            told["partial_unexpected_list"] = Node(result.PartialUnexpectedList ?? []);
            if (result.MissingCount is { } missing)
            {
                told["missing_count"] = missing;
                told["missing_percent"] = elements == 0 ? null : 100.0 * missing / elements;
            }

            told["unexpected_percent_total"] = elements == 0 ? null : 100.0 * unexpected / elements;
            told["unexpected_percent_nonmissing"] = result.UnexpectedPercent;
            if (options.Format < ResultFormat.Summary) return told;
            told["partial_unexpected_counts"] = Node(result.PartialUnexpectedCounts ?? []);
            told["partial_unexpected_index_list"] = Node((result.UnexpectedIndexList ?? []).Take(options.Partial).ToList());
            if (options.Format < ResultFormat.Complete) return told;
            told["unexpected_list"] = Node(result.UnexpectedList ?? []);
            told["unexpected_index_list"] = Node(result.UnexpectedIndexList ?? []);
            return told;
        }

        told["observed_value"] = Node(result.ObservedValue);
        if (result.ElementCount is { } all)
        {
            told["element_count"] = all;
            told["missing_count"] = result.MissingCount;
            told["missing_percent"] = all == 0 ? null : 100.0 * result.MissingCount / all;
        }

        if (result.Details is { } details) told["details"] = Node(details);
        return told;
    }

    private static JsonNode? Node(object? value) => JsonSerializer.SerializeToNode(value, Json.Options);
}
