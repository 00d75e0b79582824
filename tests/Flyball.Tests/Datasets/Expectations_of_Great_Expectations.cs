using System.Globalization;
using System.Text.Json;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Tests.Datasets;

/// <summary>Great Expectations' own test definitions, run over the expectations that a project file may declare. What the project file has no words for is told in the output, not passed.</summary>
public sealed class Expectations_of_Great_Expectations(ITestOutputHelper output)
{
    /// <summary>Expectations of which Great Expectations has no cases among the shared data; <see cref="Expectations_on_rows"/> has some.</summary>
    private static readonly string[] WithoutCases = ["expect_column_max_to_be_between", "expect_table_row_count_to_be_between", "expect_column_values_to_not_be_in_set"];

    public static TheoryData<string> Names => [.. ExpectationNames.All.Except(WithoutCases)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Come_out_as_their_own_cases_say(string name)
    {
        var files = Directory.GetFiles(SharedData.Path("gx_cases"), "*.json").Where(file => TypeOf(file) == name).ToList();
        Assert.True(files.Count > 0, $"shared data gx_cases holds no cases of {name}");
        var (wrong, passed, beyond) = (new List<string>(), 0, new List<string>());
        foreach (var file in files)
        {
            using var definition = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var dataset in definition.RootElement.GetProperty("datasets").EnumerateArray().Where(ForPandas))
            {
                using var database = DuckDbDatabase.OpenInMemory();
                using var duck = database.Connect();
                var mixed = Load(duck, dataset.GetProperty("data"));
                foreach (var test in dataset.GetProperty("tests").EnumerateArray().Where(ForPandas))
                {
                    var title = test.GetProperty("title").GetString()!;
                    if (Beyond(test, mixed) is { } why) beyond.Add($"{title}: {why}");
                    else if (Differs(duck, name, test) is { } difference) wrong.Add($"{title}: {difference}");
                    else passed++;
                }
            }
        }

        foreach (var text in beyond) output.WriteLine($"not declared here: {text}");
        output.WriteLine($"{passed} as Great Expectations, {wrong.Count} not, {beyond.Count} not declared here");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(passed + beyond.Count > 0, "no case was read");
    }

    private static string? TypeOf(string file)
    {
        using var definition = JsonDocument.Parse(File.ReadAllText(file));
        return definition.RootElement.GetProperty("expectation_type").GetString();
    }

    private static bool ForPandas(JsonElement element) =>
        (!element.TryGetProperty("only_for", out var only) || Text(only).Any(name => name.StartsWith("pandas", StringComparison.Ordinal)))
        && !(element.TryGetProperty("suppress_test_for", out var not) && Text(not).Any(name => name.StartsWith("pandas", StringComparison.Ordinal)));

