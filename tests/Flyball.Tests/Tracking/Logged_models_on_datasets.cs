using System.Text.Json;
using Flyball.Client;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

/// <summary>Logged models whose metrics were measured on several datasets: searched and ordered as MLflow does it.</summary>
public sealed class Logged_models_on_datasets
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{}""", "b a c")]
    [InlineData("""{"datasets": [{"dataset_name": "d1"}]}""", "b a")]
    [InlineData("""{"datasets": [{"dataset_name": "d1", "dataset_digest": "2"}]}""", "")]
    [InlineData("""{"datasets": [{"dataset_name": "nowhere"}]}""", "")]
    [InlineData("""{"filter": "metrics.acc > 0.8"}""", "a")]
    [InlineData("""{"filter": "metrics.acc < 0.2"}""", "a")]
    [InlineData("""{"filter": "metrics.acc > 0.8", "datasets": [{"dataset_name": "d2"}]}""", "")]
    [InlineData("""{"filter": "metrics.acc IS NULL"}""", "c")]
    [InlineData("""{"order_by": [{"field_name": "metrics.acc", "ascending": false}]}""", "b a c")]
    [InlineData("""{"order_by": [{"field_name": "metrics.acc", "ascending": false, "dataset_name": "d1"}]}""", "a b c")]
    [InlineData("""{"order_by": [{"field_name": "metrics.acc", "ascending": true, "dataset_name": "d2", "dataset_digest": "1"}]}""", "a b c")]
    [InlineData("""{"filter": "experiment_id = '0' AND lifecycle_stage = 'active' AND artifact_location LIKE '%/models/%'"}""", "b a c")]
    [InlineData("""{"filter": "creation_timestamp_ms > 0"}""", "b a c")]
    [InlineData("""{"order_by": [{"field_name": "metrics.acc", "dataset_name": "my \"best\" `data`"}]}""", "b a c")]
    [InlineData("""{"order_by": [{"field_name": "name", "ascending": false, "dataset_name": "d1"}]}""", "c b a")]
    public async Task Are_found_and_ordered(string search, string expected)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        var ids = new Dictionary<string, string>();
        // the newest first is the order where nothing else decides
        foreach (var name in (string[])["c", "a", "b"])
        {
            ids[(await flyball.Client.CreateLoggedModelAsync(new CreateLoggedModel("0", name), Cancel)).Id] = name;
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }

        string Id(string name) => ids.First(known => known.Value == name).Key;
        // a was better on d1; on d2, and later, it was worse
        foreach (var (model, value, dataset, at, step) in new[] { ("a", 0.9, "d1", 1, 5), ("a", 0.1, "d2", 2, 1), ("b", 0.5, "d1", 1, 0), ("b", 0.5, "d2", 2, 0) })
        {
            await flyball.CallAsync("POST", "runs/log-metric", JsonSerializer.Serialize(new { run_id = run, key = "acc", value, timestamp = at, step, model_id = Id(model), dataset_name = dataset, dataset_digest = "1" }));
        }

        var asked = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(search)!;
        asked["experiment_ids"] = JsonSerializer.SerializeToElement(new[] { "0" });
        var (found, token) = (new List<string>(), (string?)null);
        do
        {
            asked["max_results"] = JsonSerializer.SerializeToElement(1);
            asked["page_token"] = JsonSerializer.SerializeToElement(token);
            var page = await flyball.CallAsync("POST", "logged-models/search", JsonSerializer.Serialize(asked));
            if (page.TryGetProperty("models", out var models)) found.AddRange(models.EnumerateArray().Select(model => ids[model.GetProperty("info").GetProperty("model_id").GetString()!]));
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() : null;
        }
        while (token is { Length: > 0 });
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public async Task Are_deleted_once_however_often_that_is_asked_and_still_noted_as_inputs()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        var model = await flyball.Client.CreateLoggedModelAsync(new CreateLoggedModel("0", "m"), Cancel);
        for (var time = 0; time < 2; time++) await flyball.Client.DeleteLoggedModelAsync(model.Id, Cancel);
        await flyball.Client.LogInputsAsync(run, [], [model.Id], Cancel);
        await flyball.Client.LogOutputsAsync(run, [new RunOutput(model.Id, 1)], Cancel);
        Assert.Equal([model.Id], (await flyball.Client.GetRunAsync(run, Cancel)).Models);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.LogInputsAsync(run, [], ["m-none"], Cancel))).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.DeleteLoggedModelAsync("m-none", Cancel))).Status);
    }
}
