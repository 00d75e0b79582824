using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Tests.Datasets;

/// <summary>Where Great Expectations' shared cases end: divergences by SciPy's <c>entropy</c>, tests by its <c>kstest</c>, and JSON schemas.</summary>
public sealed class Expectations_on_distributions
{
    private const string Numbers = "select * from (values (0.5), (1.5), (1.5), (2.5), (3.0), (4.0), (-1.0), (null)) t(x)";
    private const string Signed = "select * from (values (0.61), (-1.2), (0.03), (2.2), (-0.4), (0.9), (1.1), (-0.75), (0.2), (-2.01)) t(x)";
    private const string Positive = "select * from (values (0.1), (0.4), (0.5), (0.55), (0.9), (0.92), (1.4), (2.0), (3.3), (0.05)) t(x)";

    [Theory]
    [InlineData("""{"bins": [0, 1, 2, 3], "weights": [0.3, 0.3, 0.3], "tail_weights": [0.05, 0.05]}""", "", 0.16607803537003565)]
    [InlineData("""{"bins": [0, 1, 2, 3], "weights": [0.3333333333, 0.3333333333, 0.3333333334]}""", "\"tail_weight_holdout\": 0.1,", 0.16607803537003565)]
    [InlineData("""{"bins": ["-Infinity", 0, 1, 2, 3, "Infinity"], "weights": [0.05, 0.3, 0.3, 0.3, 0.05]}""", "", 0.42204367383118657)]
    [InlineData("""{"bins": [0, 1, 2, 3], "weights": [0.4, 0, 0.6]}""", "\"tail_weight_holdout\": 0.1, \"internal_weight_holdout\": 0.1,", 0.33646072075677524)]
    [InlineData("""{"bins": [0, 1, 2, 3], "weights": [0.4, 0, 0.6]}""", "", null)]
    public void Tell_the_divergence_of_numbers(string partition, string more, double? expected)
    {
        var result = Run(Numbers, "expect_column_kl_divergence_to_be_less_than", $$"""{"column": "x", {{more}} "threshold": 0.2, "partition_object": {{partition}}}""");
        Assert.Null(result.Exception);
        if (expected is { } divergence) Assert.Equal(divergence, (double)result.ObservedValue!, 8);
        else Assert.Null(result.ObservedValue);
        Assert.Equal(expected < 0.2, result.Success);
        Assert.Equal((8, 1), (result.ElementCount, result.MissingCount));
    }

    [Fact]
    public void Tell_what_was_observed_and_expected()
    {
        var result = Run(Numbers, "expect_column_kl_divergence_to_be_less_than", """{"column": "x", "threshold": 1, "partition_object": {"bins": ["-Infinity", 0, 2, 3], "weights": [0.25, 0.25, 0.5]}, "tail_weight_holdout": 0.2}""");
        Assert.Equal("""{"observed_partition":{"bins":[0,2,3],"weights":[0.42857142857142855,0.2857142857142857],"tail_weights":[0.14285714285714285,0.14285714285714285]},"expected_partition":{"bins":[0,2,3],"weights":[0.2,0.4],"tail_weights":[0.2,0.2]}}""", Json.Write(result.Details!));
        var texts = Run("select unnest(['a', 'a', 'b', 'c']) as x", "expect_column_kl_divergence_to_be_less_than", """{"column": "x", "threshold": 0.2, "partition_object": {"values": ["a", "b"], "weights": [0.5, 0.5]}, "tail_weight_holdout": 0.1}""");
        Assert.Equal(0.1348062745719222, (double)texts.ObservedValue!, 14);
        Assert.Equal("""{"observed_partition":{"values":["a","b","c"],"weights":[0.5,0.25,0.25]},"expected_partition":{"values":["a","b","c"],"weights":[0.45,0.45,0.1]}}""", Json.Write(texts.Details!));
    }

    [Theory]
    [InlineData("""{"bins": [0, 1], "weights": [0.5]}""", "the weights do not sum to 1")]
    [InlineData("""{"bins": [0, 0], "weights": [1]}""", "bins ascend")]
    [InlineData("""{"values": [0, 0], "weights": [0.5, 0.5]}""", "as many different values as weights")]
    [InlineData("""{"weights": [1]}""", "values is missing")]
    public void Refuse_what_is_no_partition(string partition, string expected) =>
        Assert.Contains(expected, Run(Numbers, "expect_column_kl_divergence_to_be_less_than", $$"""{"column": "x", "threshold": 0.2, "partition_object": {{partition}}}""").Exception, StringComparison.Ordinal);

    [Theory]
    [InlineData(Signed, "norm", "[0, 1]", 0.988384395052269)]
    [InlineData(Signed, "norm", """{"mean": 1, "std_dev": 2}""", 0.08299240081950265)]
    [InlineData(Signed, "uniform", "[-3, 6]", 0.6605396845187466)]
    [InlineData(Signed, "expon", "[-3, 2]", 0.00903673088104262)]
    [InlineData(Signed, "laplace", "[0, 1]", 0.9890702906324368)]
    [InlineData(Signed, "cauchy", "[]", 0.9610053295609424)]
    [InlineData(Signed, "t", "[5]", 0.9967094508829968)]
    [InlineData(Positive, "gamma", "[2, 0, 0.5]", 0.7537011381143738)]
    [InlineData(Positive, "beta", "[2, 3, 0, 4]", 0.014628850427242712)]
    [InlineData(Positive, "chi2", "[2, 0, 0.5]", 0.9877984396955737)]
    [InlineData(Positive, "lognorm", """{"s": 1}""", 0.5713305214964323)]
    public void Test_a_distribution(string rows, string distribution, string parameters, double expected)
    {
        var result = Run(rows, "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than", $$"""{"column": "x", "distribution": "{{distribution}}", "params": {{parameters}}}""");
        Assert.Equal(expected, (double)result.ObservedValue!, 8);
        Assert.Equal(expected >= 0.05, result.Success);
    }

