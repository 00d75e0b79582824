using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Flyball.Client;
using Flyball.Server.Tracking;

namespace Flyball.Tests.Tracking;

/// <summary>The page that shows runs side by side, and the curves it draws.</summary>
public sealed class A_comparison_of_runs
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddDays(19_000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shows_what_differs_and_on_demand_what_does_not()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var (one, two) = (await RunAsync(flyball, "one", 1, ("eta", "0.1"), ("seed", "7")), await RunAsync(flyball, "<b>two</b>", 1, ("eta", "0.2"), ("seed", "7"), ("only", "here")));
        var html = await PageAsync(flyball, $"runs={one},{two}");
        Assert.Equal(["Started", "Status", "eta", "only"], Heads(html));
        Assert.Contains(": the same everywhere", html);
        Assert.DoesNotContain("<b>two", html);
        Assert.Equal(["Started", "Status", "eta", "only", "seed", "loss"], Heads(await PageAsync(flyball, $"runs={one}&runs={two}&same=true")));
        Assert.Contains("2 runs side by side", await PageAsync(flyball, $"runs={one},{two},none,{one}"));
        Assert.Contains("No run is chosen", await PageAsync(flyball, "runs=none"));
        Assert.Contains("No run is chosen", await PageAsync(flyball, ""));
    }

    [Fact]
    public async Task Of_values_that_hardly_differ_or_differ_beyond_measure_is_drawn()
    {
        await using var flyball = await TestFlyball.StartAsync();
        foreach (var (low, high) in ((double, double)[])[(0.3, 0.1 + 0.2), (1e300, Math.BitIncrement(1e300)), (-1.7e308, 1.7e308), (5e-324, 1e-323), (0, 0)])
        {
            var (one, two) = (await RunAsync(flyball, "one", low, ("eta", $"{low:R}")), await RunAsync(flyball, "two", high, ("eta", $"{high:R}")));
            Assert.Contains("2 runs side by side", await PageAsync(flyball, $"runs={one},{two}").WaitAsync(TimeSpan.FromSeconds(30), Cancel));
            var (from, to) = Server.Ui.Ticks.Around(low, high);
            Assert.InRange(Server.Ui.Ticks.Between(from, to).Count(), 2, 6);
        }
    }

    [Fact]
    public async Task Takes_the_runs_that_a_search_finds_or_a_thousand_that_an_address_names()
    {
        await using var flyball = await TestFlyball.StartAsync();
        for (var i = 0; i < 4; i++) await RunAsync(flyball, $"r{i}", i);
        Assert.Contains("3 runs side by side", await PageAsync(flyball, "experiment=0&filter=" + Uri.EscapeDataString("metrics.loss > 0")));
        Assert.Contains("Invalid comparator", await PageAsync(flyball, "experiment=0&filter=" + Uri.EscapeDataString("metrics.loss ~ 0")));
        var one = await RunAsync(flyball, "last", 9);
        Assert.Contains("One run", await PageAsync(flyball, "runs=" + string.Join(',', Enumerable.Range(0, 999).Select(i => $"{i:x32}").Append(one))));
    }

    [Fact]
    public async Task Gives_curves_that_are_thinned_and_keep_their_peaks()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "long", Cancel);
        for (var part = 0; part < 20; part++)
        {
            var points = Enumerable.Range(part * 1000, 1000).Select(step => new MetricValue("loss", step == 12_345 ? 99 : 1.0 / (1 + step), At.AddSeconds(step), step)).ToList();
            await flyball.Client.LogAsync(run, points, new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        }

        var curves = await CurvesAsync(flyball, $"runs={run}&metric=loss");
        var curve = Assert.Single(curves.EnumerateArray());
        var steps = curve.GetProperty("step").EnumerateArray().Select(step => step.GetInt64()).ToList();
        Assert.Equal("long", curve.GetProperty("name").GetString());
        Assert.InRange(steps.Count, 1000, 1500);
        Assert.Equal((0, 19_999), (steps[0], steps[^1]));
        Assert.Equal(steps.Order(), steps);
        Assert.Equal(99, curve.GetProperty("value")[steps.IndexOf(12_345)].GetDouble());
        Assert.Equal(At.AddSeconds(12_345).ToUnixTimeMilliseconds(), curve.GetProperty("time")[steps.IndexOf(12_345)].GetInt64());
        Assert.Empty((await CurvesAsync(flyball, $"runs={run}&metric=none")).EnumerateArray());
    }

    [Fact]
    public async Task Leaves_gaps_where_a_value_is_no_finite_number()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        double[] values = [1, double.NaN, double.PositiveInfinity, 4];
        await flyball.Client.LogAsync(run, [.. values.Select((value, step) => new MetricValue("loss", value, At, step))], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        Assert.Equal("[1,null,null,4]", (await CurvesAsync(flyball, $"runs={run}&metric=loss"))[0].GetProperty("value").GetRawText());
    }

    [Fact]
    public void Thins_a_curve_to_its_ends_and_the_extremes_of_each_stretch()
    {
        Point[] points = [.. Enumerable.Range(0, 100).Select(step => new Point(step, step, step % 10 == 3 ? -step : step % 10 == 7 ? step : 0))];
        Assert.Equal(points, Sampling.Curve(points, 100));
        var kept = Sampling.Curve(points, 22);
        Assert.InRange(kept.Count, 20, 22);
        Assert.Equal((0, 99), (kept[0].Step, kept[^1].Step));
        foreach (var extreme in (long[])[93, 97, 53, 57]) Assert.Contains(kept, point => point.Step == extreme);
        Assert.All(Sampling.Curve([.. points.Select(point => point with { Value = double.NaN })], 10), point => Assert.True(double.IsNaN(point.Value)));
    }

    [Fact]
    public async Task Draws_boxes_whose_quartiles_are_those_of_the_runs()
    {
        await using var flyball = await TestFlyball.StartAsync();
        foreach (var loss in (double[])[1, 2, 3, 4, 5, 100]) await RunAsync(flyball, "r", loss, ("eta", "0.1"));
        foreach (var loss in (double[])[7, 9]) await RunAsync(flyball, "r", loss, ("eta", "0.2"));
        var html = await PageAsync(flyball, "experiment=0&box=metrics.loss&by=params.eta");
        // type 7 of Hyndman and Fan: positions 1.25, 2.5 and 3.75 of 0 to 5
        Assert.Contains("eta 0.1: 6 runs, median 3.5, half of them from 2.25 to 4.75", html);
        Assert.Contains("eta 0.2: 2 runs, median 8, half of them from 7.5 to 8.5", html);
        Assert.Contains("<title>100</title>", html);
    }

    private static async Task<string> RunAsync(TestFlyball flyball, string name, double loss, params (string Key, string Value)[] parameters)
    {
        var run = await flyball.Client.StartRunAsync("0", name, Cancel);
        await flyball.Client.LogAsync(run, [new MetricValue("loss", loss, At, 0)], parameters.ToDictionary(pair => pair.Key, pair => pair.Value), new Dictionary<string, string>(), Cancel);
        return run;
    }

    private static async Task<string> PageAsync(TestFlyball flyball, string query)
    {
        using var answer = await flyball.Http.GetAsync(new Uri($"/experiments/compare?{query}", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private static async Task<JsonElement> CurvesAsync(TestFlyball flyball, string query) =>
        JsonDocument.Parse(await flyball.Http.GetByteArrayAsync(new Uri($"/experiments/compare/curves?{query}", UriKind.Relative), Cancel)).RootElement.GetProperty("curves");

    private static IEnumerable<string> Heads(string html) => Regex.Matches(html, "<th scope=\"row\">([^<]*)</th>").Select(head => head.Groups[1].Value);
}
