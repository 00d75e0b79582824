using System.Globalization;
using Flyball.Foundation;
using Flyball.Server.Tracking;
using Flyball.Tests;
using static Microsoft.Playwright.Assertions;

namespace Flyball.BrowserTests;

/// <summary>The collection of what is timed and therefore runs while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Timed
{
    public const string Name = "timed";
}

[Collection(Timed.Name)]
public sealed class An_experiment_of_a_hundred_thousand_runs(Browser browser)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_usable_within_300_milliseconds()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var (runs, random) = (flyball.Server.Service<Runs>(), new Random(3));
        for (var part = 0; part < 100; part++)
        {
            await flyball.Server.Service<Db>().WriteAsync(
                async tx =>
                {
                    var experiment = await Experiments.GetAsync(tx, "0");
                    for (var i = 0; i < 1000; i++)
                    {
                        var number = (part * 1000) + i;
                        var run = await runs.StartAsync(tx, experiment, $"run-{number}", "someone", DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(number), [], null, null);
                        await runs.LogAsync(
                            tx, run.Id,
                            new RunBatch(
                                [.. Enumerable.Range(0, 5).Select(m => new MetricPoint($"m{m}", random.NextDouble(), 0, run.Started))],
                                [KeyValuePair.Create("eta", random.NextDouble().ToString("R", CultureInfo.InvariantCulture)), KeyValuePair.Create("depth", $"{random.Next(3, 12)}"), KeyValuePair.Create("optimizer", "adam")], [KeyValuePair.Create("team", $"team-{random.Next(20)}")]),
                            null);
                    }
                },
                Cancel);
        }

        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync("/experiments/0");
        await Expect(tab.Page.Locator(".lead")).ToContainTextAsync("100,000 runs");
        foreach (var query in (string[])["", "?sort=metrics.m1&descending=true", "?sort=params.eta", "?filter=metrics.m0%20%3E%200.5%20and%20tags.team%20%3D%20'team-3'&sort=metrics.m2", "?group=params.depth", "?group=params.eta"])
        {
            var times = new List<double>();
            for (var i = 0; i < 9; i++)
            {
                await tab.GoAsync($"/experiments/0{query}");
                times.Add(await tab.Page.EvaluateAsync<double>("() => performance.getEntriesByType('navigation')[0].loadEventEnd"));
            }

            times.Sort();
            TestContext.Current.SendDiagnosticMessage($"/experiments/0{query}: {times[0]:0} ms at best, {times[4]:0} ms median, {times[^1]:0} ms at worst");
            // the median is told, the best is judged: other programs may run beside this one
            Assert.InRange(times[0], 0, 300);
        }

        await tab.GoAsync("/experiments/compare?experiment=0&metric=m0");
        await Expect(tab.Page.Locator(".lead")).ToContainTextAsync("The first 1,000 of 100,000 runs");
        await Expect(tab.Page.Locator("path.run")).ToHaveCountAsync(1000);
        await Looks.KeepAsync(tab.Page, "compare-thousand-1400-light");
        await tab.GoAsync("/experiments/0");
        await Looks.KeepAsync(tab.Page, "experiment-100000-1400-light");
        Assert.Empty(tab.Complaints);
    }
}
