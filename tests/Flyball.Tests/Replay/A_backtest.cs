using System.Diagnostics;
using System.Text.Json;

namespace Flyball.Tests.Replay;

/// <summary>The taxi sample's retraining policy on the nine real months.</summary>
public sealed class A_backtest
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shows_that_the_loop_beats_never_retraining_and_nearly_equals_retraining_every_month_with_half_the_work()
    {
        var data = Path.GetDirectoryName(SharedData.Path("nyc_green", "green_tripdata_2023-03.parquet"))!;
        await using var flyball = await TestFlyball.StartAsync();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "flyball")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["backtest", Golden.Checkout("samples", "nyc-taxi", "flyball.yaml"), "--data", data, "--url", flyball.Server.Url.ToString()]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, output + await errors);
        TestContext.Current.TestOutputHelper!.WriteLine(output);

        var report = await ReportAsync(flyball);
        Assert.Equal(6, report.GetProperty("periods").GetArrayLength());
        var never = report.GetProperty("againstNever");
        Assert.InRange(never.GetProperty("estimate").GetDouble(), -1, -0.03);
        Assert.InRange(never.GetProperty("upper").GetDouble(), -1, 0);
        Assert.InRange(report.GetProperty("againstEvery").GetProperty("estimate").GetDouble(), -1, 0.02);
        Assert.Equal(5, report.GetProperty("retrainingsEvery").GetInt32());
        Assert.InRange(report.GetProperty("retrainings").GetInt32(), 1, 2);
        Assert.All(report.GetProperty("periods").EnumerateArray(), period =>
        {
            Assert.True(period.GetProperty("refused").EnumerateObject().Sum(reason => reason.Value.GetInt64()) > 0);
            Assert.InRange(period.GetProperty("loop").GetProperty("rmse").GetDouble(), 3, 7);
        });
    }

    private static async Task<JsonElement> ReportAsync(TestFlyball flyball)
    {
        var experiment = await flyball.Client.EnsureExperimentAsync("nyc-taxi-backtests", Cancel);
        using var search = await flyball.Http.PostAsync("/api/2.0/mlflow/runs/search", new StringContent($$"""{"experiment_ids": ["{{experiment}}"]}""", null, "application/json"), Cancel);
        var runs = JsonSerializer.Deserialize<JsonElement>(await search.Content.ReadAsStringAsync(Cancel)).GetProperty("runs");
        var run = Assert.Single(runs.EnumerateArray());
        Assert.Equal("FINISHED", run.GetProperty("info").GetProperty("status").GetString());
        Assert.Contains(run.GetProperty("data").GetProperty("metrics").EnumerateArray(), metric => metric.GetProperty("key").GetString() == "total_rmse");
        return JsonSerializer.Deserialize<JsonElement>(await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run.GetProperty("info").GetProperty("run_id").GetString()}/artifacts/backtest.json", Cancel));
    }
}
