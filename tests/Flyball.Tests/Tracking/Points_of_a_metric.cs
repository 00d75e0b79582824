using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Flyball.Tests.Tracking;

/// <summary>Whatever is logged, in whatever order and however often, before and after it is packed: a history holds each point once, and a run's value is the newest.</summary>
public sealed class Points_of_a_metric
{
    private const string Api = "/api/2.0/mlflow";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Are_all_there_once_and_the_newest_is_the_value(int seed)
    {
        var flyball = await TestFlyball.StartAsync();
        var random = new Random(seed);
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        var expected = new Dictionary<string, HashSet<(long At, long Step, double Value)>>();
        for (var call = 0; call < 60; call++)
        {
            var metrics = Enumerable.Range(0, random.Next(1, 300)).Select(_ => Point(random)).ToList();
            foreach (var (key, at, step, value) in metrics)
            {
                if (!expected.TryGetValue(key, out var points)) expected[key] = points = [];
                points.Add((at, step, value));
            }

            var body = new JsonObject { ["run_id"] = run, ["metrics"] = new JsonArray([.. metrics.Select(metric => Json(metric.Key, metric.At, metric.Step, metric.Value))]) };
            // a client that had no answer sends again
            for (var time = 0; time < random.Next(1, 3); time++) Assert.Equal(HttpStatusCode.OK, (await flyball.Http.PostAsJsonAsync($"{Api}/runs/log-batch", body, Cancel)).StatusCode);
            if (random.Next(4) == 0) await flyball.UntilQuietAsync();
            if (call % 15 == 14) await CheckAsync(flyball, run, expected);
        }

        await Task.Delay(TimeSpan.FromSeconds(2.1), TimeProvider.System, Cancel);
        await flyball.UntilQuietAsync();
        await CheckAsync(flyball, run, expected);
        await using var restarted = await flyball.RestartAsync();
        await CheckAsync(restarted, run, expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Are_thinned_to_a_curve_that_keeps_every_peak(bool shuffled)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        var steps = Enumerable.Range(0, 20_000).ToArray();
        if (shuffled) new Random(7).Shuffle(steps);
        foreach (var part in steps.Chunk(1000))
        {
            await flyball.Client.LogAsync(run, [.. part.Select(step => new Flyball.Client.MetricValue("m", step == 12_345 ? 99 : step == 777 ? -99 : step == 5000 ? double.NaN : Math.Sin(step / 300.0), DateTimeOffset.UnixEpoch.AddSeconds(step), step))], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        }

        var curve = await flyball.Client.GetCurveAsync(run, "m", 500, Cancel);
        Assert.InRange(curve.Step.Count, 400, 500);
        Assert.Equal(curve.Step.Order(), curve.Step);
        Assert.Equal((0L, 19_999L), (curve.Step[0], curve.Step[^1]));
        Assert.Contains(99d, curve.Value.OfType<double>());
        Assert.Contains(-99d, curve.Value.OfType<double>());
        Assert.Equal(20_000, (await flyball.Client.GetCurveAsync(run, "m", 100_000, Cancel)).Step.Count);
        Assert.Equal(400, (await Assert.ThrowsAsync<Flyball.Client.FlyballException>(() => flyball.Client.GetCurveAsync(run, "m", 1, Cancel))).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<Flyball.Client.FlyballException>(() => flyball.Client.GetCurveAsync("none", "m", 10, Cancel))).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Of_several_runs_are_sampled_at_steps_spread_evenly_with_the_ends_of_each(int seed)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var random = new Random(seed);
        var histories = new Dictionary<string, List<(long Step, long At, double Value)>>();
        for (var i = 0; i < seed; i++)
        {
            var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
            var (first, every) = (random.Next(-50, 50), random.Next(1, 4));
            var points = Enumerable.Range(0, random.Next(1, 400)).Select(at => ((long)first + (every * at), 1000L + at, Math.Round(random.NextDouble(), 3))).ToList();
            // a second value at some steps, and some that come late
            points.AddRange(points.Where(_ => random.Next(10) == 0).Select(point => (point.Item1, point.Item2 + 5000, -1d)).ToList());
            var logged = points.ToArray();
            if (seed > 2) random.Shuffle(logged);
            foreach (var part in logged.Chunk(100)) await flyball.Client.LogAsync(run, [.. part.Select(point => new Flyball.Client.MetricValue("m", point.Item3, DateTimeOffset.FromUnixTimeMilliseconds(point.Item2), point.Item1))], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
            histories[run] = points;
        }

        foreach (var (most, range) in ((int, (long From, long To)?)[])[(2500, null), (20, null), (1, null), (7, (10, 60)), (5, (-1000, -900)), (3, (0, long.MaxValue))])
        {
            var within = histories.ToDictionary(run => run.Key, run => run.Value.Where(point => range is not { } asked || (point.Step >= asked.From && point.Step <= asked.To)).Order().ToList());
            var steps = within.Values.SelectMany(points => points.Select(point => point.Step)).Distinct().Order().ToArray();
            HashSet<long> chosen = steps.Length <= most ? [.. steps] : [.. Enumerable.Range(0, most).Select(i => steps[i * steps.Length / most]), .. within.Values.Where(points => points.Count > 0).SelectMany(points => new[] { points[0].Step, points[^1].Step })];
            var found = await flyball.Http.GetFromJsonAsync<JsonElement>($"{Api}/metrics/get-history-bulk-interval?metric_key=m&max_results={most}{(range is { } of ? $"&start_step={of.From}&end_step={of.To}" : "")}{string.Concat(histories.Keys.Select(run => $"&run_ids={run}"))}", Cancel);
            Assert.Equal(
                within.SelectMany(run => run.Value.Where(point => chosen.Contains(point.Step)).Select(point => (run.Key, point.At, point.Step, point.Value))),
                (found.TryGetProperty("metrics", out var metrics) ? metrics.EnumerateArray() : default).Select(point => (point.GetProperty("run_id").GetString()!, point.GetProperty("timestamp").GetInt64(), point.GetProperty("step").GetInt64(), point.GetProperty("value").GetDouble())));
        }
    }

    [Fact]
    public async Task Are_told_page_by_page_while_more_come()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        for (var i = 0; i < 10; i++) await LogAsync(flyball, run, "m", 1000 + i, i, i);
        var (seen, token) = (new List<double>(), "");
        do
        {
            var page = await flyball.Http.GetFromJsonAsync<JsonElement>($"{Api}/metrics/get-history?run_id={run}&metric_key=m&max_results=3&page_token={token}", Cancel);
            seen.AddRange(page.GetProperty("metrics").EnumerateArray().Select(point => point.GetProperty("value").GetDouble()));
            // one before what is read already, and one behind it
            await LogAsync(flyball, run, "m", 500 + seen.Count, 0, -1);
            if (seen.Count < 6) await LogAsync(flyball, run, "m", 5000 + seen.Count, 0, 100 + seen.Count);
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString()! : "";
        }
        while (token.Length > 0);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 103], seen);
    }

