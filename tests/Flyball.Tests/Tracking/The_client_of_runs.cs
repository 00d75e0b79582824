using System.Text;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Tests.Tracking;

/// <summary>Experiments, runs, logged models, the registry and webhooks from C#, as a build or a service uses them.</summary>
public sealed class The_client_of_runs
{
    private static readonly DateTimeOffset At = new(2024, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Makes_changes_and_deletes_experiments()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var id = await api.CreateExperimentAsync("a", new Dictionary<string, string> { ["team"] = "lab" }, Cancel);
        Assert.Equal("RESOURCE_ALREADY_EXISTS", (await Assert.ThrowsAsync<FlyballException>(() => api.CreateExperimentAsync("a", null, Cancel))).Code);
        await api.RenameExperimentAsync(id, "b", Cancel);
        await api.SetExperimentTagAsync(id, "state", "new", Cancel);
        await api.DeleteExperimentTagAsync(id, "team", Cancel);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => api.DeleteExperimentTagAsync(id, "team", Cancel))).Status);
        var known = await api.GetExperimentAsync(id, Cancel);
        Assert.Equal(("b", false, "new"), (known.Name, known.Deleted, Assert.Single(known.Tags).Value));
        Assert.EndsWith(id, known.ArtifactLocation);
        await api.DeleteExperimentAsync(id, Cancel);
        Assert.Equal(["b"], await api.SearchExperimentsAsync("name = 'b'", null, "DELETED_ONLY", Cancel).Select(one => one.Name).ToListAsync(Cancel));
        Assert.False(await api.SearchExperimentsAsync("name = 'b'", null, "ACTIVE_ONLY", Cancel).AnyAsync(Cancel));
        await api.RestoreExperimentAsync(id, Cancel);
        Assert.Equal(["0", id], await api.SearchExperimentsAsync(null, ["experiment_id ASC"], "ACTIVE_ONLY", Cancel).Select(one => one.Id).ToListAsync(Cancel));
        Assert.Equal([id, "0"], await api.SearchExperimentsAsync(null, ["experiment_id DESC"], "ALL", Cancel).Select(one => one.Id).ToListAsync(Cancel));
        var elsewhere = await api.CreateExperimentAsync("elsewhere", "s3://bucket/runs", null, Cancel);
        Assert.Equal("s3://bucket/runs", (await api.GetExperimentAsync(elsewhere, Cancel)).ArtifactLocation);

        // of many that need the same name at once, all get the same one: who is told that it is there finds it
        for (var round = 0; round < 20; round++)
        {
            var ids = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => api.EnsureExperimentAsync($"together {round}", Cancel))));
            Assert.Single(ids.Distinct());
        }

        // of many that want one name at once, one gets it
        for (var round = 0; round < 5; round++)
        {
            var many = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => api.CreateExperimentAsync($"round {round} of {i}", null, Cancel)));
            var renamed = await Task.WhenAll(many.Select(async experiment =>
            {
                try
                {
                    await api.RenameExperimentAsync(experiment, $"wanted {round}", Cancel);
                    return "";
                }
                catch (FlyballException refused)
                {
                    return refused.Code;
                }
            }));
            Assert.Equal([.. Enumerable.Repeat("", 1), .. Enumerable.Repeat("RESOURCE_ALREADY_EXISTS", 7)], renamed.Order());
        }
    }

    [Fact]
    public async Task Starts_runs_of_others_and_of_other_times_and_ends_them_as_asked()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var run = await api.StartRunAsync(new StartRun("0", "from a queue", "night-shift", At, new Dictionary<string, string> { ["team"] = "lab" }), Cancel);
        await api.SetRunStatusAsync(run, "SCHEDULED", null, Cancel);
        var waiting = await api.GetRunAsync(run, Cancel);
        Assert.Equal(("from a queue", "night-shift", "SCHEDULED", At, (DateTimeOffset?)null, "lab"), (waiting.Name, waiting.User, waiting.Status, waiting.Started, waiting.Ended, waiting.Tags["team"]));
        await api.SetRunStatusAsync(run, "KILLED", At.AddHours(1), Cancel);
        var ended = await api.GetRunAsync(run, Cancel);
        Assert.Equal(("KILLED", (DateTimeOffset?)At.AddHours(1)), (ended.Status, ended.Ended));
        Assert.Equal(400, (await Assert.ThrowsAsync<FlyballException>(() => api.SetRunStatusAsync(run, "DONE", null, Cancel))).Status);
        Assert.NotEmpty((await api.GetRunAsync(await api.StartRunAsync(new StartRun("0"), Cancel), Cancel)).Name);
    }

    [Fact]
    public async Task Logs_metrics_of_logged_models_and_datasets_and_registers_what_lies_elsewhere()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var run = await api.StartRunAsync("0", "first", Cancel);
        var model = await api.CreateLoggedModelAsync(new CreateLoggedModel("0", "lm", Run: run), Cancel);
        await api.LogInputsAsync(run, [new RunDataset("trips", "abc", "local", "trips.parquet")], [], Cancel);
        await api.LogModelMetricsAsync(run, [new ModelMetric(new MetricValue("rmse", 2.5, At, 1), model.Id, "trips", "abc")], Cancel);
        Assert.Equal(new MetricValue("rmse", 2.5, At, 1), Assert.Single((await api.GetLoggedModelAsync(model.Id, Cancel)).Metrics));
        Assert.Equal(model.Id, (await api.SearchLoggedModelsAsync(["0"], "metrics.rmse < 3", null, Cancel).SingleAsync(Cancel)).Id);
        // told once, whatever else differs between the runs that read it
        foreach (var tag in (string[])["1", "2"])
        {
            var other = await api.StartRunAsync("0", "other", Cancel);
            using var body = new StringContent($$"""{"run_id": "{{other}}", "datasets": [{"dataset": {"name": "trips", "digest": "abc", "source_type": "local", "source": "trips.parquet"}, "tags": [{"key": "seed", "value": "{{tag}}"}]}]}""", Encoding.UTF8, "application/json");
            (await flyball.Http.PostAsync("/api/2.0/mlflow/runs/log-inputs", body, Cancel)).EnsureSuccessStatusCode();
        }

        Assert.Equal([new ExperimentDataset("0", "trips", "abc", null)], await api.SearchDatasetsAsync(["0"], Cancel));
        await api.RegisterModelAsync("m", null, null, Cancel);
        Assert.Equal(1, await api.RegisterModelVersionAsync(new RegisterSource("m", "s3://bucket/m", run, "elsewhere", new Dictionary<string, string> { ["k"] = "v" }), Cancel));
        var version = await api.SearchModelVersionsAsync("name = 'm'", null, Cancel).SingleAsync(Cancel);
        Assert.Equal(("s3://bucket/m", run, "elsewhere", "v"), (version.Source, version.Run, version.Description, version.Tags["k"]));
    }

    [Fact]
    public async Task Logs_reads_and_deletes_runs()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var run = await api.StartRunAsync("0", "first", Cancel);
        var points = Enumerable.Range(0, 3).Select(i => new MetricValue("loss", i == 1 ? double.NaN : 1.5 - i, At.AddSeconds(i), i)).ToList();
        await api.LogAsync(run, points, new Dictionary<string, string> { ["depth"] = "6" }, new Dictionary<string, string> { ["team"] = "lab", ["gone"] = "x" }, Cancel);
        await api.DeleteRunTagAsync(run, "gone", Cancel);
        await api.RenameRunAsync(run, "second", Cancel);
        var model = await api.CreateLoggedModelAsync(new CreateLoggedModel("0", "lm", Run: run), Cancel);
        var dataset = new RunDataset("trips", "abc", "local", "trips.parquet", "{}", null, "training");
        await api.LogInputsAsync(run, [dataset], [model.Id], Cancel);
        await api.LogOutputsAsync(run, [new RunOutput(model.Id, 2)], Cancel);
        await api.EndRunAsync(run, well: true, Cancel);
        var known = await api.GetRunAsync(run, Cancel);
        Assert.Equal((run, "0", "second", "owner", "FINISHED", false), (known.Id, known.Experiment, known.Name, known.User, known.Status, known.Deleted));
        Assert.NotNull(known.Ended);
        Assert.Equal(points[2], Assert.Single(known.Metrics));
        Assert.Equal(("6", "lab", false), (known.Params["depth"], known.Tags["team"], known.Tags.ContainsKey("gone")));
        Assert.Equal(dataset, Assert.Single(known.Datasets));
        Assert.Equal([model.Id], known.Models);
        Assert.Equal([new RunOutput(model.Id, 2)], known.Outputs);
        Assert.Equal(points, await api.ReadMetricAsync(run, "loss", Cancel).ToListAsync(Cancel));
        await api.DeleteRunAsync(run, Cancel);
        Assert.True((await api.GetRunAsync(run, Cancel)).Deleted);
        await api.RestoreRunAsync(run, Cancel);
        Assert.False((await api.GetRunAsync(run, Cancel)).Deleted);
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), (await Assert.ThrowsAsync<FlyballException>(() => api.GetRunAsync(new string('0', 32), Cancel))) is var absent ? (absent.Status, absent.Code) : default);
    }

    [Fact]
    public async Task Reads_a_metric_of_several_runs_at_the_same_steps()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var runs = new[] { await api.StartRunAsync("0", "a", Cancel), await api.StartRunAsync("0", "b", Cancel) };
        foreach (var run in runs) await api.LogAsync(run, [.. Enumerable.Range(0, 101).Select(step => new MetricValue("loss", step, At, step))], new Dictionary<string, string>(), new Dictionary<string, string>(), Cancel);
        var read = await api.ReadMetricsAsync(runs, "loss", 10, Cancel);
        foreach (var run in runs) Assert.Equal(Enumerable.Range(0, 11).Select(i => 10L * i), read[run].Select(point => point.Step));
        await api.RecordModelAsync(runs[0], $$"""{"artifact_path": "model", "flavors": {}, "utc_time_created": "2024-03-01 12:00:00", "run_id": "{{runs[0]}}"}""", Cancel);
        Assert.Contains("\"artifact_path\"", (await api.GetRunAsync(runs[0], Cancel)).Tags["mlflow.log-model.history"]);
    }

    [Fact]
    public async Task Stores_lists_reads_and_deletes_files()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var run = await api.StartRunAsync("0", "r", Cancel);
        foreach (var path in (string[])["out/a b.txt", "out/deep/c.txt", "d.txt"]) await api.LogArtifactAsync("0", run, path, Bytes(path), Cancel);
        Assert.Equal([new ArtifactInfo("d.txt", false, 5), new ArtifactInfo("out", true, null)], await api.ListArtifactsAsync(run, null, Cancel));
        Assert.Equal(["out/a b.txt", "out/deep"], (await api.ListArtifactsAsync(run, "out", Cancel)).Select(file => file.Path));
        Assert.Equal("out/a b.txt", await ReadAsync(await api.OpenArtifactAsync(run, "out/a b.txt", Cancel)));
        await api.DeleteArtifactAsync("0", run, "out", Cancel);
        Assert.Equal(["d.txt"], (await api.ListArtifactsAsync(run, null, Cancel)).Select(file => file.Path));
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => api.OpenArtifactAsync(run, "out/a b.txt", Cancel))).Status);
    }

    [Fact]
    public async Task Stores_a_large_file_in_parts()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var run = await api.StartRunAsync("0", "r", Cancel);
        var (file, bytes) = (Path.Combine(flyball.Folder, "large.bin"), new byte[(3 << 20) + 7]);
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(file, bytes, Cancel);
        await api.LogArtifactInPartsAsync("0", run, "deep/a b.bin", file, Cancel, partBytes: 1 << 20);
        using (var content = await api.OpenArtifactAsync(run, "deep/a b.bin", Cancel))
        using (var read = new MemoryStream())
        {
            await content.CopyToAsync(read, Cancel);
            Assert.Equal(bytes, read.ToArray());
        }

        await File.WriteAllBytesAsync(file, [], Cancel);
        await api.LogArtifactInPartsAsync("0", run, "empty", file, Cancel);
        Assert.Equal(0, Assert.Single(await api.ListArtifactsAsync(run, null, Cancel), artifact => artifact.Path == "empty").Bytes);
        // what is refused leaves nothing behind
        Assert.Contains("is a folder", (await Assert.ThrowsAsync<FlyballException>(() => api.LogArtifactInPartsAsync("0", run, "deep", file, Cancel))).Message);
        Assert.Equal(0, await flyball.Server.Service<Db>().ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from uploads where done = 0"), Cancel));
    }

    [Fact]
    public async Task Finds_whole_runs_page_by_page()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        for (var i = 0; i < 3; i++)
        {
            var run = await api.StartRunAsync(new StartRun("0", $"r{i}", Started: DateTimeOffset.UnixEpoch.AddDays(i + 1)), Cancel);
            await api.LogAsync(run, [new MetricValue("loss", i, DateTimeOffset.UnixEpoch, 3)], new Dictionary<string, string> { ["depth"] = $"{i}" }, new Dictionary<string, string> { ["team"] = "lab" }, Cancel);
        }

        var found = await api.SearchRunsAsync(["0"], "metrics.loss < 2 OR params.depth = '9'", ["metrics.loss DESC"], "ACTIVE_ONLY", Cancel).ToListAsync(Cancel);
        Assert.Equal(["r1 1 3 1 lab", "r0 0 3 0 lab"], found.Select(run => $"{run.Name} {run.Metrics[0].Value} {run.Metrics[0].Step} {run.Params["depth"]} {run.Tags["team"]}"));
        Assert.Contains("Invalid", (await Assert.ThrowsAsync<FlyballException>(async () => await api.SearchRunsAsync(["0"], "nothing", null, "ALL", Cancel).ToListAsync(Cancel))).Message);
    }

    [Fact]
    public async Task Logs_models()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var run = await api.StartRunAsync("0", "r", Cancel);
        var model = await api.CreateLoggedModelAsync(new CreateLoggedModel("0", "lm", "agent", run, new Dictionary<string, string> { ["depth"] = "6" }, new Dictionary<string, string> { ["team"] = "lab" }), Cancel);
        await api.LogModelFileAsync(model, "weights/w.json", Bytes("{}"), Cancel);
        await api.LogModelParamsAsync(model.Id, new Dictionary<string, string> { ["depth"] = "6", ["rate"] = "0.1" }, Cancel);
        var changed = await Assert.ThrowsAsync<FlyballException>(() => api.LogModelParamsAsync(model.Id, new Dictionary<string, string> { ["new"] = "1", ["depth"] = "7" }, Cancel));
        Assert.Equal((400, $"Changing param values is not allowed. Param with key='depth' was already logged with value='6' for logged model ID='{model.Id}'. Attempted logging new value '7'."), (changed.Status, changed.Message));
        await api.SetLoggedModelTagsAsync(model.Id, new Dictionary<string, string> { ["state"] = "new" }, Cancel);
        await api.DeleteLoggedModelTagAsync(model.Id, "team", Cancel);
        await api.FinishLoggedModelAsync(model.Id, well: true, Cancel);
        var known = await api.GetLoggedModelAsync(model.Id, Cancel);
        Assert.Equal(("lm", "agent", run, "LOGGED_MODEL_READY"), (known.Name, known.Type, known.Run, known.Status));
        Assert.Equal(["depth=6", "rate=0.1"], known.Params.Select(pair => $"{pair.Key}={pair.Value}").Order());
        Assert.Equal(["state=new"], known.Tags.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(["weights"], (await api.ListLoggedModelFilesAsync(model.Id, null, Cancel)).Select(file => file.Path));
        Assert.Equal("{}", await ReadAsync(await api.OpenLoggedModelFileAsync(model.Id, "weights/w.json", Cancel)));
        for (var i = 0; i < 60; i++) await api.CreateLoggedModelAsync(new CreateLoggedModel("0", $"other{i}"), Cancel);
        Assert.Equal(61, await api.SearchLoggedModelsAsync(["0"], null, null, Cancel).CountAsync(Cancel));
        Assert.Equal(["lm", "other0", "other1"], await api.SearchLoggedModelsAsync(["0"], null, [new LoggedModelOrder("name", Ascending: true)], Cancel).Take(3).Select(one => one.Name).ToListAsync(Cancel));
        Assert.Equal(model.Id, (await api.SearchLoggedModelsAsync(["0"], "params.rate = '0.1'", null, Cancel).SingleAsync(Cancel)).Id);
        await api.DeleteLoggedModelAsync(model.Id, Cancel);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => api.GetLoggedModelAsync(model.Id, Cancel))).Status);
    }

    [Fact]
    public async Task Finds_what_is_registered_and_is_told_of_it()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { PrivateWebhooks = true });
        var api = flyball.Client;
        var run = await api.StartRunAsync("0", "r", Cancel);
        await api.LogArtifactAsync("0", run, "model/w.json", Bytes("{}"), Cancel);
        await api.RegisterModelAsync("m", "weighs", new Dictionary<string, string> { ["team"] = "lab" }, Cancel);
        for (var i = 0; i < 3; i++) await api.RegisterModelVersionAsync(new RegisterVersion("m", "0", run, "model"), Cancel);
        await api.MoveAliasAsync("m", "best", new MoveAlias(2, "fewer errors"), Cancel);
        await api.MoveToStageAsync("m", 1, "Production", archiveOthers: false, Cancel);
        await api.MoveToStageAsync("m", 3, "Production", archiveOthers: true, Cancel);
        await api.RenameModelAsync("m", "n", Cancel);
        Assert.Equal(["n"], await api.SearchModelsAsync("name LIKE '%'", ["name DESC"], Cancel).Select(model => model.Name).ToListAsync(Cancel));
        var model = await api.GetRegisteredModelAsync("n", Cancel);
        Assert.Equal(("weighs", "lab", 2), (model.Description, model.Tags["team"], model.Aliases["best"]));
        Assert.Equal([(1, "Archived"), (2, "None"), (3, "Production")], await api.SearchModelVersionsAsync($"run_id = '{run}'", ["version_number ASC"], Cancel).Select(version => (version.Version, version.Stage)).ToListAsync(Cancel));
        Assert.Equal([(2, "None"), (3, "Production")], (await api.ReadLatestVersionsAsync("n", ["None", "Production"], Cancel)).Select(version => (version.Version, version.Stage)).Order());
        Assert.StartsWith("mlflow-artifacts:/", await api.ReadDownloadUriAsync("n", 2, Cancel));
        var best = await api.GetModelVersionByAliasAsync("n", "best", Cancel);
        Assert.Equal((2, run, "best"), (best.Version, best.Run, Assert.Single(best.Aliases)));

        var webhook = await api.CreateWebhookAsync(new CreateWebhook("w", "http://127.0.0.1:1/nobody", ["model_version.created", "model_version_alias.created"], "tells", "secret"), Cancel);
        Assert.Equal((true, "tells", "model_version.created"), (webhook.IsActive, webhook.Description, webhook.Events[0]));
        var tested = await api.TestWebhookAsync(webhook.Id, "model_version.created", Cancel);
        Assert.Equal((false, null), (tested.Delivered, tested.Status));
        Assert.StartsWith("Failed to test webhook: ", tested.Said);
        var updated = await api.UpdateWebhookAsync(webhook.Id, new CreateWebhook("w2", webhook.Url, ["registered_model.created"], IsActive: false), Cancel);
        Assert.Equal(("w2", false, "tells"), (updated.Name, updated.IsActive, updated.Description));
        Assert.Equal(updated.Id, Assert.Single(await api.ListWebhooksAsync(Cancel)).Id);
        Assert.Equal("w2", (await api.GetWebhookAsync(webhook.Id, Cancel)).Name);
        await api.DeleteWebhookAsync(webhook.Id, Cancel);
        Assert.Empty(await api.ListWebhooksAsync(Cancel));
    }

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancel);
    }
}
