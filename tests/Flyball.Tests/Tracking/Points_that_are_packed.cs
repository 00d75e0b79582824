using Flyball.Foundation;
using Flyball.Server.Tracking;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

/// <summary>Points of runs that log little and much, packed at any moment: every history and every newest value stays as if nothing had been packed.</summary>
public sealed class Points_that_are_packed
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 3, 5)]
    [InlineData(2, 40, 30)]
    [InlineData(3, 2, 4000)]
    [InlineData(4, 700, 20)]
    public async Task Are_read_as_they_were_logged(int seed, int keys, int most)
    {
        var random = new Random(seed);
        await using var flyball = await TestFlyball.StartAsync();
        flyball.Server.Service<Loops>().Hold();
        var db = flyball.Server.Service<Db>();
        var runs = new List<(string Id, long Number)>();
        for (var i = 0; i < 3; i++)
        {
            var id = (await flyball.CallAsync("POST", "runs/create", """{"experiment_id": "0"}""")).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
            runs.Add((id, (await db.ReadAsync(tx => Runs.GetAsync(tx, id), Cancel)).Number));
        }

        var logged = runs.ToDictionary(run => run.Number, _ => new Dictionary<string, List<Point>>());
        for (var call = 0; call < 60; call++)
        {
            var run = runs[random.Next(runs.Count)].Number;
            var points = new Dictionary<string, List<Point>>();
            foreach (var key in Enumerable.Range(0, keys).Where(_ => random.Next(4) > 0)) points[$"metric/{key}"] = [.. Enumerable.Range(0, 1 + random.Next(most)).Select(_ => Next(random))];
            if (points.Count == 0) continue;
            // sometimes a client that had no answer sends again
            for (var time = random.Next(5) == 0 ? 2 : 1; time > 0; time--) await db.WriteAsync(tx => MetricsSql.LogAsync(tx, run, points), Cancel);
            foreach (var (key, own) in points) (logged[run].TryGetValue(key, out var all) ? all : logged[run][key] = []).AddRange(own);
            if (random.Next(3) == 0) await db.WriteAsync(tx => MetricsSql.FoldAsync(tx, run, 1 + random.Next(4)), Cancel);
            if (call % 20 == 19) await SameAsync(db, logged);
        }

        await db.WriteAsync(
            async tx =>
            {
                foreach (var (_, run) in runs) await MetricsSql.FoldAsync(tx, run, int.MaxValue);
            },
            Cancel);
        Assert.Empty(await db.ReadAsync(MetricsSql.WaitingAsync, Cancel));
        await SameAsync(db, logged);
        var (together, chunks) = await db.ReadAsync(async tx => (await tx.ScalarAsync<long>("select coalesce(max(bytes), 0) from point_log"), await tx.ScalarAsync<long>("select count(*) from point_chunks")), Cancel);
        Assert.True(together < 1 << 20, $"{together} bytes are still together");
        Assert.Equal(most > 5, chunks > 0);
    }

    private static Point Next(Random random) => new(random.Next(50), 1_700_000_000_000_000 + random.Next(1000), random.Next(20) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, _ => random.NextDouble() });

    private static async Task SameAsync(Db db, Dictionary<long, Dictionary<string, List<Point>>> logged)
    {
        var newest = new Dictionary<(long, string), double>();
        await using var tx = await db.ReadAsync(Cancel);
        await MetricsSql.NewestAsync(tx, (run, key, value) => newest[(run, key)] = value);
        var details = await MetricsSql.NewestAsync(tx, [.. logged.Keys]);
        foreach (var (run, metrics) in logged)
        {
            foreach (var (key, points) in metrics)
            {
                var expected = points.Aggregate((one, other) => Point.InSteps(other, one) > 0 ? other : one);
                // points that differ in the value alone, where one is NaN, have no order among them
                Assert.Equal((expected.Step, expected.At), (details[run][key].Step, details[run][key].At));
                Assert.Contains(points, point => point.Step == expected.Step && point.At == expected.At && point.Value.Equals(newest[(run, key)]));
                Assert.Equal(points.Distinct().Order(Comparer<Point>.Create(Point.InTime)), await MetricsSql.LookAsync(tx, run, key, points => points.ToArray()));
            }

            Assert.Equal(metrics.Count, newest.Count(known => known.Key.Item1 == run));
        }
    }
}
