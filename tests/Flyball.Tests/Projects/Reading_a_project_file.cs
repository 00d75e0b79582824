using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Tests.Projects;

public sealed class Reading_a_project_file
{
    [Fact]
    public void Gives_what_the_taxi_sample_declares()
    {
        var project = ProjectFileReader.Read(File.ReadAllText(Golden.Checkout("samples", "nyc-taxi", "flyball.yaml")), "flyball.yaml");

        Assert.Equal("nyc-taxi", project.Project);
        Assert.Equal((40000, "EUR/year", 50, true, 4), (project.Design.Value!.Estimate, project.Design.Value.Unit, project.Design.Requirements.LatencyP99Ms, project.Design.Requirements.Explainable, project.Design.Maturity!.Target));
        Assert.Equal("owner@example.org", project.Design.Roles["approver"]);
        Assert.Equal(["rmse", "within_5_minutes", "cost_per_trip"], project.Design.KeyMetrics.Select(m => m.Name));
        Assert.Equal(new Comparison("<=", 8), project.Design.KeyMetrics[0].Goal);

        var trips = project.Dataset("trips");
        Assert.Equal(("data/green_tripdata_*.parquet", "lpep_pickup_datetime", "duration"), (trips.Source, trips.Time, trips.Label!.Name));
        Assert.Equal("date_diff('second', lpep_pickup_datetime, lpep_dropoff_datetime) / 60.0", trips.Label.Sql);
        Assert.Equal(("(passenger_count is null or passenger_count between 1 and 8) and lpep_pickup_datetime >= timestamp '2020-01-01'", "duration between 1 and 60"), (trips.Where, trips.TrainWhere));
        Assert.Contains("total_amount", trips.KnownLater);
        var distance = trips.Expect.Single(e => Equals(e.Kwargs.GetValueOrDefault("column"), "trip_distance"));
        Assert.Equal(("expect_column_values_to_be_between", Severity.Warning), (distance.Type, distance.Severity));
        Assert.Equal([("column", "trip_distance"), ("max_value", 100.0), ("min_value", 0.0), ("mostly", 0.99)], distance.Kwargs.OrderBy(k => k.Key).Select(k => (k.Key, k.Value)));
        Assert.Equal([1L, 2L], Assert.IsAssignableFrom<IReadOnlyList<object>>(trips.Expect.Single(e => e.Kwargs.ContainsKey("value_set")).Kwargs["value_set"]));
        Assert.Equal(Severity.Critical, trips.Expect[0].Severity);

        Assert.Equal(["route", "pickup_zone", "dropoff_zone", "trip_distance", "hour", "dow"], project.Features.Single().Features.Select(f => f.Name));
        Assert.Equal(new FeatureSpec("route", "PULocationID || '_' || DOLocationID", FeatureType.Category), project.Features[0].Features[0]);
        Assert.Equal(new FeatureSpec("trip_distance", "\"trip_distance\"", FeatureType.Number), project.Features[0].Features[3]);

        var model = project.Models.Single();
        Assert.Equal(("trip-duration", "trips", TrainerKind.XGBoost, TimeSpan.FromDays(7), 42), (model.Name, model.Train.Data, model.Train.Trainer, model.Train.Test, model.Train.Seed));
        Assert.Equal([("max_depth", 8L), ("eta", 0.2), ("rounds", 100L), ("min_child_weight", 4L)], model.Train.Params.Select(p => (p.Key, p.Value)));
        Assert.Equal(["rmse < champion.rmse", "slice(hour).rmse.max <= 15", "rows >= 1000"], model.Evaluate.Gates);
        Assert.Equal((TimeSpan.FromDays(7), 500, 0.5), (model.Monitor.Every, model.Monitor.MinRows, model.Monitor.DriftShare));
        Assert.Equal(new PerformanceSpec("rmse", new Threshold(">", 1.2, TimesBaseline: true), TimeSpan.FromDays(2)), model.Monitor.Performance);
        Assert.Equal([TriggerKind.Performance, TriggerKind.NewData, TriggerKind.Schedule], model.Retrain.On.Select(t => t.Kind));
        Assert.Equal((WindowKind.Sliding, TimeSpan.FromDays(400)), (model.Retrain.Window, model.Retrain.WindowLength));
        Assert.Equal(new RetrainGuards { Cooldown = TimeSpan.FromDays(21), MaxPerWeek = 1, MinNewLabels = 20000 }, model.Retrain.Guards);
    }

