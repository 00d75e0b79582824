using System.Globalization;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Tracking;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

public sealed class A_search_of_logged_models
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_again_what_changed_and_nothing_else()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var ids = new List<string>();
        for (var i = 0; i < 20; i++) ids.Add((await flyball.Client.CreateLoggedModelAsync(new CreateLoggedModel("0", $"l{i}"), Cancel)).Id);
        var db = new WatchedDb(flyball.Server.Service<Db>());
        using var index = new LoggedModelIndex(db);
        for (var page = 0; page < 10; page++) Assert.Equal(ids.Order(StringComparer.Ordinal), (await index.OfAsync(["0", "0", "none"], Cancel)).Select(model => model.Id).Order(StringComparer.Ordinal));
        Assert.Equal(1, db.Reads);
        await db.WriteAsync(tx => LoggedModelsSql.SetTagAsync(tx, index, ids[3], "a", "b"), Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.WriteAsync(
            async tx =>
            {
                await LoggedModelsSql.SetTagAsync(tx, index, ids[4], "a", "b");
                throw new InvalidOperationException();
            },
            Cancel));
        for (var page = 0; page < 10; page++) Assert.Equal([ids[3]], (await index.OfAsync(["0"], Cancel)).Where(model => model.Tags.ContainsKey("a")).Select(model => model.Id));
        Assert.Equal(2, db.Reads);
    }

    [Fact]
    public async Task Finds_every_change_at_once()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { OrphanGrace = TimeSpan.Zero });
        var other = await flyball.Client.EnsureExperimentAsync("other", Cancel);
        string[] experiments = ["0", other];
        await CheckAsync();
        var (one, two) = ((await flyball.Client.CreateLoggedModelAsync(new CreateLoggedModel("0", "one"), Cancel)).Id, (await flyball.Client.CreateLoggedModelAsync(new CreateLoggedModel(other, "two"), Cancel)).Id);
        await CheckAsync(one, two);
        await flyball.CallAsync("PATCH", $"logged-models/{one}", $$"""{"model_id": "{{one}}", "status": "LOGGED_MODEL_READY"}""");
        await CheckAsync(one, two);
        await flyball.CallAsync("POST", $"logged-models/{one}/params", """{"params": [{"key": "lr", "value": "0.1"}]}""");
        await flyball.CallAsync("PATCH", $"logged-models/{two}/tags", """{"tags": [{"key": "team", "value": "x"}, {"key": "other", "value": "y"}]}""");
        await CheckAsync(one, two);
        await flyball.CallAsync("DELETE", $"logged-models/{two}/tags/team");
        var run = await flyball.RunWithAsync();
        foreach (var step in (int[])[1, 0]) await flyball.CallAsync("POST", "runs/log-metric", $$"""{"run_id": "{{run}}", "key": "acc", "value": 0.5, "timestamp": 1, "step": {{step}}, "model_id": "{{one}}", "dataset_name": "d", "dataset_digest": "1"}""");
        await CheckAsync(one, two);
        await flyball.PutAsync($"0/models/{one}/artifacts/MLmodel", "flavors: {}");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        await flyball.CallAsync("POST", "model-versions/create", $$"""{"name": "m", "source": "models:/{{one}}", "model_id": "{{one}}"}""");
        await CheckAsync(one, two);
        await flyball.Client.ImportLoggedModelAsync(new ImportLoggedModel("m-elsewhere", other, "three", null, null, "READY", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1), null, new Dictionary<string, string>(), new Dictionary<string, string>()), Cancel);
        await CheckAsync(one, two, "m-elsewhere");
        await flyball.Client.DeleteLoggedModelAsync(two, Cancel);
        await CheckAsync(one, "m-elsewhere");
        await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 10), Cancel);
        await CheckAsync(one, "m-elsewhere");
        await flyball.CallAsync("POST", "experiments/delete", $$"""{"experiment_id": "{{other}}"}""");
        await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 10), Cancel);
        await CheckAsync(one);

        // each as it is when it is asked for by its id
        async Task CheckAsync(params string[] expected)
        {
            var answer = await flyball.CallAsync("POST", "logged-models/search", JsonSerializer.Serialize(new { experiment_ids = experiments }));
            var found = answer.TryGetProperty("models", out var models) ? models.EnumerateArray().ToDictionary(model => model.GetProperty("info").GetProperty("model_id").GetString()!, model => model.GetRawText()) : [];
            Assert.Equal(expected.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
            foreach (var id in expected) Assert.Equal((await flyball.CallAsync("GET", $"logged-models/{id}")).GetProperty("model").GetRawText(), found[id]);
        }
    }

    [Fact]
    public async Task Finds_what_was_acknowledged_while_others_search_and_change()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++) ids.Add((await flyball.Client.CreateLoggedModelAsync(new CreateLoggedModel("0", $"l{i}"), Cancel)).Id);
        await Task.WhenAll(ids.Select(async id =>
        {
            for (var i = 0; i < 60; i++)
            {
                await flyball.CallAsync("PATCH", $"logged-models/{id}/tags", $$"""{"tags": [{"key": "at", "value": "{{id}} {{i}}"}]}""");
                var found = await flyball.CallAsync("POST", "logged-models/search", $$"""{"experiment_ids": ["0"], "filter": "tags.at = '{{id}} {{i}}'"}""");
                Assert.Equal(1, found.TryGetProperty("models", out var models) ? models.GetArrayLength() : 0);
            }
        }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Finds_what_a_plain_list_does_page_by_page(int seed)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var (random, all) = (new Random(seed), new List<(string Id, string Name, string? Param, double? Metric)>());
        var run = await flyball.RunWithAsync();
        for (var i = 0; i < 40; i++)
        {
            var (name, param, metric) = ($"n{random.Next(6)}", random.Next(3) == 0 ? null : $"p{random.Next(4)}", random.Next(3) == 0 ? (double?)null : random.Next(5));
            var id = (await flyball.Client.CreateLoggedModelAsync(new CreateLoggedModel("0", name), Cancel)).Id;
            if (param is not null) await flyball.CallAsync("POST", $"logged-models/{id}/params", $$"""{"params": [{"key": "p", "value": "{{param}}"}]}""");
            if (metric is { } value) await flyball.CallAsync("POST", "runs/log-metric", string.Create(CultureInfo.InvariantCulture, $$"""{"run_id": "{{run}}", "key": "m", "value": {{value}}, "timestamp": 1, "model_id": "{{id}}"}"""));
            all.Insert(0, (id, name, param, metric));
        }

        foreach (var (filter, fits) in ((string?, Func<(string Id, string Name, string? Param, double? Metric), bool>)[])
            [(null, _ => true), ("metrics.m >= 2", model => model.Metric >= 2), ("params.p != 'p1'", model => model.Param is not null and not "p1"), ("name LIKE '%3' OR params.p IS NULL", model => model.Name == "n3" || model.Param is null)])
        {
            foreach (var name in (string?[])[null, "name", "params.p", "metrics.m"])
            {
                foreach (var rising in (bool[])[true, false])
                {
                    // what has no value comes last in both directions, and the newest first among equals
                    var known = all.Where(fits).OrderBy(model => (name == "params.p" && model.Param is null) || (name == "metrics.m" && model.Metric is null));
                    var expected = (name, rising) switch
                    {
                        ("name", true) => known.ThenBy(model => model.Name, StringComparer.Ordinal),
                        ("name", false) => known.ThenByDescending(model => model.Name, StringComparer.Ordinal),
                        ("params.p", true) => known.ThenBy(model => model.Param, StringComparer.Ordinal),
                        ("params.p", false) => known.ThenByDescending(model => model.Param, StringComparer.Ordinal),
                        ("metrics.m", true) => known.ThenBy(model => model.Metric),
                        ("metrics.m", false) => known.ThenByDescending(model => model.Metric),
                        _ => known,
                    };
                    Assert.Equal(expected.Select(model => model.Id), await PagesAsync(flyball, filter, name, rising, random.Next(1, 9)));
                }
            }
        }
    }

    [Theory]
    [InlineData("[{\\\"a\\\": 1, \\\"a\\\": 2}]")]
    [InlineData("[\\\"\\\\ud800\\\"]")]
    [InlineData("[")]
    public async Task Is_not_needed_to_register_one_whose_tag_of_versions_is_no_list_of_them(string tag)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var id = (await flyball.Client.CreateLoggedModelAsync(new CreateLoggedModel("0", "l"), Cancel)).Id;
        await flyball.CallAsync("PATCH", $"logged-models/{id}/tags", $$"""{"tags": [{"key": "mlflow.modelVersions", "value": "{{tag}}"}]}""");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        await flyball.CallAsync("POST", "model-versions/create", $$"""{"name": "m", "source": "models:/{{id}}", "model_id": "{{id}}"}""");
        Assert.Contains("\"m\"", (await flyball.CallAsync("GET", $"logged-models/{id}")).GetProperty("model").GetProperty("info").GetProperty("tags").EnumerateArray().Single(pair => pair.GetProperty("key").GetString() == "mlflow.modelVersions").GetProperty("value").GetString());
    }

    private static async Task<List<string>> PagesAsync(TestFlyball flyball, string? filter, string? name, bool rising, int limit)
    {
        var (found, token) = (new List<string>(), (string?)null);
        var order = name is null ? [] : new object[] { new { field_name = name, ascending = rising } };
        do
        {
            var page = await flyball.CallAsync("POST", "logged-models/search", JsonSerializer.Serialize(new { experiment_ids = new[] { "0" }, filter, order_by = order, max_results = limit, page_token = token }));
            if (page.TryGetProperty("models", out var models)) found.AddRange(models.EnumerateArray().Select(model => model.GetProperty("info").GetProperty("model_id").GetString()!));
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() : null;
        }
        while (token is { Length: > 0 });
        return found;
    }
}
