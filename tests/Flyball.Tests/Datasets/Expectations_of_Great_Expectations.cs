using System.Globalization;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Tests.Datasets;

/// <summary>Great Expectations' own test definitions, run by the engine: those for pandas, and where there are none those for SQLite and PostgreSQL.</summary>
public sealed class Expectations_of_Great_Expectations(ITestOutputHelper output)
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(SharedData.Path("gx_cases"), "*.json").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Come_out_as_their_own_cases_say(string file)
    {
        var (wrong, passed, beyond) = (new List<string>(), 0, new List<string>());
        using var definition = JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedData.Path("gx_cases"), file)));
        var name = definition.RootElement.GetProperty("expectation_type").GetString()!;
        foreach (var dataset in definition.RootElement.GetProperty("datasets").EnumerateArray().Where(Applies))
        {
            using var database = DuckDbDatabase.OpenInMemory();
            using var duck = database.Connect();
            // several tables, the first of which is asked
            var tables = dataset.GetProperty("data").ValueKind == JsonValueKind.Array ? dataset.GetProperty("data").EnumerateArray().ToList() : [dataset];
            var mixed = Load(duck, tables[0], "t");
            foreach (var other in tables.Skip(1)) _ = Load(duck, other, other.GetProperty("dataset_name").GetString()!);
            var others = tables.Skip(1).Select(other => other.GetProperty("dataset_name").GetString()!).ToDictionary(other => other);
            foreach (var test in dataset.GetProperty("tests").EnumerateArray().Where(Applies))
            {
                var title = test.GetProperty("title").GetString()!;
                if (Beyond(test, mixed) is { } why) beyond.Add($"{title}: {why}");
                else if (Differs(duck, name, test, others) is { } difference) wrong.Add($"{title}: {difference}");
                else passed++;
            }
        }

        foreach (var text in beyond) output.WriteLine($"not asked: {text}");
        output.WriteLine($"{passed} as Great Expectations, {wrong.Count} not, {beyond.Count} not asked");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(passed + beyond.Count > 0 || file.EndsWith("_mssql.json", StringComparison.Ordinal), "no case was read");
    }

    private static bool Applies(JsonElement element) =>
        (!element.TryGetProperty("only_for", out var only) || Text(only).Any(name => name.StartsWith("pandas", StringComparison.Ordinal) || name is "sqlite" or "postgresql" or "sqlalchemy"))
        && !(element.TryGetProperty("suppress_test_for", out var not) && Text(not).Any(name => name.StartsWith("pandas", StringComparison.Ordinal)));

    private static IEnumerable<string> Text(JsonElement list) => list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!) : [list.ToString()];

    /// <summary>Why a case is not asked, or null.</summary>
    private static string? Beyond(JsonElement test, HashSet<string> mixed)
    {
        if (Input(test) is not { ValueKind: JsonValueKind.Object } kwargs) return "arguments by position";
        if (kwargs.EnumerateObject().Any(argument => argument.Value.ValueKind == JsonValueKind.String && mixed.Contains(argument.Value.GetString()!))) return "a column of mixed types, which no file has";
        return null;
    }

    private static JsonElement Input(JsonElement test)
    {
        var input = test.TryGetProperty("in", out var given) ? given : test.GetProperty("input");
        return input.ValueKind == JsonValueKind.Object && input.TryGetProperty("kwargs", out var kwargs) ? kwargs : input;
    }

    private static string? Differs(DuckDbConnection duck, string name, JsonElement test, Dictionary<string, string> tables)
    {
        var expected = test.TryGetProperty("out", out var given) ? given : test.GetProperty("output");
        var parameters = new SuiteParameters(new Dictionary<string, object?>(), TimeProvider.System.GetUtcNow());
        var kwargs = Json.Read<Dictionary<string, object?>>(Input(test).GetRawText()).Where(argument => argument.Key is not ("result_format" or "catch_exceptions")).ToDictionary(argument => argument.Key, argument => parameters.Resolve(argument.Value));
        var byPlace = expected.TryGetProperty("unexpected_index_list", out var places) && places.ValueKind == JsonValueKind.Array && places.EnumerateArray().Any(place => place.ValueKind == JsonValueKind.Object);
        var relation = byPlace ? "(select *, row_number() over () - 1 as pk_index from t)" : "t";
        var options = new ResultOptions(ResultFormat.Complete, IndexColumns: byPlace ? ["pk_index"] : null);
        var result = new Suite(duck, relation, VersionBuild.Describe(duck, relation), options, tables).Validate([new ExpectationSpec(name, kwargs, Severity.Critical)]).Results[0];
        var error = expected.TryGetProperty("traceback_substring", out var inside) ? inside.GetString() : test.TryGetProperty("error", out var beside) ? beside.GetProperty("traceback_substring").GetString() : null;
        if (error is not null) return result.Exception is null ? $"expected an error with '{error}'" : null;
        if (expected.TryGetProperty("success", out var success) && success.GetBoolean() != result.Success) return $"success is {result.Success}: {result.Exception} {Show(result.ObservedValue)} {Show(result.UnexpectedList)}";
        var tolerance = test.TryGetProperty("tolerance", out var told) ? told.GetDouble() : 1e-9;
        if (expected.TryGetProperty("result", out var whole)) expected = whole;
        if (expected.TryGetProperty("observed_value", out var observed) && !Same(Value(observed), result.ObservedValue, tolerance)) return $"observed {Show(result.ObservedValue)}, expected {Show(Value(observed))}";
        if (expected.TryGetProperty("unexpected_list", out var list) && list.ValueKind == JsonValueKind.Array && Show(Value(list)) != Show(result.UnexpectedList ?? [])) return $"unexpected {Show(result.UnexpectedList)}, expected {Show(Value(list))}";
        if (expected.TryGetProperty("details", out var details) && !Same(Value(details), result.Details, tolerance)) return $"details {Show(result.Details)}, expected {Show(Value(details))}";
        if (expected.TryGetProperty("value_counts", out var counts) && counts.EnumerateArray().Any(count => count.ValueKind == JsonValueKind.Object) && !Same(Value(counts), result.Details!["value_counts"], tolerance)) return $"value_counts {Show(result.Details!["value_counts"])}, expected {Show(Value(counts))}";
        return byPlace && Show(Value(places)) != Show(result.UnexpectedIndexList ?? []) ? $"places {Show(result.UnexpectedIndexList)}, expected {Show(Value(places))}" : null;
    }

    /// <summary>Numbers may differ by little; all else is the same as it is shown.</summary>
    private static bool Same(object? one, object? other, double tolerance) => (one, other) switch
    {
        (IReadOnlyDictionary<string, object?> a, IReadOnlyDictionary<string, object?> b) => a.All(entry => b.TryGetValue(entry.Key, out var value) && Same(entry.Value, value, tolerance)),
        (IReadOnlyList<object?> a, IReadOnlyList<object?> b) => Show(a) == Show(b) || (a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second, tolerance))),
        (long or double, long or int or double or decimal or float) => Math.Abs(Convert.ToDouble(one, CultureInfo.InvariantCulture) - Convert.ToDouble(other, CultureInfo.InvariantCulture)) <= tolerance * Math.Max(1, Math.Abs(Convert.ToDouble(one, CultureInfo.InvariantCulture))),
        _ => Show(one) == Show(other),
    };

    private static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) && !value.GetRawText().Contains('.', StringComparison.Ordinal) ? whole : value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => value.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.Object => value.EnumerateObject().ToDictionary(entry => entry.Name, entry => Value(entry.Value)),
        _ => null,
    };

    private static string Show(object? value) => value switch
    {
        null => "null",
        IReadOnlyDictionary<string, object?> map => $"{{{string.Join(", ", map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}: {Show(entry.Value)}"))}}}",
        System.Collections.IEnumerable list and not string => $"[{string.Join(", ", list.Cast<object?>().Select(Show).Order(StringComparer.Ordinal))}]",
        bool flag => flag ? "true" : "false",
        string text => text,
        _ => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("G12", CultureInfo.InvariantCulture),
    };

    /// <summary>Makes a table; returns the columns that hold more than one kind of value.</summary>
    private static HashSet<string> Load(DuckDbConnection duck, JsonElement dataset, string table)
    {
        var (columns, mixed) = (dataset.GetProperty("data").EnumerateObject().ToList(), new HashSet<string>());
        var declared = dataset.TryGetProperty("schemas", out var schemas) && schemas.TryGetProperty("pandas", out var pandas) ? pandas.EnumerateObject().ToDictionary(column => column.Name, column => column.Value.ToString()) : [];
        var types = columns.ToDictionary(column => column.Name, column =>
        {
            if (declared.TryGetValue(column.Name, out var type) && type.StartsWith("datetime", StringComparison.Ordinal)) return "TIMESTAMP";
            var kinds = column.Value.EnumerateArray().Where(value => value.ValueKind != JsonValueKind.Null).Select(value => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "BOOLEAN" : value.ValueKind == JsonValueKind.String ? "VARCHAR" : value.ValueKind == JsonValueKind.Number ? "number" : "VARCHAR").Distinct().ToList();
            if (kinds.Count > 1) mixed.Add(column.Name);
            return kinds is ["number"] ? column.Value.EnumerateArray().All(value => value.ValueKind == JsonValueKind.Null || Value(value) is long) ? "BIGINT" : "DOUBLE" : kinds is [var one] ? one : "VARCHAR";
        });
        duck.Execute($"create table {table} ({string.Join(", ", columns.Select(column => $"{DuckDbText.Quote(column.Name)} {types[column.Name]}"))})");
        for (var row = 0; row < columns.Max(column => column.Value.GetArrayLength()); row++)
        {
            duck.Execute($"insert into {table} values ({string.Join(", ", columns.Select(column => row < column.Value.GetArrayLength() ? Literal(column.Value[row]) : "null"))})");
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
