using System.Diagnostics;
using System.Text.Json;
using Flyball.Client;

namespace Flyball.Tests.Crashes;

/// <summary>
/// The real program as a server of its own process, driven with writes whose acknowledgements are remembered, killed, started again and asked for all of them.
/// Windows of ten seconds keep sealing, monitoring and retraining going while it is driven.
/// </summary>
internal sealed class CrashRun : IAsyncDisposable
{
    private const string Yaml =
        """
        project: crash
        data:
          rows:
            source: sources/*.csv
            time: at
            label: { name: target, sql: y }
        features:
          v:
            x: { type: number }
        models:
          line:
            train: { data: rows, features: [v], trainer: linear, split: { by: time, test: 7d } }
            monitor: { every: 10s, min_rows: 5, performance: { metric: rmse, alert: "> baseline * 2", labels_within: 1s } }
            retrain: { on: [performance, new_data], guards: { cooldown: 5s, max_per_week: 1000, min_new_labels: 5 } }
        """;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly string folder = Directory.CreateTempSubdirectory("flyball-crash-").FullName;
    private readonly List<string> predictions = [];
    private readonly Dictionary<string, double> labels = [];
    private readonly Dictionary<string, double> runs = [];
    private readonly Dictionary<string, string> artifacts = [];
    private readonly KilledServer server;
    private int versions;
    private int models;
    private int writes;

