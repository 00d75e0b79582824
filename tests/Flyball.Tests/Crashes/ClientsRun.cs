using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Crashes;

/// <summary>
/// Several MLflow clients at once against a server that is killed under them: they log batches, register versions, move aliases, upload files in parts and race for the names of experiments.
/// What was acknowledged is remembered, and what was only asked for; after each start the server is asked for all of it, and a webhook's receiver must have been told.
/// </summary>
internal sealed class ClientsRun : IAsyncDisposable
{
    private const int Clients = 4;
    private const int Points = 10;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly string folder = Directory.CreateTempSubdirectory("flyball-clients-").FullName;
    private readonly KilledServer server;
    private readonly ConcurrentDictionary<(string Run, int Batch), bool> batches = new();
    private readonly ConcurrentDictionary<int, string> versions = new();
    private readonly ConcurrentDictionary<string, string> files = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> experiments = new();
    private readonly ConcurrentBag<(string Alias, int Version)> moves = [];
    private readonly (int? Acknowledged, int? Asked)[] aliases = new (int?, int?)[Clients];
    private WebhookReceiver? receiver;
    private string source = "";
    private int rounds;
    private int races;

    public ClientsRun() => server = new KilledServer(folder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>How many writes were acknowledged.</summary>
    public int Acknowledged => batches.Values.Count(known => known) + versions.Count + files.Count + moves.Count + experiments.Values.Sum(ids => ids.Count);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        if (receiver is not null) await receiver.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Starts the server; with a point, one that kills itself when it gets there the given number of times.</summary>
    public async Task StartAsync(string? point = null, int after = 0)
    {
        await server.StartAsync(point, after, "--private-webhooks");
        if (source.Length > 0) return;
        receiver = await WebhookReceiver.StartAsync(_ => 200);
        await AskAsync("webhooks", $$"""{"name": "hook", "url": "{{receiver.Url}}", "secret": "key", "events": [{"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"}]}""");
        await AskAsync("registered-models/create", """{"name": "m"}""");
        var run = await RunAsync();
        await PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model/weights.json", "{}");
        source = $"mlflow-artifacts:/0/{run}/artifacts/model";
        await RegisterAsync(run);
    }

    /// <summary>
    /// Lets all clients write until the time is over and <paramref name="atLeast"/> more writes are acknowledged, or the server is gone; then it is killed.
    /// True if it had gone by itself.
    /// </summary>
    public async Task<bool> DriveAsync(TimeSpan time, int atLeast = 0)
    {
        var enough = Acknowledged + atLeast;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var clients = Enumerable.Range(0, Clients).Select(client => Task.Run(() => WriteAsync(client, over.Token), Cancel)).ToList();
        // where a point kills the server, all of its clients notice
        var gone = Task.WhenAll(clients);
        for (var since = Stopwatch.StartNew(); !gone.IsCompleted && (since.Elapsed < time || (Acknowledged < enough && since.Elapsed < Longest));)
        {
            var left = since.Elapsed < time ? time - since.Elapsed : TimeSpan.FromMilliseconds(50);
            await Task.WhenAny(gone, Task.Delay(left, TimeProvider.System, Cancel));
        }

        var byItself = gone.IsCompleted;
        await server.KillAsync();
        await over.CancelAsync();
        await gone;
        return byItself;
    }

    /// <summary>What was acknowledged is there; what was not is there as a whole or not at all; nothing is there twice.</summary>
    public async Task CheckAsync()
    {
        foreach (var run in batches.Keys.Select(batch => batch.Run).Distinct()) await CheckRunAsync(run);
        var known = await server.Client!.ListModelVersionsAsync("m", Cancel);
        Assert.Equal(Enumerable.Range(1, known.Count).Reverse(), known.Select(version => version.Version));
        foreach (var (number, run) in versions) Assert.Equal(run, known[^number].Run);
        for (var client = 0; client < Clients; client++)
        {
            var (acknowledged, asked) = aliases[client];
            var (status, answer) = await GetAsync($"/api/2.0/mlflow/registered-models/alias?name=m&alias=a{client}");
            int? version = status == HttpStatusCode.OK ? int.Parse(answer.GetProperty("model_version").GetProperty("version").GetString()!, System.Globalization.CultureInfo.InvariantCulture) : null;
            Assert.True(version == acknowledged || version == asked, $"a{client} is at {version}; {acknowledged} was acknowledged, {asked} was asked for");
        }

        foreach (var (path, content) in files) Assert.Equal(content, await server.Http!.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/{path}", Cancel));
        foreach (var (name, ids) in experiments)
        {
            Assert.True(ids.Count < 2, $"{name} was created {ids.Count} times");
            if (ids.TryPeek(out var id)) Assert.Equal(id, (await GetAsync($"/api/2.0/mlflow/experiments/get-by-name?experiment_name={name}")).Json.GetProperty("experiment").GetProperty("experiment_id").GetString());
        }

        await ToldAsync();
    }

    private async Task CheckRunAsync(string run)
    {
        var data = (await GetAsync($"/api/2.0/mlflow/runs/get?run_id={run}")).Json.GetProperty("run").GetProperty("data");
        List<string> Keys(string of) => data.TryGetProperty(of, out var list) ? [.. list.EnumerateArray().Select(entry => entry.GetProperty("key").GetString()!)] : [];
        var (metrics, parameters, tags) = (Keys("metrics").ToLookup(key => key[..key.IndexOf('.')]), Keys("params").ToHashSet(), Keys("tags").ToHashSet());
        foreach (var (batch, acknowledged) in batches.Where(batch => batch.Key.Run == run))
        {
            var name = $"b{batch.Batch}";
            var there = (metrics[name].Count(), parameters.Contains(name), tags.Contains(name));
            Assert.True(there == (Points, true, true) || (!acknowledged && there == (0, false, false)), $"of batch {batch.Batch} of run {run}, {(acknowledged ? "" : "not ")}acknowledged, there is {there}");
        }
    }

    /// <summary>Every acknowledged move of an alias was told, at least once.</summary>
    private async Task ToldAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(Longest);
        var missing = moves.ToHashSet();
        while (missing.Count > 0)
        {
            Assert.False(limit.IsCancellationRequested, $"{missing.Count} of {moves.Count} moves were not told, such as {missing.FirstOrDefault()}");
            foreach (var call in await receiver!.WaitAsync(0))
            {
                var data = JsonDocument.Parse(call.Body).RootElement.GetProperty("data");
                missing.Remove((data.GetProperty("alias").GetString()!, int.Parse(data.GetProperty("version").GetString()!, System.Globalization.CultureInfo.InvariantCulture)));
            }

            if (missing.Count > 0) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }
    }

    private async Task WriteAsync(int client, CancellationToken over)
    {
        try
        {
            var run = await RunAsync();
            for (var batch = 0; !over.IsCancellationRequested; batch++)
            {
                Interlocked.Increment(ref rounds);
                await LogAsync(run, batch);
                if (batch % 4 == 0) await MoveAsync(client, await RegisterAsync(run));
                if (batch % 4 == 1) await UploadAsync(run, batch);
                if (batch % 4 == 2) await RaceAsync();
            }
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException or OperationCanceledException)
        {
            // the server was killed
        }
    }

    private async Task LogAsync(string run, int batch)
    {
        var metrics = string.Join(", ", Enumerable.Range(0, Points).Select(i => $$"""{"key": "b{{batch}}.{{i}}", "value": {{i}}, "timestamp": 1}"""));
        batches[(run, batch)] = false;
        await AskAsync("runs/log-batch", $$"""{"run_id": "{{run}}", "metrics": [{{metrics}}], "params": [{"key": "b{{batch}}", "value": "1"}], "tags": [{"key": "b{{batch}}", "value": "1"}]}""");
        batches[(run, batch)] = true;
    }

    private async Task<int> RegisterAsync(string run)
    {
        var made = await AskAsync("model-versions/create", $$"""{"name": "m", "source": "{{source}}", "run_id": "{{run}}"}""");
        var number = int.Parse(made.GetProperty("model_version").GetProperty("version").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(versions.TryAdd(number, run), $"version {number} was given twice");
        return number;
    }

    private async Task MoveAsync(int client, int version)
    {
        aliases[client].Asked = version;
        await AskAsync("registered-models/alias", $$"""{"name": "m", "alias": "a{{client}}", "version": "{{version}}"}""");
        aliases[client].Acknowledged = version;
        moves.Add(($"a{client}", version));
    }

    private async Task UploadAsync(string run, int batch)
    {
        var path = $"0/{run}/artifacts/f{batch}.bin";
        var upload = await PostAsync($"/api/2.0/mlflow-artifacts/mpu/create/{path}", $$"""{"path": "{{path}}", "num_parts": 2}""");
        var parts = new List<string>();
        foreach (var part in upload.GetProperty("credentials").EnumerateArray())
        {
            using var put = await server.Http!.PutAsync(new Uri(part.GetProperty("url").GetString()!).PathAndQuery, new StringContent($"{path} {parts.Count};"), Cancel);
            put.EnsureSuccessStatusCode();
            parts.Add($$"""{"part_number": {{parts.Count + 1}}, "etag": {{JsonSerializer.Serialize(put.Headers.ETag!.Tag)}}}""");
        }

        await PostAsync($"/api/2.0/mlflow-artifacts/mpu/complete/{path}", $$"""{"path": "{{path}}", "upload_id": {{upload.GetProperty("upload_id").GetRawText()}}, "parts": [{{string.Join(", ", parts)}}]}""");
        files[path] = $"{path} 0;{path} 1;";
    }

    /// <summary>Each name is asked for by all clients: one gets it.</summary>
    private async Task RaceAsync()
    {
        var name = $"e{(Interlocked.Increment(ref races) - 1) / Clients}";
        using var answer = await server.Http!.PostAsync("/api/2.0/mlflow/experiments/create", Json($$"""{"name": "{{name}}"}"""), Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        if (answer.IsSuccessStatusCode) experiments.GetOrAdd(name, _ => new()).Enqueue(JsonDocument.Parse(text).RootElement.GetProperty("experiment_id").GetString()!);
        else Assert.Contains("RESOURCE_ALREADY_EXISTS", text);
    }

    private async Task<string> RunAsync() => (await AskAsync("runs/create", """{"experiment_id": "0"}""")).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;

    private Task<JsonElement> AskAsync(string call, string body) => PostAsync($"/api/2.0/mlflow/{call}", body);

    private async Task<JsonElement> PostAsync(string path, string body)
    {
        // a client whose server is gone before it asks is no different from one whose server goes while it does
        using var answer = await (server.Http ?? throw new HttpRequestException("no server")).PostAsync(path, Json(body), Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<(HttpStatusCode Status, JsonElement Json)> GetAsync(string path)
    {
        using var answer = await server.Http!.GetAsync(path, Cancel);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).RootElement);
    }

    private async Task PutAsync(string path, string content)
    {
        using var answer = await server.Http!.PutAsync(path, new StringContent(content), Cancel);
        answer.EnsureSuccessStatusCode();
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
