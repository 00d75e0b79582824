using Flyball.Models;
using Flyball.Models.Features;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Models.Features;

/// <summary>The features of a model, compiled where possible and run by DuckDB otherwise.</summary>
public sealed class A_set_of_features(ITestOutputHelper output)
{
    private static readonly RowSchema Schema = new([new InputColumn("x", "DOUBLE"), new InputColumn("zone", "VARCHAR"), new InputColumn("at", "TIMESTAMP")]);

    /// <summary>The last two have no compiled form.</summary>
    private static readonly FeatureDefinition[] Mixed =
    [
        new("double", "x * 2 -- twice", FeatureKind.Number), new("hour", "extract(hour from \"at\")", FeatureKind.Number), new("late", "\"at\" > timestamp '2024-01-01 18:00:00'", FeatureKind.Boolean),
        new("hashed", "md5(zone)", FeatureKind.Category), new("parts", "list_sum(list_transform([x, 1], lambda y: y + 1))", FeatureKind.Number),
    ];

    [Fact]
    public void Answers_alike_whoever_computes_a_feature()
    {
        using var features = FeatureSet.Compile(Schema, Mixed, "x < 1000 and md5(zone) <> ''");
        Assert.Equal(["hashed", "parts", "where"], features.Interpreted);
        Assert.Equal(3, features.CompiledCount);
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        duck.Execute("create table t as select i * 1.5 as x, case when i % 7 = 0 then null else 'Z' || i end as zone, timestamp '2024-01-01' + interval (i) hour as \"at\" from range(50) r(i)");
        using var asked = duck.Query($"select {string.Join(", ", Mixed.Select(feature => $"(\n{feature.Sql}\n)::varchar"))} from t order by \"at\"");
        var expected = asked.Rows();
        for (var i = 0; i < 50; i++)
        {
            var values = new Value[Mixed.Length];
            var row = Row(i);
            Assert.True(i % 7 == 0 ? !features.Accepts(row) : features.Accepts(row));
            features.Compute(row, values);
            Assert.Equal(double.Parse((string)expected[i][0]!, System.Globalization.CultureInfo.InvariantCulture), values[0].AsDouble());
            Assert.Equal(double.Parse((string)expected[i][1]!, System.Globalization.CultureInfo.InvariantCulture), values[1].AsDouble());
            Assert.Equal((string)expected[i][2]! == "true", values[2].AsBoolean());
            Assert.Equal((string?)expected[i][3], values[3].AsText());
            Assert.Equal(double.Parse((string)expected[i][4]!, System.Globalization.CultureInfo.InvariantCulture), values[4].AsDouble());
        }
    }

    [Fact]
    public async Task Gives_every_thread_the_values_of_its_own_row()
    {
        using var features = FeatureSet.Compile(Schema, Mixed, "x < 1000 and md5(zone) <> ''");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(
            () =>
            {
                var values = new Value[Mixed.Length];
                for (var i = 0; i < 200; i++)
                {
                    var x = (thread * 1000) + i;
                    features.Compute(Row(x), values);
                    Assert.Equal((x * 1.5 * 2, (x * 1.5) + 3), (values[0].AsDouble(), values[4].AsDouble()));
                    Assert.Equal(x * 1.5 < 1000 && x % 7 != 0, features.Accepts(Row(x)));
                }
            },
            TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("sum(x)", "sum() aggregates over rows; a feature is computed from its row alone")]
    [InlineData("row_number() over ()", "it holds the window function row_number; a feature is computed from its row alone")]
    [InlineData("random()", "random() answers differently each time; a feature of the same row must stay the same")]
    [InlineData("uuid()", "uuid() answers differently each time; a feature of the same row must stay the same")]
    [InlineData("current_date", "current_date depends on when it is asked; a feature of the same row must stay the same")]
    [InlineData("getenv('HOME')", "getenv() answers differently each time; a feature of the same row must stay the same")]
    [InlineData("age(\"at\")", "age() of one argument depends on the day it is asked")]
    [InlineData("(select 1)", "it holds a subquery; a feature is computed from its row alone")]
    [InlineData("exists (from read_csv('/etc/passwd'))", "it holds a subquery; a feature is computed from its row alone")]
    [InlineData("*", "it holds *; a feature names its columns")]
    [InlineData("x, zone", "it is not one expression")]
    [InlineData("x) or (x", "syntax error at or near \")\"")]
    [InlineData("x; drop table t", "it is not one expression")]
    [InlineData("$1", "it holds a parameter")]
    [InlineData("unknown", "there is no column unknown; the row has x, zone, at")]
    [InlineData("flyball_row", "there is no column flyball_row; the row has x, zone, at")]
    [InlineData("", "it is not SQL")]
    public void Refuses_what_is_no_function_of_a_row(string sql, string reason)
    {
        var refused = Assert.Throws<FeatureRefusedException>(() => FeatureSet.Compile(Schema, [new FeatureDefinition("f", sql, FeatureKind.Number)]));
        Assert.Equal("f", refused.Feature);
        Assert.StartsWith(reason, refused.Reason);
    }

    [Fact]
    public void Says_which_feature_has_no_value_for_a_row()
    {
        using var features = FeatureSet.Compile(Schema, [new FeatureDefinition("whole", "cast(zone as integer)", FeatureKind.Number)]);
        Assert.Contains("feature whole", Assert.Throws<FeatureEvaluationException>(() => features.Compute(Row(1), new Value[1])).Message);
    }

    [Fact]
    public void Takes_less_than_five_microseconds_for_ten_compiled_features()
    {
        FeatureDefinition[] ten =
        [
            .. Enumerable.Range(1, 4).Select(i => new FeatureDefinition($"n{i}", $"x * {i} + extract(hour from \"at\")", FeatureKind.Number)), .. Enumerable.Range(1, 3).Select(i => new FeatureDefinition($"c{i}", $"zone || '_{i}'", FeatureKind.Category)),
            .. Enumerable.Range(1, 3).Select(i => new FeatureDefinition($"b{i}", $"x > {i} and extract(dow from \"at\") in (0, 6)", FeatureKind.Boolean)),
        ];
        using var features = FeatureSet.Compile(Schema, ten);
        Assert.Equal(10, features.CompiledCount);
        var (row, values) = (Row(3), new Value[10]);
        var fastest = Fastest.Nanoseconds(2000, 5000, () =>
        {
            for (var i = 0; i < 2000; i++) features.Compute(row, values);
        });
        output.WriteLine($"{fastest:0} ns per row");
        Assert.InRange(fastest, 0, 5000);
    }

    private static Value[] Row(int i) => [Value.Of(i * 1.5), i % 7 == 0 ? Value.Null : Value.Of($"Z{i}"), Value.OfTimestamp(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(i).ToUnixTimeMilliseconds() * 1000)];
}
