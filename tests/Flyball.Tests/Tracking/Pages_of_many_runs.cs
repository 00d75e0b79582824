using System.Text;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Server.Tracking;
using Microsoft.AspNetCore.Http;

namespace Flyball.Tests.Tracking;

/// <summary>Pages of more runs than are read at once.</summary>
public sealed class Pages_of_many_runs
{
    private const int Runs = 700;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tell_every_run_once_in_order_and_as_it_is_told_alone()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var ids = await FillAsync(flyball);
        var http = flyball.Http;
        foreach (var size in (int[])[1, 127, 128, 129, 300, Runs, 1000])
        {
            var (found, token) = (new List<string>(), "");
            do
            {
                using var page = JsonDocument.Parse(await SearchAsync(http, size, token));
                foreach (var run in page.RootElement.TryGetProperty("runs", out var runs) ? runs.EnumerateArray().ToList() : []) found.Add(run.GetRawText());
                token = page.RootElement.TryGetProperty("next_page_token", out var next) ? next.GetString()! : "";
            }
            while (size > 1 && token.Length > 0);
            Assert.Equal(ids.Take(size == 1 ? 1 : Runs), found.Select(Id));
            foreach (var told in found.Where((_, i) => i % 97 == 0)) Assert.Equal($$"""{"run":{{told}}}""", await http.GetStringAsync(new Uri($"/api/2.0/mlflow/runs/get?run_id={Id(told)}", UriKind.Relative), Cancel));
        }
    }

    [Fact]
    public async Task Leave_out_runs_that_are_removed_meanwhile()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await FillAsync(flyball);
        var answer = new FoundRunsAnswer(flyball.Server.Service<Db>());
        // numbers nobody has stand for runs that were found and then removed
        foreach (var (numbers, expected) in (IEnumerable<(long[], int)>)[([.. Enumerable.Range(0, 2 * Runs).Select(i => (long)i + 1)], Runs), ([100_000], 0), ([.. Enumerable.Range(0, 300).Select(i => 100_000L + i), 1], 1)])
        {
            var http = new DefaultHttpContext();
            using var body = new MemoryStream();
            http.Response.Body = body;
            await answer.WriteAsync(http.Response, numbers, "a \"token\"", Cancel);
            using var told = JsonDocument.Parse(body.ToArray());
            Assert.Equal(expected, told.RootElement.TryGetProperty("runs", out var runs) ? runs.GetArrayLength() : 0);
            Assert.Equal("a \"token\"", told.RootElement.GetProperty("next_page_token").GetString());
        }
    }

    [Fact]
    public async Task Tell_of_what_was_logged_at_once_all_or_nothing()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.Client.StartRunAsync("0", "r", Cancel);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writer = Task.Run(
            async () =>
            {
                for (var i = 0; !done.IsCancellationRequested; i++)
                {
                    var tags = string.Join(", ", Enumerable.Range(0, 20).Select(tag => $$"""{"key": "t{{tag}}", "value": "{{i}}"}"""));
                    using var body = new StringContent($$"""{"run_id": "{{run}}", "metrics": [{"key": "m", "value": {{i}}, "timestamp": {{i}}, "step": {{i}}}], "tags": [{{tags}}]}""", Encoding.UTF8, "application/json");
                    using var answer = await flyball.Http.PostAsync(new Uri("/api/2.0/mlflow/runs/log-batch", UriKind.Relative), body, Cancel);
                    Assert.True(answer.IsSuccessStatusCode);
                }
            },
            Cancel);
        for (var i = 0; i < 300; i++)
        {
            using var page = JsonDocument.Parse(await SearchAsync(flyball.Http, 1, ""));
            var data = page.RootElement.GetProperty("runs")[0].GetProperty("data");
            var told = data.GetProperty("tags").EnumerateArray().Where(tag => tag.GetProperty("key").GetString()![0] == 't').Select(tag => tag.GetProperty("value").GetString()).Concat(data.GetProperty("metrics").EnumerateArray().Select(metric => metric.GetProperty("value").GetRawText()));
            Assert.True(told.Distinct().Count() <= 1, data.GetRawText());
        }

        await done.CancelAsync();
        await writer;
    }

    private static string Id(string run)
    {
        using var read = JsonDocument.Parse(run);
        return read.RootElement.GetProperty("info").GetProperty("run_id").GetString()!;
    }

    private static async Task<string> SearchAsync(HttpClient http, int size, string token)
    {
        using var body = new StringContent($$"""{"experiment_ids": ["0"], "max_results": {{size}}, "page_token": "{{token}}"}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri("/api/2.0/mlflow/runs/search", UriKind.Relative), body, Cancel);
        Assert.True(answer.IsSuccessStatusCode);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    /// <summary>Ids, the newest first.</summary>
    private static async Task<List<string>> FillAsync(TestFlyball flyball)
    {
        var (runs, db) = (flyball.Server.Service<Runs>(), flyball.Server.Service<Db>());
        var start = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var ids = await db.WriteAsync(
            async tx =>
            {
                var made = new List<string>();
                var experiment = await Experiments.GetAsync(tx, "0");
                for (var i = 0; i < Runs; i++)
                {
                    var run = await runs.StartAsync(tx, experiment, $"run <{i}> \"é\" 😀", "some&one", start.AddSeconds(i), [new("team", $"t{i % 3}"), new("mlflow.note.content", "a\nb")], null, null);
                    var metrics = i % 5 == 0 ? [] : new[] { new MetricPoint("b", 1.0 / (i + 1), i, start), new MetricPoint("a", i % 4 == 0 ? double.NaN : double.NegativeInfinity, -1, start) };
                    await runs.LogAsync(tx, run.Id, new RunBatch(metrics, i % 7 == 0 ? [] : [new("lr", "0.1"), new("depth", $"{i}")], []), project: null);
                    if (i % 11 == 0) await runs.LogInputsAsync(tx, run.Id, [new DatasetInput(new InputDataset("d", "0a", "local", "{}", i % 2 == 0 ? "{\"s\": 1}" : null, null), new Dictionary<string, string> { ["mlflow.data.context"] = "training" })], []);
                    made.Add(run.Id);
                }

                return made;
            },
            Cancel);
        ids.Reverse();
        return ids;
    }
}