    [Fact]
    public void Keeps_the_defaults_where_the_file_says_nothing()
    {
        var model = ProjectFileReader.Read(Small.File, "flyball.yaml").Models.Single();
        var expected = new ModelSpec { Name = "fare", Train = new TrainSpec { Data = "rides", Features = ["ride"] } };
        Assert.Equal((expected.Train.Test, expected.Train.Trainer, expected.Train.Seed, expected.Train.Task), (model.Train.Test, model.Train.Trainer, model.Train.Seed, model.Train.Task));
        Assert.Equal((expected.Monitor, expected.Retrain.Guards, expected.Retrain.Window, expected.Deploy), (model.Monitor, model.Retrain.Guards, model.Retrain.Window, model.Deploy));
        Assert.Empty(model.Evaluate.Gates);
    }

    [Theory]
    [InlineData("{ within: 62d }", Severity.Warning)]
    [InlineData("{ within: 62d, severity: info }", Severity.Info)]
    [InlineData("{ within: 62d, severity: critical }", Severity.Critical)]
    public void Knows_how_fresh_data_must_be(string written, Severity severity) =>
        Assert.Equal(new FreshnessSpec(TimeSpan.FromDays(62), severity), ProjectFileReader.Read(Small.File.Replace("    label:", $"    freshness: {written}\n    label:", StringComparison.Ordinal), "f").Data[0].Freshness);

    [Theory]
    [InlineData("15m", 15)]
    [InlineData("6h", 360)]
    [InlineData("28d", 40320)]
    [InlineData("2w", 20160)]
    [InlineData("120s", 2)]
    public void Knows_durations(string written, double minutes) =>
        Assert.Equal(minutes, ProjectFileReader.Read(Small.File + $"    monitor: {{ every: {written} }}\n", "f").Models[0].Monitor.Every.TotalMinutes);

    [Theory]
    [InlineData("\"> baseline * 1.2\"", ">", 1.2, true)]
    [InlineData("\">= 1.5*baseline\"", ">=", 1.5, true)]
    [InlineData("\"> baseline\"", ">", 1, true)]
    [InlineData("\"> 7\"", ">", 7, false)]
    public void Knows_thresholds(string written, string op, double value, bool timesBaseline) =>
        Assert.Equal(
            new Threshold(op, value, timesBaseline),
            ProjectFileReader.Read(Small.File + $"    monitor: {{ performance: {{ metric: mae, alert: {written}, labels_within: 1h }} }}\n", "f").Models[0].Monitor.Performance!.Alert);

    [Theory]
    [InlineData("expanding", WindowKind.Expanding, null)]
    [InlineData("only new", WindowKind.OnlyNew, null)]
    [InlineData("sliding 90d", WindowKind.Sliding, 90)]
    public void Knows_training_windows(string written, WindowKind kind, int? days)
    {
        var retrain = ProjectFileReader.Read(Small.File + $"    retrain: {{ window: {written} }}\n", "f").Models[0].Retrain;
        Assert.Equal((kind, days is { } d ? TimeSpan.FromDays(d) : null), (retrain.Window, retrain.WindowLength));
    }

    [Fact]
    public void Knows_schedules()
    {
        var on = ProjectFileReader.Read(Small.File + "    retrain: { on: [code_change, { schedule: \"0 3 * * MON\" }], approval: required }\n", "f").Models[0].Retrain.On;
        Assert.Equal([new RetrainTrigger(TriggerKind.CodeChange), new RetrainTrigger(TriggerKind.Schedule, "0 3 * * mon")], on);
    }

    [Fact]
    public void Follows_anchors_a_few_times()
    {
        var yaml = Small.File.Replace("hour: { sql: \"extract(hour from ts)\", type: number }", "hour: &number { sql: \"extract(hour from ts)\", type: number }\n    other: *number", StringComparison.Ordinal);
        Assert.Equal(["km", "hour", "other"], ProjectFileReader.Read(yaml, "f").Features[0].Features.Select(f => f.Name));
    }