    [Theory]
    [InlineData("beta", "[2]", "beta needs beta")]
    [InlineData("norm", "[0, -1]", "std_dev must be greater than 0")]
    [InlineData("pareto", "[1]", "Unable to use distribution 'pareto'")]
    public void Refuse_what_is_no_distribution(string distribution, string parameters, string expected) =>
        Assert.Contains(expected, Run(Signed, "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than", $$"""{"column": "x", "distribution": "{{distribution}}", "params": {{parameters}}}""").Exception, StringComparison.Ordinal);

    [Fact]
    public void Draw_samples_again_and_again_and_always_the_same()
    {
        const string Uniform = "select i / 1000.0 as x from range(1000) t(i)";
        string Asked(string weights) => $$"""{"column": "x", "partition_object": {"bins": [0, 0.25, 0.5, 0.75, 1], "weights": {{weights}}}, "bootstrap_sample_size": 100}""";
        var (fits, not) = (Run(Uniform, "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than", Asked("[0.25, 0.25, 0.25, 0.25]")), Run(Uniform, "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than", Asked("[0.7, 0.1, 0.1, 0.1]")));
        // of samples of what the partition is, 95 of 100 are not refused at 0.05
        Assert.InRange((double)fits.ObservedValue!, 0.92, 0.98);
        Assert.True(fits.Success);
        Assert.Equal((false, 1 / 1001.0), (not.Success, (double)not.ObservedValue!));
        Assert.Equal(fits.ObservedValue, Run(Uniform, "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than", Asked("[0.25, 0.25, 0.25, 0.25]")).ObservedValue);
    }

    [Theory]
    [InlineData("""{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 1}}, "additionalProperties": false}""", """{"a": 1}|{"a": 2.0}""", """{}|{"a": 0}|{"a": 1.5}|{"a": 1, "b": 2}|[1]|nonsense""")]
    [InlineData("""{"type": "array", "items": {"$ref": "#/$defs/n"}, "minItems": 1, "uniqueItems": true, "$defs": {"n": {"enum": [1, "x", null]}}}""", """[1]|["x", null]""", """[]|[1, 1.0]|[2]|{}""")]
    [InlineData("""{"prefixItems": [{"type": "string"}, {"type": "number"}], "items": false}""", """["a", 1]|["a"]|5""", """["a", 1, 2]|[1]""")]
    [InlineData("""{"items": [{"type": "string"}], "additionalItems": {"type": "number"}, "contains": {"const": 3}}""", """["a", 3]""", """["a", 2]|["a", 3, "b"]|[3]""")]
    [InlineData("""{"oneOf": [{"multipleOf": 3}, {"multipleOf": 5}], "not": {"const": 9}}""", "3|5|6", "15|9|7")]
    [InlineData("""{"if": {"required": ["card"]}, "then": {"required": ["holder"]}, "else": {"maxProperties": 0}}""", """{}|{"card": 1, "holder": 2}""", """{"card": 1}|{"x": 1}""")]
    [InlineData("""{"type": ["string", "null"], "minLength": 2, "maxLength": 3, "pattern": "^[a-z\u00e4]+$"}""", "\"ab\"|\"äb\"|null", "\"a\"|\"abcd\"|\"AB\"|1")]
    [InlineData("""{"minimum": 1, "exclusiveMinimum": true, "exclusiveMaximum": 5}""", "1.5|4.9|\"x\"", "1|5")]
    [InlineData("""{"patternProperties": {"^n_": {"type": "number"}}, "propertyNames": {"maxLength": 4}, "dependentRequired": {"n_a": ["n_b"]}}""", """{"n_a": 1, "n_b": 2}|{"x": "y"}""", """{"n_a": 1}|{"n_b": "x"}|{"toolong": 1}""")]
    [InlineData("""{"type": "object", "properties": {"child": {"$ref": "#"}}, "required": ["v"]}""", """{"v": 1, "child": {"v": 2}}""", """{"v": 1, "child": {}}""")]
    public void Know_JSON_Schema(string schema, string valid, string others)
    {
        var judge = new JsonSchema(Json.Read<Dictionary<string, object?>>(schema));
        Assert.Equal([], valid.Split('|').Where(text => !judge.Accepts(text)));
        Assert.Equal([], others.Split('|').Where(judge.Accepts));
    }

    [Theory]
    [InlineData("""{"$ref": "https://example.org/schema.json"}""", "only what is in it")]
    [InlineData("""{"$ref": "#/$defs/none"}""", "which it does not hold")]
    [InlineData("""{"pattern": "("}""", "cannot be read")]
    [InlineData("""{"$ref": "#"}""", "refers to itself without end")]
    [InlineData("""{"type": "text"}""", "'text' is no type")]
    [InlineData("""{"minimum": "1"}""", "is no JSON Schema")]
    public void Refuse_what_is_no_schema(string schema, string expected) =>
        Assert.Contains(expected, Run("select '1' as x", "expect_column_values_to_match_json_schema", $$"""{"column": "x", "json_schema": {{schema}}}""").Exception, StringComparison.Ordinal);

    private static ExpectationResult Run(string rows, string type, string kwargs)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        return new Suite(duck, $"({rows})", VersionBuild.Describe(duck, $"({rows})")).Validate([new ExpectationSpec(type, Json.Read<Dictionary<string, object?>>(kwargs), Severity.Critical)]).Results[0];
    }
}
