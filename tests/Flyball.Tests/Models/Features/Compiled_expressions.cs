using Flyball.Models.Features;
using Flyball.Models.Features.Compilation;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Models.Features;

public sealed class Compiled_expressions(ITestOutputHelper output)
{
    private static readonly RowSchema Schema = new(FuzzRows.Columns);

    private static readonly string[] OfTheLibrary = ["sin(", "cos(", "tan(", "atan2(", "ln(", "log", "exp(", "pow(", "^"];

    /// <summary>The ordinary run takes four; a campaign sets FLYBALL_FUZZ_SEEDS.</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, int.Parse(Environment.GetEnvironmentVariable("FLYBALL_FUZZ_SEEDS") ?? "4"))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Answer_what_DuckDB_answers(int seed)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1 });
        using var duck = database.Connect();
        var random = new Random(seed);
        var rows = FuzzRows.Create(duck, random, 40);
        var generator = new ExpressionGenerator(random);
        int compiled = 0, evaluated = 0, errors = 0, unbound = 0;
        var refusals = new Dictionary<string, int>(StringComparer.Ordinal);
        var differences = new List<string>();
        while (evaluated < 8_000)
        {
            var sql = generator.Any();
            FeatureExpression expression;
            try
            {
                expression = FeatureExpression.Compile(sql, Schema, duck);
            }
            catch (FeatureNotCompilableException refused)
            {
                if (refused.Construct.Contains("Error:", StringComparison.Ordinal)) unbound++;
                else refusals[refused.Construct] = refusals.GetValueOrDefault(refused.Construct) + 1;
                continue;
            }

            compiled++;
            for (var row = 0; row < rows.Count; row++)
            {
                var (expected, error) = Ask(duck, sql, row);
                if (error is not null) errors++;
                evaluated++;
                if (Difference(sql, expression, rows[row], expected, error) is not { } difference) continue;
                differences.Add($"{sql}\n    row {row}: {difference}");
                break;
            }
        }

        output.WriteLine($"seed {seed}: {compiled} expressions, {evaluated} evaluations, {errors} errors in both, {unbound} not bound, {refusals.Values.Sum()} not compiled: {string.Join("; ", refusals.OrderByDescending(pair => pair.Value).Take(12).Select(pair => $"{pair.Key} ×{pair.Value}"))}");
        Assert.True(differences.Count == 0, $"seed {seed}, {differences.Count} differences:\n{string.Join('\n', differences.Take(25))}");
        Assert.True(compiled > 3 * refusals.Values.Sum(), "too little of what is generated is compiled");
    }

    [Fact]
    public void Take_less_than_two_microseconds()
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1 });
        using var duck = database.Connect();
        var rows = FuzzRows.Create(duck, new Random(1), 40);
        foreach (var sql in new[] { "extract(hour from ts)", "s || '_' || s2", "ln(abs(d) + 1) * case when b then 2 else i end", "date_diff('second', ts, ts2) / 60.0", "d between 0 and 10 and i % 7 = 3" })
        {
            var expression = FeatureExpression.Compile($"try({sql})", Schema, duck);
            var fastest = Fastest.Nanoseconds(250 * rows.Count, 2000, () =>
            {
                for (var i = 0; i < 250; i++)
                {
                    foreach (var row in rows) expression.Evaluate(row);
                }
            });
            output.WriteLine($"{fastest,8:0} ns  {sql}");
            Assert.InRange(fastest, 0, 2000);
        }
    }

    [Fact]
    public void Change_letters_as_DuckDB_does()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        using var result = duck.Query("select upper(chr(i::int)), lower(chr(i::int)), chr(i::int) from range(1, 1114112) t(i) where i not between 55296 and 57343");
        var wrong = new List<string>();
        foreach (var chunk in result.Chunks())
        {
            for (var row = 0; row < chunk.Count; row++)
            {
                var letter = chunk[2].String(row);
                if (LetterCase.Upper(letter) != chunk[0].String(row) || LetterCase.Lower(letter) != chunk[1].String(row)) wrong.Add($"U+{char.ConvertToUtf32(letter, 0):X}");
            }
        }

        Assert.Empty(wrong);
    }

    private static (Value Value, string? Error) Ask(DuckDbConnection duck, string sql, int row)
    {
        try
        {
            using var result = duck.Query($"select {sql} from fuzz where rid = {row}");
            var type = SqlType.Of(result.Columns[0]);
            foreach (var chunk in result.Chunks())
            {
                if (type.Kind is not null) return (VectorValues.Read(chunk[0], 0, type), null);
            }

            return (Value.Null, null);
        }
        catch (DuckDbException error)
        {
            return (Value.Null, error.Message.Split('\n')[0]);
        }
    }

    private static string? Difference(string sql, FeatureExpression expression, Value[] row, Value expected, string? error)
    {
        Value actual;
        try
        {
            actual = expression.Evaluate(row);
        }
        catch (FeatureEvaluationException failure)
        {
            return error is null ? $"DuckDB says {expected.Kind} {expected}, compiled fails: {failure.Message}" : null;
        }

        // an overflow in a part whose value is not needed: whether DuckDB computes it depends on what its optimizer folds first. Where it fails at all, a training fails, so no model has such a feature.
        if (error is not null && (actual.IsNull || sql.Contains("coalesce(", StringComparison.Ordinal)) && error.Contains("Overflow", StringComparison.Ordinal)) return null;
        if (error is not null) return $"DuckDB fails: {error}; compiled says {actual.Kind} {actual}";
        return Same(sql, expected, actual) ? null : $"DuckDB says {expected.Kind} {expected}, compiled says {actual.Kind} {actual}";
    }

    private static bool Same(string sql, Value expected, Value actual)
    {
        if (expected.Kind != ValueKind.Number || actual.Kind != ValueKind.Number) return expected == actual;
        if (double.IsNaN(expected.Number) && double.IsNaN(actual.Number)) return true;
        // two C libraries may round the last bit of these differently
        return expected == actual || (OfTheLibrary.Any(name => sql.Contains(name, StringComparison.Ordinal)) && Math.Abs(expected.Number - actual.Number) <= 4e-16 * Math.Abs(expected.Number));
    }
}