    public CrashRun() => server = new KilledServer(folder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What the servers said on standard error.</summary>
    public string Errors => server.Errors;

    /// <summary>Whether the last check found everything.</summary>
    public bool Sound { get; private set; } = true;

    /// <summary>How much was acknowledged so far.</summary>
    public int Acknowledged => predictions.Count + labels.Count + runs.Count;

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        // what a failed check left is kept for whoever looks into it
        if (Sound) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Starts the server; with a point, one that kills itself when it gets there the given number of times.</summary>
    public async Task StartAsync(string? point = null, int after = 0)
    {
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        if (!File.Exists(Path.Combine(folder, "sources", "rows.csv"))) await File.WriteAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await server.StartAsync(point, after);
    }

    /// <summary>Sends SIGKILL and waits for the end.</summary>
    public Task KillAsync() => server.KillAsync();

    /// <summary>Writes until the server is gone, or the time is over and <paramref name="atLeast"/> more writes are acknowledged; every acknowledgement is remembered. True if the server is gone.</summary>
    public async Task<bool> DriveAsync(TimeSpan time, int atLeast = 0)
    {
        var enough = Acknowledged + atLeast;
        if (server is not { Client: { } client, Http: { } http }) return true;
        var until = Stopwatch.StartNew();
        try
        {
            await UploadAsync(http);
            await client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", folder, null), Cancel);
            while (until.Elapsed < time || (Acknowledged < enough && until.Elapsed < Longest))
            {
                writes++;
                await WriteAsync(client, http);
                if (writes % 25 == 0) await GrowAsync(client);
            }

            return false;
        }
        catch (Exception gone) when (gone is HttpRequestException or FlyballException { Status: 0 } or IOException)
        {
            return true;
        }
    }

    /// <summary>Everything that was acknowledged is there, and nothing is there twice or half.</summary>
    public async Task CheckAsync()
    {
        var (api, raw) = (server.Client ?? throw new InvalidOperationException("not started"), server.Http!);
        Sound = false;
        foreach (var artifact in artifacts.TakeLast(20)) Assert.Equal(artifact.Value, await raw.GetStringAsync(artifact.Key, Cancel));
        foreach (var run in runs.TakeLast(60))
        {
            var known = JsonSerializer.Deserialize<JsonElement>(await raw.GetStringAsync($"/api/2.0/mlflow/runs/get?run_id={run.Key}", Cancel));
            var metric = Assert.Single(known.GetProperty("run").GetProperty("data").GetProperty("metrics").EnumerateArray());
            Assert.Equal(run.Value, metric.GetProperty("value").GetDouble());
        }

        foreach (var id in predictions.TakeLast(40))
        {
            var logged = await api.GetPredictionAsync("line", id, Cancel);
            if (labels.TryGetValue(id, out var label)) Assert.True(label == logged.Label, $"the label of {id} is {logged.Label}, {label} was acknowledged; see {folder}");
        }

        var datasets = await ListAsync(() => api.ListDatasetVersionsAsync("crash", "rows", Cancel));
        Assert.True(datasets.Count >= versions, $"{versions} dataset versions were seen, {datasets.Count} are there");
        Assert.True(datasets.Count == datasets.Select(version => version.Digest).Distinct().Count(), $"two dataset versions are the same:\n{string.Join('\n', datasets)}");
        var known2 = await ListAsync(() => api.ListModelVersionsAsync("line", Cancel));
        Assert.True(known2.Count >= models, $"{models} model versions were seen, {known2.Count} are there");
        Assert.Equal(Enumerable.Range(1, known2.Count).Reverse(), known2.Select(version => version.Version));
        var trainings = await ListAsync(() => api.ListTrainingsAsync("crash", "line", Cancel));
        var journal = await api.ReadJournalAsync("crash", 0, 1000, Cancel);
        Assert.Equal(trainings.Count, trainings.Select(training => training.Run).Distinct().Count());
        var started = journal.Where(entry => entry.Type == "training.started").ToList();
        Assert.True(started.Count == started.Select(entry => entry.Cause).Distinct().Count(), $"two trainings for one cause:\n{string.Join('\n', journal.Select(entry => $"{entry.Seq} {entry.Id} {entry.Type} because {entry.Cause} {entry.Data}"))}");
        Sound = true;
    }

    /// <summary>What the journal tells of the project, one line an event.</summary>
    public async Task<string> StoryAsync()
    {
        Sound = false;
        if (server.Client is null) return "no server";
        var journal = await server.Client.ReadJournalAsync("crash", 0, 1000, Cancel);
        return string.Join('\n', journal.Select(entry => $"{entry.Seq} {entry.At:HH:mm:ss} {entry.Id} {entry.Type} because {entry.Cause} {entry.Data}"));
    }

    private async Task UploadAsync(HttpClient raw)
    {
        using var created = await raw.PostAsync("/api/2.0/mlflow/runs/create", Body("""{"experiment_id": "0"}"""), Cancel);
        var run = JsonSerializer.Deserialize<JsonElement>(await created.Content.ReadAsStringAsync(Cancel)).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
        var path = $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/note.txt";
        using var put = await raw.PutAsync(path, new StringContent($"note {run}"), Cancel);
        put.EnsureSuccessStatusCode();
        artifacts[path] = $"note {run}";
    }

    private async Task WriteAsync(FlyballClient api, HttpClient raw)
    {
        if (writes % 4 == 0)
        {
            using var created = await raw.PostAsync("/api/2.0/mlflow/runs/create", Body("""{"experiment_id": "0"}"""), Cancel);
            var run = JsonSerializer.Deserialize<JsonElement>(await created.Content.ReadAsStringAsync(Cancel)).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
            using var logged = await raw.PostAsync("/api/2.0/mlflow/runs/log-metric", Body($$"""{"run_id": "{{run}}", "key": "m", "value": {{writes}}, "timestamp": 1}"""), Cancel);
            if (logged.IsSuccessStatusCode) runs[run] = writes;
            return;
        }

        var id = $"p{writes}";
        using var answer = await raw.PostAsync("/v2/models/line/infer", Body($$"""{"id": "{{id}}", "inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [{{writes % 1000}}]}]}"""), Cancel);
        if (!answer.IsSuccessStatusCode)
        {
            // not deployed yet: the first training is under way
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
            return;
        }

        predictions.Add(id);
        // the world has changed: what the model says is far off, so the alarm and its training are part of the game
        var truth = (writes % 1000 * 3) + 7;
        await api.PostLabelsAsync("line", new PostLabels([new LabelItem(id, JsonSerializer.SerializeToElement(truth))]), Cancel);
        labels[id] = truth;
    }

    private async Task GrowAsync(FlyballClient api)
    {
        versions = Math.Max(versions, (await ListAsync(() => api.ListDatasetVersionsAsync("crash", "rows", Cancel))).Count);
        models = Math.Max(models, (await ListAsync(() => api.ListModelVersionsAsync("line", Cancel))).Count);
        if (writes % 100 == 0) await File.AppendAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), $"2024-01-28 11:00:00,{writes},{2 * writes}\n", Cancel);
    }

    private static async Task<IReadOnlyList<T>> ListAsync<T>(Func<Task<IReadOnlyList<T>>> list)
    {
        try
        {
            return await list();
        }
        catch (FlyballException absent) when (absent.Status == 404)
        {
            return [];
        }
    }

    private static StringContent Body(string json) => new(json, null, "application/json");
}
