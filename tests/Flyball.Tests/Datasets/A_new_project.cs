using System.CommandLine;
using Flyball.Client;
using Flyball.Server;
using Flyball.Server.Datasets;
using Flyball.Server.Hosting;
using Flyball.Server.Projects;

namespace Flyball.Tests.Datasets;

/// <summary><c>flyball init</c> on real files, with answers from a script, from options and from nobody.</summary>
public sealed class A_new_project : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private string Target => Path.Combine(folder, "flyball.yaml");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Asks_for_charter_and_data_and_asks_again_where_an_answer_cannot_be()
    {
        var bikes = SharedData.Path("bike_sharing", "hour.csv");
        string[] answers =
        [
            "Bike Rental", "bike-rental", // a project has no capitals
            "How many bikes are rented in an hour?", "the crew that moves bikes", "many", "50000", "", "fewer empty stations",
            "0", "50", "24", "yes", "gdpr, ai-act", "approver:me", "approver=approver@example.org, ml_engineer=ml@example.org", "7", "4", "seasons",
            "", "\0", Path.Combine(folder, "nothing.csv"), bikes, "dtedy", "dteday", "cn", "cnt", "cnt", "rentals", "", "hr, temp, registered", "-", "-", "-", "hr, temp, hum", "season", "",
            "crew: rmse < 100",
        ];
        var output = new StringWriter();
        await InitCommands.WriteAsync(Target, new GivenAnswers(), new StringReader(string.Join('\n', answers) + "\n"), output, Cancel);

        var file = ProjectFileReader.Read(await File.ReadAllTextAsync(Target, Cancel), "flyball.yaml");
        Assert.Equal("bike-rental", file.Project);
        Assert.Equal(("How many bikes are rented in an hour?", "the crew that moves bikes"), (file.Design.Problem, file.Design.Users));
        Assert.Equal(new PromisedValue(50000, "EUR/year", "fewer empty stations"), file.Design.Value);
        Assert.Equal((50.0, 24.0, true), (file.Design.Requirements.LatencyP99Ms, file.Design.Requirements.PredictionsPerDay, file.Design.Requirements.Explainable));
        Assert.Equal(["gdpr", "ai-act"], file.Design.Requirements.Compliance);
        Assert.Equal("approver@example.org", file.Design.Roles["approver"]);
        Assert.Equal(new MaturityTarget(4, "seasons"), file.Design.Maturity);
        Assert.Equal(new KeyMetricSpec("rmse", "crew", new Comparison("<", 100), null, null), Assert.Single(file.Design.KeyMetrics));
        var data = Assert.Single(file.Data);
        Assert.Equal(("dteday", "rentals", "cnt"), (data.Time, data.Label!.Name, data.Label.Sql));
        Assert.Equal(["casual", "registered", "cnt"], data.KnownLater);
        Assert.Equal(["hr", "temp", "hum", "season"], Assert.Single(file.Features).Features.Select(feature => feature.Name));
        Assert.Equal(TaskKind.Regression, Assert.Single(file.Models).Train.Task);

        var said = output.ToString();
        Assert.Contains("lower-case letters", said);
        Assert.Contains("'many' is not a number", said);
        Assert.Contains("0 is not above 0", said);
        Assert.Contains("'7' is not a level from 0 to 4", said);
        Assert.Contains("This needs an answer", said);
        Assert.Contains("A model needs at least one feature", said);
        Assert.Contains("is not role=address", said);
        Assert.Contains("No file is named", said);
        Assert.Contains("did you mean dteday?", said);
        Assert.Contains("The label cn cannot be computed", said);
        Assert.Contains("There is a column cnt already", said);
        Assert.Contains("casual: adds up to the label with registered", said);
        Assert.Contains("registered is not there yet when the model is asked", said);
    }

    [Fact]
    public async Task Proposed_for_bikes_trains_a_model_that_is_better_than_its_goal()
    {
        await using var flyball = await TestFlyball.StartAsync();
        File.Copy(SharedData.Path("bike_sharing", "hour.csv"), Path.Combine(flyball.Sources, "hour.csv"));
        var path = Path.Combine(flyball.Sources, "flyball.yaml");
        Assert.Equal(0, (await RunAsync("init", path, "--yes", "--source", Path.Combine(flyball.Sources, "hour.csv"))).Code);
        var file = ProjectFileReader.Read(await File.ReadAllTextAsync(path, Cancel), "flyball.yaml");
        Assert.Equal("hour.csv", Assert.Single(file.Data).Source);
        Assert.DoesNotContain("instant", file.Features[0].Features.Select(feature => feature.Name)); // the number of the row
        await flyball.Client.ApplyAsync(new ApplyProject(await File.ReadAllTextAsync(path, Cancel), "flyball.yaml", flyball.Sources, null), Cancel);
        await flyball.UntilQuietAsync();
        var version = Assert.Single(await flyball.Client.ListModelVersionsAsync("sources", Cancel));
        Assert.Equal("passed", version.Status);
        Assert.InRange(version.Metrics["rmse"], 1, file.Design.KeyMetrics[0].Goal.Value);
    }

    [Fact]
    public async Task Proposed_for_a_month_of_taxi_trips_predicts_their_duration_from_what_is_known_at_pickup()
    {
        var month = SharedData.Path("nyc_green", "green_tripdata_2021-01.parquet");
        var (code, output, _) = await RunAsync("init", Target, "--yes", "--project", "taxi", "--source", month, "--problem", "How long: \"this\" trip?");
        Assert.Equal(0, code);
        Assert.Contains("--data FOLDER", output);
        var file = ProjectFileReader.Read(await File.ReadAllTextAsync(Target, Cancel), "flyball.yaml");
        var data = Assert.Single(file.Data);
        Assert.Equal("How long: \"this\" trip?", file.Design.Problem);
        Assert.Equal(("lpep_pickup_datetime", "duration", "date_diff('second', lpep_pickup_datetime, lpep_dropoff_datetime) / 60.0"), (data.Time, data.Label!.Name, data.Label.Sql));
        Assert.Superset(new HashSet<string> { "lpep_dropoff_datetime", "fare_amount", "tip_amount", "tolls_amount", "total_amount", "payment_type" }, data.KnownLater.ToHashSet());
        var features = file.Features[0].Features.ToDictionary(feature => feature.Name, feature => feature.Type);
        Assert.Equal((FeatureType.Category, FeatureType.Category, FeatureType.Number, FeatureType.Number), (features["PULocationID"], features["DOLocationID"], features["trip_distance"], features["hour"]));
        Assert.DoesNotContain("ehail_fee", features.Keys);
        Assert.Equal(TimeSpan.FromDays(6), file.Models[0].Train.Test);

        var (planned, plan, _) = await RunAsync("plan", Target, "--data-dir", Path.Combine(folder, "data"));
        Assert.Equal(0, planned);
        Assert.Contains("+ model taxi", plan);
    }

    [Fact]
    public async Task Takes_every_answer_from_options()
    {
        var rows = Path.Combine(folder, "rows.csv");
        await File.WriteAllTextAsync(rows, "at,group,ok,x,paid,answer\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"2024-01-{1 + (i % 28):00} 10:00:00,{(i % 2 == 0 ? "a" : "b")},{i % 3 == 0},{i},{i},{(i % 5 == 0 ? "\"yes, please\"" : "\"no, thanks\"")}\n")), Cancel);
        var (code, _, error) = await RunAsync(
            "init", Target, "--yes", "--project", "all", "--source", rows, "--time", "at", "--label", "bought", "--label-sql", "answer", "--known-later", "paid", "answer", "--number", "x", "--category", "group", "--boolean", "ok",
            "--value", "1.5", "--value-unit", "EUR", "--value-because", "true", "--latency-p99-ms", "5", "--predictions-per-day", "10", "--explainable", "--compliance", "gdpr", "--role", "approver=a@example.org", "--maturity", "3",
            "--maturity-because", "why: because", "--key-metric", "boss: accuracy >= 0.9", "--key-metric", "team: auc > 0.5", "--users", "- us", "--problem", "# not a comment");
        Assert.True(code == 0, error);
        var file = ProjectFileReader.Read(await File.ReadAllTextAsync(Target, Cancel), "flyball.yaml");
        Assert.Equal(("# not a comment", "- us", "true", "why: because"), (file.Design.Problem, file.Design.Users, file.Design.Value!.Because, file.Design.Maturity!.Because));
        Assert.Equal(new LabelSpec("bought", "(answer = 'yes, please')::int"), file.Data[0].Label);
        Assert.Equal(TaskKind.Classification, file.Models[0].Train.Task);
        Assert.Equal(["accuracy", "auc"], file.Design.KeyMetrics.Select(metric => metric.Name));
        Assert.Equal([("x", "\"x\"", FeatureType.Number), ("group", "\"group\"", FeatureType.Category), ("ok", "\"ok\"", FeatureType.Boolean)], file.Features[0].Features.Select(feature => (feature.Name, feature.Sql, feature.Type)));
    }

    [Theory]
    [InlineData("There is nobody to ask: source files", "--yes")]
    [InlineData("did you mean dteday?", "--yes", "--time", "dteda", "--source", "bikes")]
    [InlineData("cannot be computed", "--yes", "--label-sql", "cnt +", "--source", "bikes")]
    [InlineData("does not hold times", "--yes", "--time", "hum", "--source", "bikes")]
    [InlineData("no metric 'auc' for this label", "--yes", "--key-metric", "a: auc > 1", "--source", "bikes")]
    [InlineData("not there yet", "--yes", "--number", "casual", "--source", "bikes")]
    [InlineData("cannot be read", "--yes", "--source", "broken")]
    public async Task Is_not_written_when_an_answer_cannot_be(string reason, params string[] arguments)
    {
        var broken = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "elsewhere")).FullName, "broken.parquet");
        await File.WriteAllTextAsync(broken, "not parquet", Cancel);
        string[] told = [.. arguments.Select(argument => argument switch { "bikes" => SharedData.Path("bike_sharing", "hour.csv"), "broken" => broken, _ => argument })];
        var (code, _, error) = await RunAsync(["init", Target, .. told]);
        Assert.Equal(1, code);
        Assert.Contains(reason, error);
        Assert.DoesNotContain("   at ", error);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task Never_replaces_a_file_and_says_so_where_nobody_can_be_asked()
    {
        await File.WriteAllTextAsync(Target, "mine", Cancel);
        Assert.Contains("is not replaced", (await RunAsync("init", Target, "--yes")).Error);
        Assert.Equal("mine", await File.ReadAllTextAsync(Target, Cancel));

        var start = new System.Diagnostics.ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "flyball"), ["init", Path.Combine(folder, "other.yaml")]) { RedirectStandardInput = true, RedirectStandardError = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        process.StandardInput.Close();
        Assert.Contains("not a terminal", await process.StandardError.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(1, process.ExitCode);
    }

    [Fact]
    public async Task Is_not_written_when_the_answers_end_early()
    {
        var refused = await Assert.ThrowsAsync<VerbException>(() => InitCommands.WriteAsync(Target, new GivenAnswers(), new StringReader("early\n"), new StringWriter(), Cancel));
        Assert.Contains("Nothing was written", refused.Message);
        Assert.False(File.Exists(Target));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Cancel);
        return (code, output.ToString(), error.ToString());
    }
}