    [Fact]
    public void Knows_every_expectation()
    {
        // what can be declared is what can be computed
        Assert.Equal(Checks.Names.Order(StringComparer.Ordinal), ExpectationNames.All.Order(StringComparer.Ordinal));
        string Arguments(string name) => name switch
        {
            _ when name.Contains("json_schema", StringComparison.Ordinal) => "{ column: km, json_schema: { type: [number, 'null'], enum: [1, null] } }",
            _ when name.Contains("quantile", StringComparison.Ordinal) => "{ column: km, quantile_ranges: { quantiles: [0.5], value_ranges: [[null, 5]] } }",
            _ when name.Contains("parameterized", StringComparison.Ordinal) => "{ column: km, distribution: norm, params: [0, 1] }",
            _ when name.Contains("kl_divergence", StringComparison.Ordinal) => "{ column: km, threshold: 0.1, partition_object: { bins: [0, 1], weights: [1] } }",
            _ when name.Contains("_test_p_value", StringComparison.Ordinal) => "{ column: km, partition_object: { bins: [0, 1], weights: [1] }, p: 0.01 }",
            _ when name.Contains("pair", StringComparison.Ordinal) => name.EndsWith("_in_set", StringComparison.Ordinal) ? "{ column_A: km, column_B: ts, value_pairs_set: [[1, a], [1, null]] }" : "{ column_A: km, column_B: ts, row_condition: { type: comparison } }",
            _ when name.Contains("sum_to_equal", StringComparison.Ordinal) => "{ column_list: [km, ts], sum_total: 2 }",
            _ when name.Contains("multicolumn", StringComparison.Ordinal) || name.Contains("select_column", StringComparison.Ordinal) || name.Contains("compound", StringComparison.Ordinal) || name.EndsWith("ordered_list", StringComparison.Ordinal) => "{ column_list: [km, ts], row_condition: 'km > 1' }",
            _ when name.EndsWith("other_table", StringComparison.Ordinal) => "{ other_table_name: rides }",
            _ when name.EndsWith("like_pattern", StringComparison.Ordinal) => "{ column: km, like_pattern: a% }",
            _ when name.EndsWith("like_pattern_list", StringComparison.Ordinal) => "{ column: km, like_pattern_list: [a%] }",
            _ when name.EndsWith("regex_list", StringComparison.Ordinal) => "{ column: km, regex_list: [a] }",
            _ when name.EndsWith("strftime_format", StringComparison.Ordinal) => "{ column: km, strftime_format: '%Y' }",
            _ when name.EndsWith("of_type", StringComparison.Ordinal) => "{ column: km, type_: int }",
            _ when name.EndsWith("type_list", StringComparison.Ordinal) => "{ column: km, type_list: [int] }",
            _ when name.EndsWith("z_scores_to_be_less_than", StringComparison.Ordinal) => "{ column: km, threshold: 3 }",
            _ when name.StartsWith("expect_table", StringComparison.Ordinal) && name.EndsWith("_to_equal", StringComparison.Ordinal) => "{ value: 3 }",
            _ when name.EndsWith("lengths_to_equal", StringComparison.Ordinal) => "{ column: km, value: 3 }",
            _ when name.StartsWith("unexpected_rows", StringComparison.Ordinal) => "{ unexpected_rows_query: 'select * from {batch} where km < 0' }",
            _ when name.Contains("column_count", StringComparison.Ordinal) => "{ max_value: 3 }",
            _ when name.Contains("proportion", StringComparison.Ordinal) => "{ column: km, max_value: 1 }",
            _ when name.EndsWith("_set", StringComparison.Ordinal) && !name.EndsWith("match_set", StringComparison.Ordinal) => "{ column: km, value_set: [1, b, 2.5, true] }",
            _ when name.EndsWith("match_set", StringComparison.Ordinal) => "{ column_set: [km, ts], exact_match: false }",
            _ when name.EndsWith("regex", StringComparison.Ordinal) => "{ column: km, regex: '^[0-9]+$', mostly: 0.5 }",
            _ when name.Contains("row_count", StringComparison.Ordinal) => "{ min_value: 1 }",
            _ when name.EndsWith("between", StringComparison.Ordinal) => "{ column: km, min_value: 1, max_value: 2, strict_max: true, severity: info }",
            _ => "{ column: km }",
        };
        var expect = string.Concat(ExpectationNames.All.Select(n => $"      - {n}: {Arguments(n)}\n"));
        var dataset = ProjectFileReader.Read(Small.File.Replace("    label:", $"    expect:\n{expect}    label:", StringComparison.Ordinal), "f").Data[0];
        Assert.Equal(ExpectationNames.All, dataset.Expect.Select(e => e.Type));
        Assert.All(dataset.Expect, e => Assert.DoesNotContain("severity", e.Kwargs.Keys));
    }

    [Fact]
    public void Has_a_schema_from_the_same_tables() => Golden.Matches("flyball.schema.json", ProjectFileSchema.Json());
}

/// <summary>The smallest project file that is right.</summary>
internal static class Small
{
    public const string File =
        """
        project: taxi
        data:
          rides:
            source: rides.csv
            time: ts
            known_later: [paid, "end"]
            label: { name: minutes, sql: "date_diff('minute', ts, \"end\")" }
        features:
          ride:
            km: { type: number }
            hour: { sql: "extract(hour from ts)", type: number }
        models:
          fare:
            train: { data: rides, features: [ride] }

        """;
}
