using System.Text.RegularExpressions;
using Flyball.Tests;
using static Microsoft.Playwright.Assertions;

namespace Flyball.BrowserTests;

/// <summary>Experiments, their runs and comparisons, on a desk and on a phone, by day and by night.</summary>
public sealed class Pages_of_experiments(Browser browser, TunedRuns tuned) : IClassFixture<TunedRuns>
{
    private static readonly string[] Pages = ["experiments", "experiment", "experiment sorted", "experiment grouped", "experiment wrong filter", "experiment deleted", "experiment empty", "compare", "compare many", "compare none", "deleted", "tuned run", "tuned run text", "tuned run table", "tuned run image", "tuned run model", "lineage of a tuned run"];

    private static readonly Dictionary<string, string> None = [];
    private static readonly DateTimeOffset At = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, int, bool> Cases()
    {
        var cases = new TheoryData<string, int, bool>();
        foreach (var page in Pages) foreach (var width in (int[])[1400, 390]) foreach (var dark in (bool[])[false, true]) cases.Add(page, width, dark);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Are_whole_and_readable(string page, int width, bool dark)
    {
        await using var tab = await browser.OpenAsync(tuned.Url, width, dark);
        await tab.GoAsync(tuned.Paths[page]);
        await tab.Page.DrawnAsync();
        await tab.Page.WaitForFunctionAsync("() => [...document.querySelectorAll('main img')].every(image => image.complete && image.naturalWidth > 0)");
        await Looks.KeepAsync(tab.Page, $"{page.Replace(' ', '-')}-{width}-{(dark ? "dark" : "light")}");
        Assert.Empty(tab.Complaints);
        Assert.Equal([tuned.Url.Authority], tab.Asked);
        Assert.Equal(0, await tab.Page.Locator("main img:not(.preview), main b").CountAsync());
        Assert.Empty(await tab.Page.BeyondTheScreenAsync());
        Assert.Empty(await tab.Page.FaintTextsAsync());
    }

    [Fact]
    public async Task Lead_from_the_list_over_the_chosen_runs_to_their_comparison()
    {
        await using var tab = await browser.OpenAsync(tuned.Url);
        await tab.GoAsync("/");
        await tab.Page.Locator(".top a[href='/experiments']").ClickAsync();
        await tab.Page.Locator($"a[href='/experiments/{tuned.Experiment}']").ClickAsync();
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync($"Tuning {TunedRuns.Markup}");
        await tab.Page.Locator("input[name=filter]").FillAsync("params.optimizer = 'adam'");
        await tab.Page.Locator("form.row button").First.ClickAsync();
        await tab.Page.Locator("th a", new() { HasTextString = "rmse" }).ClickAsync();
        await Expect(tab.Page.Locator("th[aria-sort=descending]")).ToContainTextAsync("rmse");
        Assert.Contains("filter=params.optimizer", tab.Page.Url);
        Assert.DoesNotContain("view=", tab.Page.Url);
        await tab.Page.Locator("input[name=runs]").Nth(0).CheckAsync();
        await tab.Page.Locator("input[name=runs]").Nth(2).CheckAsync();
        await Expect(tab.Page.Locator("[data-chosen]")).ToHaveTextAsync("2 chosen");
        await tab.Page.Locator("form.runs .bar button").First.ClickAsync();
        await Expect(tab.Page.Locator("metric-curves .legend a")).ToHaveCountAsync(2);
        Assert.DoesNotContain("key=", tab.Page.Url);
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Keep_what_is_chosen_of_the_curves_and_axes_in_the_address()
    {
        await using var tab = await browser.OpenAsync(tuned.Url);
        await tab.GoAsync(tuned.Paths["compare"]);
        var curve = tab.Page.Locator("path.curve:not(.raw)").First;
        await curve.WaitForAsync(new() { State = Microsoft.Playwright.WaitForSelectorState.Attached });
        var before = await curve.GetAttributeAsync("d");
        await tab.Page.Locator("input[name=smooth]").FillAsync("0.9");
        await tab.Page.Locator("#curves select[name=x]").SelectOptionAsync("relative");
        Assert.Contains("smooth=0.9", tab.Page.Url);
        Assert.Contains("x=relative", tab.Page.Url);
        Assert.NotEqual(before, await tab.Page.Locator("path.curve:not(.raw)").First.GetAttributeAsync("d"));
        await tab.Page.Locator(".parallel .axis").First.FocusAsync();
        await tab.Page.Keyboard.PressAsync("ArrowUp");
        await Expect(tab.Page.Locator("[data-told]")).ToContainTextAsync("of 6 runs chosen");
        Assert.Contains("brush=0", tab.Page.Url);
        // another part of the page is chosen: what the curves have stays
        await tab.Page.Locator("select[name=across]").SelectOptionAsync("metrics.size_mb");
        await Expect(tab.Page).ToHaveURLAsync(new Regex("across=metrics.size_mb"));
        Assert.Contains("smooth=0.9", tab.Page.Url);
        await Expect(tab.Page.Locator("input[type=range]")).ToHaveValueAsync("0.9");
        await Expect(tab.Page.Locator("[data-told]")).ToContainTextAsync("of 6 runs chosen");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Delete_and_restore_what_is_chosen()
    {
        await using var tab = await browser.OpenAsync(tuned.Url);
        await tab.GoAsync($"/experiments/{tuned.Small}");
        await tab.Page.Locator("[data-check-all]").CheckAsync();
        await Expect(tab.Page.Locator("[data-chosen]")).ToHaveTextAsync("2 chosen");
        await tab.Page.Locator("#change summary").ClickAsync();
        await tab.Page.Locator("#change button").First.ClickAsync();
        await Expect(tab.Page.Locator(".lead")).ToContainTextAsync("0 runs");
        await tab.GoAsync($"/experiments/{tuned.Small}?view=deleted");
        await tab.Page.Locator("[data-check-all]").CheckAsync();
        await tab.Page.Locator("#change summary").ClickAsync();
        await tab.Page.Locator("#change button").First.ClickAsync();
        await tab.GoAsync($"/experiments/{tuned.Small}");
        await Expect(tab.Page.Locator("input[name=runs]")).ToHaveCountAsync(2);
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Grow_while_runs_are_logged_and_keep_what_is_chosen()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "first", Cancel);
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync("/experiments/0");
        await tab.Page.Locator("input[name=runs]").CheckAsync();
        await flyball.Client.LogAsync(run, [new Client.MetricValue("rmse", 0.5, DateTimeOffset.UnixEpoch.AddDays(19_000), 0)], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        await flyball.Client.StartRunAsync("0", "second", Cancel);
        await Expect(tab.Page.Locator("input[name=runs]")).ToHaveCountAsync(2);
        await Expect(tab.Page.Locator("td.num", new() { HasTextString = "0.5" })).ToHaveCountAsync(1);
        await Expect(tab.Page.Locator("input[name=runs]:checked")).ToHaveCountAsync(1);
        await Expect(tab.Page.Locator("[data-chosen]")).ToHaveTextAsync("1 chosen");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Pass_a_tick_on_to_no_other_run()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "first", Cancel);
        await flyball.Client.StartRunAsync("0", "second", Cancel);
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync("/experiments/0?filter=status%20%3D%20%27RUNNING%27");
        await tab.Page.Locator($"input[name=runs][value='{run}']").CheckAsync();
        await flyball.Client.EndRunAsync(run, well: true, Cancel);
        await flyball.Client.StartRunAsync("0", "third", Cancel);
        await Expect(tab.Page.Locator($"input[name=runs][value='{run}']")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        await Expect(tab.Page.Locator("input[name=runs]")).ToHaveCountAsync(2);
        await Expect(tab.Page.Locator("input[name=runs]:checked")).ToHaveCountAsync(0);
        await Expect(tab.Page.Locator("[data-chosen]")).ToHaveTextAsync("choose runs by their boxes");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Leave_what_a_person_types_and_ticks_where_something_appears_beside_it()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "first", Cancel);
        await flyball.Client.LogAsync(run, [new Client.MetricValue("rmse", 0.5, At, 0)], new Dictionary<string, string> { ["eta"] = "0.1" }, None, Cancel);
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync("/experiments/0");
        await tab.Page.Locator("#columns summary").ClickAsync();
        var box = tab.Page.Locator("#columns input[type=checkbox]:not(:checked)").First;
        var ticked = await box.GetAttributeAsync("value");
        await box.CheckAsync();
        await tab.Page.Locator("input[name=filter]").PressSequentiallyAsync("metrics.rmse < 0.");
        using (var note = new StringContent("""{"experiment_id": "0", "key": "mlflow.note.content", "value": "what others say"}""", System.Text.Encoding.UTF8, "application/json"))
        {
            (await flyball.Http.PostAsync("/api/2.0/mlflow/experiments/set-experiment-tag", note, Cancel)).EnsureSuccessStatusCode();
        }

        await Expect(tab.Page.Locator("p.note")).ToHaveTextAsync("what others say", new() { Timeout = 20_000 });
        await tab.Page.Keyboard.TypeAsync("7");
        await Expect(tab.Page.Locator("input[name=filter]")).ToHaveValueAsync("metrics.rmse < 0.7");
        await Expect(tab.Page.Locator("#columns")).ToHaveAttributeAsync("open", "");
        await Expect(tab.Page.Locator($"#columns input[value='{ticked}']")).ToBeCheckedAsync();
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Draw_what_compared_runs_log_and_keep_what_is_chosen()
    {
        await using var flyball = await TestFlyball.StartAsync();
        string[] runs = [await flyball.Client.StartRunAsync("0", "one", Cancel), await flyball.Client.StartRunAsync("0", "other", Cancel)];
        foreach (var run in runs)
        {
            await LogAsync(run, 0, 3);
            await flyball.Client.LogAsync(run, [], new Dictionary<string, string> { ["eta"] = run == runs[0] ? "0.1" : "0.2" }, None, Cancel);
        }

        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync($"/experiments/compare?runs={string.Join(',', runs)}&metric=rmse");
        await Expect(tab.Page.Locator("path.curve")).ToHaveCountAsync(2);
        await tab.Page.Locator("input[name=smooth]").FillAsync("0.5");
        await tab.Page.Locator("#axes summary").ClickAsync();
        await tab.Page.Locator(".parallel .axis").First.FocusAsync();
        await tab.Page.Keyboard.PressAsync("ArrowUp");
        await tab.Page.EvaluateAsync("() => { window.here = true; document.querySelector('metric-curves').here = true; }");
        var (before, told) = (await tab.Page.Locator("path.curve:not(.raw)").First.GetAttributeAsync("d"), await tab.Page.Locator("[data-told]").TextContentAsync());

        // more of one metric, and a metric that there was not: the table, the curves and the axes follow
        await LogAsync(runs[0], 3, 40);
        await flyball.Client.LogAsync(runs[0], [new Client.MetricValue("auc", 0.75, At, 0)], None, None, Cancel);
        await Expect(tab.Page.Locator("#values td.num", new() { HasTextString = "0.75" })).ToHaveCountAsync(1, new() { Timeout = 20_000 });
        await Expect(tab.Page.Locator("#values td.num", new() { HasTextString = "0.025" })).ToHaveCountAsync(1);
        await Expect(tab.Page.Locator("path.curve:not(.raw)").First).Not.ToHaveAttributeAsync("d", before!);
        Assert.True(await tab.Page.EvaluateAsync<bool>("() => window.here && document.querySelector('metric-curves').here"));
        Assert.Contains("smooth=0.5", tab.Page.Url);
        await Expect(tab.Page.Locator("input[type=range]")).ToHaveValueAsync("0.5");
        await Expect(tab.Page.Locator("#axes")).ToHaveAttributeAsync("open", "");
        await Expect(tab.Page.Locator("[data-told]")).ToHaveTextAsync(told!);
        Assert.Contains("brush=0", tab.Page.Url);

        // once all have ended nothing is asked for any more
        foreach (var run in runs) await flyball.Client.EndRunAsync(run, well: true, Cancel);
        await Expect(tab.Page.Locator("main:not([data-live])")).ToHaveCountAsync(1, new() { Timeout = 20_000 });
        Assert.Empty(tab.Complaints);

        Task LogAsync(string run, int from, int to) => flyball.Client.LogAsync(run, [.. Enumerable.Range(from, to - from).Select(step => new Client.MetricValue("rmse", 1.0 / (step + 1), At.AddSeconds(step), step))], None, None, Cancel);
    }

    [Fact]
    public async Task Draw_the_first_curves_of_a_run_that_had_none()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "one", Cancel);
        await using var tab = await browser.OpenAsync(flyball.Server.Url);
        await tab.GoAsync($"/runs/{run}");
        await flyball.Client.LogAsync(run, [.. Enumerable.Range(0, 5).Select(step => new Client.MetricValue("rmse", 1.0 / (step + 1), At.AddSeconds(step), step))], None, None, Cancel);
        await Expect(tab.Page.Locator("path.curve")).ToHaveCountAsync(1, new() { Timeout = 20_000 });
        Assert.Empty(tab.Complaints);
    }
}