    private static IEnumerable<string> Text(JsonElement list) => list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!) : [list.ToString()];

    /// <summary>Why a project file cannot say what a case asks, or null.</summary>
    private static string? Beyond(JsonElement test, HashSet<string> mixed)
    {
        if (Input(test) is not { ValueKind: JsonValueKind.Object } kwargs) return "arguments by position";
        if (kwargs.TryGetProperty("column", out var column) && mixed.Contains(column.ToString())) return "a column of mixed types, which no file has";
        foreach (var word in (string[])["row_condition", "column_index"]) if (kwargs.TryGetProperty(word, out _)) return $"the argument {word}";
        if (kwargs.EnumerateObject().Any(argument => argument.Value.ValueKind == JsonValueKind.Object)) return "an argument that is computed";
        var bounds = kwargs.EnumerateObject().Where(argument => argument.Name is "min_value" or "max_value").ToList();
        if (kwargs.EnumerateObject().Any(argument => argument is { Value.ValueKind: JsonValueKind.Null, Name: "value_set" or "column_set" }) || (bounds.Count == 2 && bounds.All(bound => bound.Value.ValueKind == JsonValueKind.Null) && !test.TryGetProperty("error", out _)))
        {
            return "an expectation that says nothing, which a project file may not hold";
        }

        return null;
    }

    private static JsonElement Input(JsonElement test)
    {
        var input = test.TryGetProperty("in", out var given) ? given : test.GetProperty("input");
        return input.ValueKind == JsonValueKind.Object && input.TryGetProperty("kwargs", out var kwargs) ? kwargs : input;
    }

    private static string? Differs(DuckDbConnection duck, string name, JsonElement test)
    {
        var expected = test.TryGetProperty("out", out var given) ? given : test.GetProperty("output");
        var kwargs = Input(test).EnumerateObject().Where(argument => argument.Value.ValueKind != JsonValueKind.Null && argument.Name is not ("result_format" or "catch_exceptions")).ToDictionary(argument => argument.Name, argument => Value(argument.Value));
        var refused = Refused(name, kwargs);
        var error = expected.TryGetProperty("traceback_substring", out var inside) ? inside.GetString() : test.TryGetProperty("error", out var beside) ? beside.GetProperty("traceback_substring").GetString() : null;
        if (error is not null) return refused is not null || Run(duck, name, kwargs).Exception is not null ? null : $"expected an error with '{error}'";
        if (refused is not null && !(expected.TryGetProperty("success", out var fails) && !fails.GetBoolean())) return $"the project file refuses it: {refused}";
        var result = Run(duck, name, kwargs);
        if (expected.TryGetProperty("success", out var success) && success.GetBoolean() != result.Success) return $"success is {result.Success}";
        if (expected.TryGetProperty("observed_value", out var observed) && Show(Value(observed)) is var wanted && Show(result.ObservedValue) is var found && wanted != found) return $"observed {found}, expected {wanted}";
        if (!expected.TryGetProperty("unexpected_list", out var list) || list.ValueKind != JsonValueKind.Array) return null;
        if (result.UnexpectedCount != list.GetArrayLength()) return $"{result.UnexpectedCount} unexpected, expected {list.GetArrayLength()}";
        var (partial, all) = (result.PartialUnexpectedList!.Select(Show).ToHashSet(), list.EnumerateArray().Select(item => Show(Value(item))).ToHashSet());
        return partial.IsSubsetOf(all) ? null : $"unexpected {string.Join(", ", partial)}, expected {string.Join(", ", all)}";
    }

    private static ExpectationResult Run(DuckDbConnection duck, string name, Dictionary<string, object?> kwargs) =>
        new Suite(duck, "t", VersionBuild.Describe(duck, "t")).Validate([new ExpectationSpec(name, kwargs, Severity.Critical)]).Results[0];

    /// <summary>What the reader of project files says of such a declaration.</summary>
    private static string? Refused(string name, Dictionary<string, object?> kwargs)
    {
        var yaml = $"project: p\ndata:\n  d:\n    source: a.csv\n    time: t\n    label: {{ name: l, sql: y }}\n    expect:\n      - {name}: {JsonSerializer.Serialize(kwargs)}\nfeatures:\n  v: {{ x: {{ type: number }} }}\nmodels:\n  m: {{ train: {{ data: d, features: [v] }} }}\n";
        try
        {
            ProjectFileReader.Read(yaml, "flyball.yaml");
            return null;
        }
        catch (ProjectFileException wrong)
        {
            return wrong.Message;
        }
    }

    private static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) && !value.GetRawText().Contains('.', StringComparison.Ordinal) ? whole : value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => value.EnumerateArray().Select(Value).ToList(),
        _ => null,
    };

    private static string Show(object? value) => value switch
    {
        null => "null",
        System.Collections.IEnumerable list and not string => $"[{string.Join(", ", list.Cast<object?>().Select(Show).Order(StringComparer.Ordinal))}]",
        bool flag => flag ? "true" : "false",
        string text => text,
        _ => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("G12", CultureInfo.InvariantCulture),
    };

    /// <summary>Makes the table t; returns the columns that hold more than one kind of value.</summary>
    private static HashSet<string> Load(DuckDbConnection duck, JsonElement data)
    {
        var (columns, mixed) = (data.EnumerateObject().ToList(), new HashSet<string>());
        var types = columns.ToDictionary(column => column.Name, column =>
        {
            var kinds = column.Value.EnumerateArray().Where(value => value.ValueKind != JsonValueKind.Null).Select(value => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "BOOLEAN" : value.ValueKind == JsonValueKind.String ? "VARCHAR" : value.ValueKind == JsonValueKind.Number ? "number" : "VARCHAR").Distinct().ToList();
            if (kinds.Count > 1) mixed.Add(column.Name);
            return kinds is ["number"] ? column.Value.EnumerateArray().All(value => value.ValueKind == JsonValueKind.Null || Value(value) is long) ? "BIGINT" : "DOUBLE" : kinds is [var one] ? one : "VARCHAR";
        });
        duck.Execute($"create table t ({string.Join(", ", columns.Select(column => $"{DuckDbText.Quote(column.Name)} {types[column.Name]}"))})");
        for (var row = 0; row < columns.Max(column => column.Value.GetArrayLength()); row++)
        {
            duck.Execute($"insert into t values ({string.Join(", ", columns.Select(column => row < column.Value.GetArrayLength() ? Literal(column.Value[row]) : "null"))})");
        }

        return mixed;
    }

    private static string Literal(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.String => DuckDbText.Literal(value.GetString()!),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => DuckDbText.Literal(value.GetRawText()),
    };
}
