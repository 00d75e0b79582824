using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Flyball.Tests.Tracking;

/// <summary>Random runs, random changes and random filters and orders, against a list that is filtered and sorted plainly.</summary>
public sealed partial class A_search_of_runs
{
    private const string Api = "/api/2.0/mlflow";
    private static readonly string[] Words = ["alpha", "Beta", "beta-2", "it's", "100%", "under_score", ""];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Finds_what_a_plain_list_does_page_by_page(int seed)
    {
        var flyball = await TestFlyball.StartAsync();
        var random = new Random(seed);
        var all = new List<Known>();
        string[] experiments = ["0", await flyball.Client.EnsureExperimentAsync("other", Cancel)];
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 25; i++) all.Add(await AddAsync(flyball, random, experiments[random.Next(2)]));
            foreach (var run in all.Where(_ => random.Next(3) == 0)) await ChangeAsync(flyball, random, run);
            for (var query = 0; query < 40; query++) await CompareAsync(flyball, random, all, experiments);
            if (random.Next(2) == 0) await flyball.UntilQuietAsync();
            if (round == 2) flyball = await flyball.RestartAsync();
        }

        await flyball.DisposeAsync();
    }

    [Fact]
    public async Task By_the_context_of_a_dataset_finds_what_the_run_said_first_also_after_a_restart()
    {
        var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        Assert.Equal((0, 0), (await FoundAsync("training"), await FoundAsync("eval")));
        foreach (var context in (string[])["training", "eval"]) await flyball.Client.LogInputsAsync(run, [new Flyball.Client.RunDataset("d", "1", "local", "here", Context: context)], [], Cancel);
        Assert.Equal((1, 0), (await FoundAsync("training"), await FoundAsync("eval")));
        flyball = await flyball.RestartAsync();
        Assert.Equal((1, 0), (await FoundAsync("training"), await FoundAsync("eval")));
        await flyball.DisposeAsync();

        async Task<long> FoundAsync(string context) => (await flyball.Client.SearchRunsAsync(new Flyball.Client.SearchRuns(["0"], $"dataset.context = '{context}'"), Cancel)).Total;
    }

    [Fact]
    public async Task As_a_table_tells_the_columns_asked_for_and_how_many_there_are()
    {
        await using var flyball = await TestFlyball.StartAsync();
        for (var i = 0; i < 25; i++)
        {
            var run = await flyball.Client.StartRunAsync("0", $"r{i}", Cancel);
            await flyball.Client.LogAsync(run, [new Flyball.Client.MetricValue("m", i, DateTimeOffset.UnixEpoch, 0)], i % 2 == 0 ? new Dictionary<string, string> { ["p"] = $"{i % 4}" } : [], new Dictionary<string, string>(), Cancel);
        }

        var search = new Flyball.Client.SearchRuns(["0"], "metrics.m >= 5 or params.p = '2'", ["metrics.m DESC"], ["metrics.m", "params.p", "tags.none"], Limit: 8);
        var (seen, pages) = (new List<double>(), 0);
        for (string? token = null; pages == 0 || token is not null; pages++)
        {
            var page = await flyball.Client.SearchRunsAsync(search with { PageToken = token }, Cancel);
            Assert.Equal(21, page.Total);
            foreach (var row in page.Runs)
            {
                var number = row.Values[0].GetDouble();
                seen.Add(number);
                Assert.Equal(number % 2 == 0 ? $"{number % 4}" : null, row.Values[1].GetString());
                Assert.Equal(JsonValueKind.Null, row.Values[2].ValueKind);
            }

            token = page.NextPageToken;
        }

        Assert.Equal([.. Enumerable.Range(5, 20).Select(i => (double)i).Reverse(), 2], seen);
        Assert.Equal(0, (await flyball.Client.SearchRunsAsync(new Flyball.Client.SearchRuns(["0"], View: "deleted"), Cancel)).Total);
        foreach (var wrong in (Flyball.Client.SearchRuns[])[search with { Limit = 0 }, search with { View = "some" }, search with { Filter = "m >" }, search with { Columns = ["nothing.x"] }, search with { PageToken = "x" }])
        {
            Assert.Equal(400, (await Assert.ThrowsAsync<Flyball.Client.FlyballException>(() => flyball.Client.SearchRunsAsync(wrong, Cancel))).Status);
        }
    }

    [Fact]
    public async Task Knows_every_attribute_as_a_filter_an_order_and_a_column()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var start = DateTimeOffset.UnixEpoch.AddDays(20_000);
        for (var i = 1; i <= 3; i++)
        {
            var run = await flyball.Client.StartRunAsync(new Flyball.Client.StartRun("0", $"r{i}", "someone", start), Cancel);
            if (i < 3) await flyball.Client.SetRunStatusAsync(run, "FINISHED", start.AddSeconds(i), Cancel);
        }

        string[] columns = ["attributes.start_time", "attributes.end_time", "attributes.duration", "attributes.run_id", "attributes.artifact_uri", "attributes.run_name", "attributes.status"];
        async Task<List<Flyball.Client.RunRowInfo>> FindAsync(string filter) => [.. (await flyball.Client.SearchRunsAsync(new Flyball.Client.SearchRuns(["0"], filter, ["attributes.run_name ASC"], columns), Cancel)).Runs];
        Assert.Equal(["r2"], (await FindAsync("attributes.duration > 1000")).Select(run => run.Name));
        Assert.Equal(["r1", "r2"], (await FindAsync("attributes.duration IN (1000, 2000)")).Select(run => run.Name));
        Assert.Equal(["r3"], (await FindAsync("attributes.duration IS NULL")).Select(run => run.Name));
        var all = await FindAsync("");
        foreach (var run in all)
        {
            var ended = run.Ended?.ToUnixTimeMilliseconds();
            Assert.Equal(start.ToUnixTimeMilliseconds(), run.Values[0].GetInt64());
            Assert.Equal(ended, run.Values[1].ValueKind == JsonValueKind.Null ? null : run.Values[1].GetInt64());
            Assert.Equal(ended - start.ToUnixTimeMilliseconds(), run.Values[2].ValueKind == JsonValueKind.Null ? null : run.Values[2].GetInt64());
            Assert.Equal((run.Id, $"mlflow-artifacts:/0/{run.Id}/artifacts", run.Name), (run.Values[3].GetString(), run.Values[4].GetString(), run.Values[5].GetString()));
        }

        Assert.Equal([(long?)1000, 2000, null], all.Select(run => (run.Ended - run.Started)?.Ticks / TimeSpan.TicksPerMillisecond));
    }

    [Fact]
    public async Task Neither_skips_nor_repeats_while_runs_are_added()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var random = new Random(7);
        var all = new List<Known>();
        for (var i = 0; i < 60; i++) all.Add(await AddAsync(flyball, random, "0"));
        var before = all.Where(run => !run.Deleted).Select(run => run.Id).ToHashSet();
        var (seen, token) = (new List<string>(), "");
        do
        {
            var page = await SearchAsync(flyball, ["0"], "", ["metrics.a DESC"], "ACTIVE_ONLY", 7, token);
            seen.AddRange(page.Ids);
            token = page.Token;
            for (var i = 0; i < 5; i++) await AddAsync(flyball, random, "0");
        }
        while (token.Length > 0 && seen.Count < 400);
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Superset(before, seen.ToHashSet());
    }

    [Theory]
    [InlineData("metrics.a ~ 3", "Invalid comparator '~' not one of '{'>=', '<', '>', '<=', '=', '!='}'")]
    [InlineData("metrics.a > 'x'", "Expected numeric value type for metric. Found 'x'")]
    [InlineData("params.p = 3", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 3")]
    [InlineData("nonsense.p = 'x'", "Invalid entity type 'nonsense'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']")]
    [InlineData("attributes.nonsense = 'x'", "Invalid attribute key 'nonsense' specified")]
    [InlineData("params.p = 'x' and", "it ends too early")]
    [InlineData("(params.p = 'x'", "it ends too early")]
    [InlineData("params.p = 'x') ", "Invalid clause(s) in filter string: ')'")]
    [InlineData("params.p = 'x", "is not closed")]
    [InlineData("params.p IN ()", "Invalid clause(s) in filter string: ')'")]
    [InlineData("params.p IN 'x'", "Invalid clause(s) in filter string: ''x''")]
    [InlineData("params.p IS x", "Invalid clause(s) in filter string")]
    [InlineData("params.p", "it ends too early")]
    [InlineData("and", "Invalid attribute key 'and' specified")]
    [InlineData(";", "Invalid clause(s) in filter string: ';'")]
    public async Task Refuses_what_is_no_filter(string filter, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var answer = await flyball.Http.PostAsJsonAsync($"{Api}/runs/search", new { experiment_ids = new[] { "0" }, filter }, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var told = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("INVALID_PARAMETER_VALUE", told.GetProperty("error_code").GetString());
        Assert.Contains(said, told.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Survives_what_no_client_sends()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.StartRunAsync("0", "r", Cancel);
        object[] queries =
        [
            new { experiment_ids = new[] { "0" }, filter = new string('(', 200_000) }, new { experiment_ids = new[] { "0" }, filter = string.Concat(Enumerable.Repeat("not ", 20_000)) + "params.p = 'x'" },
            new { experiment_ids = new[] { "0" }, filter = new string('(', 5000) + "params.p = 'x'" + new string(')', 5000) }, new { experiment_ids = new[] { "0" }, page_token = "nonsense" }, new { experiment_ids = new[] { "0" }, page_token = "e30" },
            new { experiment_ids = new[] { "0" }, page_token = "eyJQYXJ0cyI6W251bGxdLCJSdW4iOiJ4In0" }, new { experiment_ids = new[] { "0" }, order_by = new[] { "" } }, new { experiment_ids = new[] { "0" }, order_by = new[] { "metrics.a DESC", "metric.a" } },
            new { experiment_ids = new[] { "0" }, max_results = 0 }, new { experiment_ids = new[] { "0" }, max_results = 50_001 }, new { experiment_ids = new[] { "0" }, run_view_type = "SOME" }, new { experiment_ids = "0" },
        ];
        foreach (var query in queries)
        {
            using var answer = await flyball.Http.PostAsJsonAsync($"{Api}/runs/search", query, Cancel);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        Assert.Single((await SearchAsync(flyball, ["0"], "", [], "ACTIVE_ONLY", 10, "")).Ids);
    }

    private static async Task CompareAsync(TestFlyball flyball, Random random, List<Known> all, string[] experiments)
    {
        var (filter, fits) = random.Next(6) == 0 ? ("", _ => true) : Filter(random, 3);
        var order = Order(random);
        string[] within = random.Next(3) == 0 ? [experiments[random.Next(2)]] : experiments;
        var view = random.Next(4) switch { 0 => "DELETED_ONLY", 1 => "ALL", _ => "ACTIVE_ONLY" };
        var expected = all.Where(run => within.Contains(run.Experiment) && view switch { "ALL" => true, "ACTIVE_ONLY" => !run.Deleted, _ => run.Deleted } && fits(run)).ToList();
        expected.Sort((one, other) => Compare(order.Keys, one, other));
        var (found, token, size) = (new List<string>(), "", random.Next(1, 30));
        do
        {
            var page = await SearchAsync(flyball, within, filter, order.Texts, view, size, token);
            Assert.True(page.Ids.Count <= size);
            found.AddRange(page.Ids);
            token = page.Token;
        }
        while (token.Length > 0);
        Assert.True(expected.Select(run => run.Id).SequenceEqual(found), $"{filter} order by {string.Join(", ", order.Texts)} ({view}) found {found.Count} instead of {expected.Count}: {string.Join(' ', found.Take(5))} instead of {string.Join(' ', expected.Take(5).Select(run => run.Id))}");
    }

    private static async Task<(List<string> Ids, string Token)> SearchAsync(TestFlyball flyball, string[] experiments, string filter, string[] order, string view, int size, string token)
    {
        using var answer = await flyball.Http.PostAsJsonAsync($"{Api}/runs/search", new { experiment_ids = experiments, filter, order_by = order, run_view_type = view, max_results = size, page_token = token }, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, $"{filter}: {text}");
        var page = JsonSerializer.Deserialize<JsonElement>(text);
        return (
            page.TryGetProperty("runs", out var runs) ? [.. runs.EnumerateArray().Select(run => run.GetProperty("info").GetProperty("run_id").GetString()!)] : [],
            page.TryGetProperty("next_page_token", out var next) ? next.GetString()! : "");
    }

    private static async Task<Known> AddAsync(TestFlyball flyball, Random random, string experiment)
    {
        var run = new Known { Experiment = experiment, Started = 1000 + random.Next(20), Name = $"run {Words[random.Next(5)]}" };
        var created = await PostAsync(flyball, "runs/create", new { experiment_id = experiment, start_time = run.Started, run_name = run.Name });
        run.Id = created.GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
        await ChangeAsync(flyball, random, run);
        return run;
    }

    private static async Task ChangeAsync(TestFlyball flyball, Random random, Known run)
    {
        if (run.Deleted)
        {
            if (random.Next(2) == 0) return;
            await PostAsync(flyball, "runs/restore", new { run_id = run.Id });
            run.Deleted = false;
        }

        foreach (var key in "abc")
        {
            if (random.Next(3) == 0) continue;
            var (value, step) = (random.Next(10) == 0 ? double.NaN : Math.Round((random.NextDouble() * 4) - 2, 1), random.Next(5));
            await PostAsync(flyball, "runs/log-metric", new { run_id = run.Id, key = key.ToString(), value = double.IsNaN(value) ? (object)"NaN" : value, timestamp = 1, step });
            var known = run.Steps.TryGetValue(key.ToString(), out var last) ? last : (-1, 0);
            if ((step, double.IsNaN(value) ? 0 : value).CompareTo((known.Step, double.IsNaN(known.Value) ? 0 : known.Value)) > 0) run.Steps[key.ToString()] = (step, value);
        }

        var word = Words[random.Next(Words.Length)];
        if (!run.Params.ContainsKey("p") && random.Next(2) == 0)
        {
            await PostAsync(flyball, "runs/log-parameter", new { run_id = run.Id, key = "p", value = word });
            run.Params["p"] = word;
        }

        if (random.Next(2) == 0)
        {
            await PostAsync(flyball, "runs/set-tag", new { run_id = run.Id, key = "my tag", value = word });
            run.Tags["my tag"] = word;
        }
        else if (run.Tags.Remove("my tag")) await PostAsync(flyball, "runs/delete-tag", new { run_id = run.Id, key = "my tag" });

        if (random.Next(3) == 0)
        {
            await PostAsync(flyball, "runs/log-inputs", new { run_id = run.Id, datasets = new[] { new { dataset = new { name = $"d{random.Next(2)}", digest = "x", source_type = "local", source = "{}" }, tags = new[] { new { key = "mlflow.data.context", value = "training" } } } } });
            run.Datasets.Clear();
            run.Datasets.UnionWith((await flyball.Http.GetFromJsonAsync<JsonElement>($"{Api}/runs/get?run_id={run.Id}", Cancel)).GetProperty("run").GetProperty("inputs").GetProperty("dataset_inputs").EnumerateArray().Select(input => input.GetProperty("dataset").GetProperty("name").GetString()!));
        }

        if (random.Next(4) == 0)
        {
            run.Status = random.Next(2) == 0 ? "FINISHED" : "FAILED";
            run.Ended = 2000 + random.Next(10);
            await PostAsync(flyball, "runs/update", new { run_id = run.Id, status = run.Status, end_time = run.Ended });
        }

        if (random.Next(6) == 0)
        {
            run.Name = $"renamed {Words[random.Next(5)]}";
            await PostAsync(flyball, "runs/set-tag", new { run_id = run.Id, key = "mlflow.runName", value = run.Name });
        }

        if (random.Next(6) == 0)
        {
            await PostAsync(flyball, "runs/delete", new { run_id = run.Id });
            run.Deleted = true;
        }
    }

    private static async Task<JsonElement> PostAsync(TestFlyball flyball, string path, object body)
    {
        using var answer = await flyball.Http.PostAsJsonAsync($"{Api}/{path}", body, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, $"{path} with {JsonSerializer.Serialize(body)}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }
}
