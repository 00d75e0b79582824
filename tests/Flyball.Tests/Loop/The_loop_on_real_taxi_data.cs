using Flyball.Client;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Loop;

public sealed class The_loop_on_real_taxi_data
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Takes_months_in_trains_gates_promotes_and_says_why()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Copy(flyball, "2021-01", "2021-02");
        await ApplyAsync(flyball);
        await flyball.UntilQuietAsync();

        var first = Assert.Single(await flyball.Client.ListDatasetVersionsAsync("nyc-taxi", "trips", Cancel));
        Assert.Equal(76_518 + 64_572, first.Rows);
        Assert.True(first.Usable);
        var version = Assert.Single(await flyball.Client.ListModelVersionsAsync("trip-duration", Cancel));
        Assert.Equal("passed", version.Status);
        Assert.InRange(version.Metrics["rmse"], 1, 8);
        Assert.Equal(
            ["model.alias-moved", "model.alias-moved", "model.version-registered", "training.started", "retraining.decided", "dataset.version-created"],
            (await flyball.Client.WhyAsync("trip-duration", Cancel)).Select(entry => entry.Type));

        // the same files again: nothing happens
        var quiet = (await flyball.JournalAsync()).Count;
        await ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        Assert.Equal(quiet, (await flyball.JournalAsync()).Count);
    }

    [Fact]
    public async Task Refuses_a_file_without_a_used_column_by_name_and_keeps_nothing_of_it()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Copy(flyball, "2021-01");
        await ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        Write(flyball, "green_tripdata_2021-02.parquet", $"select * exclude (PULocationID) from '{SharedData.Path("nyc_green", "green_tripdata_2021-02.parquet")}'");
        await flyball.UntilQuietAsync();

        var failed = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed");
        var reason = failed.Data.GetProperty("reason").GetString();
        Assert.Contains("green_tripdata_2021-02.parquet: column PULocationID", reason);
        Assert.Contains("expected BIGINT", reason);
        Assert.Single(await flyball.Client.ListDatasetVersionsAsync("nyc-taxi", "trips", Cancel));
    }

    [Fact]
    public async Task Refuses_a_retyped_used_column_but_takes_a_new_one()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Copy(flyball, "2021-01");
        await ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var month = SharedData.Path("nyc_green", "green_tripdata_2021-02.parquet");
        Write(flyball, "green_tripdata_2021-02.parquet", $"select * replace ('zone ' || PULocationID as PULocationID) from '{month}'");
        await flyball.UntilQuietAsync();
        var reason = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString();
        Assert.Contains("column PULocationID", reason);
        Assert.Contains("found VARCHAR", reason);

        Write(flyball, "green_tripdata_2021-02.parquet", $"select *, 0.75::double as cbd_congestion_fee from '{month}'");
        await flyball.UntilQuietAsync();
        var versions = await flyball.Client.ListDatasetVersionsAsync("nyc-taxi", "trips", Cancel);
        Assert.Equal(2, versions.Count);
        var details = await flyball.Client.GetDatasetVersionAsync("nyc-taxi", "trips", 2, Cancel);
        Assert.Contains("new column cbd_congestion_fee DOUBLE", details.Content.GetProperty("notes").ToString());
    }

    [Theory]
    [InlineData("broken")]
    [InlineData("")]
    public async Task Refuses_a_file_that_is_not_parquet_and_stays_up(string content)
    {
        await using var flyball = await TestFlyball.StartAsync();
        Copy(flyball, "2021-01");
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "green_tripdata_2021-02.parquet"), content, Cancel);
        await ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var reason = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString();
        Assert.StartsWith("green_tripdata_2021-02.parquet cannot be read", reason);
        Assert.DoesNotContain(flyball.Folder, reason);
        Assert.Empty(await flyball.Client.ListDatasetVersionsAsync("nyc-taxi", "trips", Cancel));
        Assert.True(await flyball.Client.IsHealthyAsync(Cancel));
    }

    private static void Copy(TestFlyball flyball, params string[] months)
    {
        foreach (var month in months) File.Copy(SharedData.Path("nyc_green", $"green_tripdata_{month}.parquet"), Path.Combine(flyball.Sources, $"green_tripdata_{month}.parquet"));
    }

    private static void Write(TestFlyball flyball, string name, string sql)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        duck.Execute($"copy ({sql}) to '{Path.Combine(flyball.Sources, name)}' (format parquet)");
    }

    private static async Task ApplyAsync(TestFlyball flyball)
    {
        // fewer rounds than the sample's: what is shown here does not depend on them
        var yaml = (await File.ReadAllTextAsync(Golden.Checkout("samples", "nyc-taxi", "flyball.yaml"), Cancel)).Replace("rounds: 100", "rounds: 20", StringComparison.Ordinal);
        Assert.Contains("rounds: 20", yaml);
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
    }
}