    private static (string Key, long At, long Step, double Value) Point(Random random)
    {
        var value = random.Next(20) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, _ => Math.Round(random.NextDouble(), 1) };
        return ($"m{random.Next(4)}", 1000 + random.Next(30), random.Next(-3, 30), value);
    }

    private static JsonObject Json(string key, long at, long step, double value) => new()
    {
        ["key"] = key, ["timestamp"] = at, ["step"] = step, ["value"] = double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"),
    };

    private static async Task LogAsync(TestFlyball flyball, string run, string key, long at, long step, double value)
    {
        var body = Json(key, at, step, value);
        body["run_id"] = run;
        Assert.Equal(HttpStatusCode.OK, (await flyball.Http.PostAsJsonAsync($"{Api}/runs/log-metric", body, Cancel)).StatusCode);
    }

    private static async Task CheckAsync(TestFlyball flyball, string run, Dictionary<string, HashSet<(long At, long Step, double Value)>> expected)
    {
        var newest = (await flyball.Http.GetFromJsonAsync<JsonElement>($"{Api}/runs/get?run_id={run}", Cancel)).GetProperty("run").GetProperty("data").GetProperty("metrics").EnumerateArray().ToDictionary(metric => metric.GetProperty("key").GetString()!);
        Assert.Equal(expected.Keys.Order(), newest.Keys.Order());
        foreach (var (key, points) in expected)
        {
            var history = (await flyball.Http.GetFromJsonAsync<JsonElement>($"{Api}/metrics/get-history?run_id={run}&metric_key={key}&max_results=25000", Cancel)).GetProperty("metrics").EnumerateArray().Select(Read).ToList();
            Assert.Equal(points.Order(), history.Order());
            Assert.Equal(history, history.OrderBy(point => point.At).ThenBy(point => point.Step));
            // NaN counts as 0
            var last = points.MaxBy(point => (point.Step, point.At, double.IsNaN(point.Value) ? 0 : point.Value));
            var told = Read(newest[key]);
            Assert.Equal((last.Step, last.At), (told.Step, told.At));
            Assert.Equal(double.IsNaN(last.Value) ? 0 : last.Value, double.IsNaN(told.Value) ? 0 : told.Value);
        }
    }

    private static (long At, long Step, double Value) Read(JsonElement metric)
    {
        var value = metric.GetProperty("value");
        var number = value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble();
        return (metric.GetProperty("timestamp").GetInt64(), metric.GetProperty("step").GetInt64(), number == double.MaxValue ? double.PositiveInfinity : number == double.MinValue ? double.NegativeInfinity : number);
    }
}
