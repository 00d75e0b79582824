using System.CommandLine;
using System.Net;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server;

namespace Flyball.Tests.Operations;

public sealed class A_backup : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Taken_while_everything_is_written_holds_all_that_was_acknowledged_before()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var (predictions, runs, sealings) = (new Acknowledged(), new Acknowledged(), 0);
        var traffic = Task.Run(async () => { while (!stop.IsCancellationRequested) await PredictAsync(flyball.Client, predictions); }, Cancel);
        var tracking = Task.Run(async () => { while (!stop.IsCancellationRequested) await StartRunAsync(flyball.Http, runs); }, Cancel);
        var sealing = Task.Run(
            async () =>
            {
                for (; !stop.IsCancellationRequested; sealings++)
                {
                    await RotateAsync(flyball);
                    await flyball.UntilQuietAsync();
                }
            },
            Cancel);

        var archives = new List<(string Path, List<string> Predictions, List<string> Runs)>();
        while (archives.Count < 3 || sealings < 2)
        {
            await predictions.MoreAsync(20);
            var path = Path.Combine(folder, $"{archives.Count}.tar");
            archives.Add((path, predictions.SoFar(), runs.SoFar()));
            await using var file = File.Create(path);
            await flyball.Client.BackupAsync(file, Cancel);
        }

        await stop.CancelAsync();
        await Task.WhenAll(traffic, tracking, sealing);
        Assert.Equal(archives.Count, (await flyball.JournalAsync()).Count(entry => entry.Type == "server.backup-taken"));
        foreach (var (path, before, runsBefore) in archives)
        {
            await using var restored = await RestoreAsync(path, Path.Combine(folder, Path.GetFileNameWithoutExtension(path)));
            await CheckAsync(restored, before, runsBefore);
        }
    }

    [Fact]
    public async Task Is_taken_while_a_training_waits_and_restored_goes_on_with_it()
    {
        var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        flyball = await flyball.RestartAsync(options => options with { Workers = 0 });
        await using var waiting = flyball;
        // what a training is told holds digests of files, labels and recipes, which are no objects
        await flyball.Client.StartTrainingAsync("straight", LineProject.Model, new StartTraining("by hand"), Cancel);
        Assert.Equal("queued", Assert.Single(await flyball.Client.ListJobsAsync(Cancel)).State);
        var path = Path.Combine(folder, "waiting.tar");
        await using (var file = File.Create(path)) await flyball.Client.BackupAsync(file, Cancel);

        await using var restored = await RestoreAsync(path, Path.Combine(folder, "restored"));
        await restored.UntilQuietAsync();
        Assert.Equal(2, (await restored.Client.ListModelVersionsAsync(LineProject.Model, Cancel)).Count);
    }

    [Fact]
    public async Task Restored_goes_on_counting_log_files_where_the_server_was()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var first = new Acknowledged();
        await PredictAsync(flyball.Client, first);
        await RotateAsync(flyball);
        await flyball.UntilQuietAsync();
        // all traffic is in segments now: the file being written is empty, and only its number says how many there were
        var path = Path.Combine(folder, "all-sealed.tar");
        await using (var file = File.Create(path)) await flyball.Client.BackupAsync(file, Cancel);

        await using var restored = await RestoreAsync(path, Path.Combine(folder, "restored"));
        await restored.UntilQuietAsync();
        await PredictAsync(restored.Client, first);
        await RotateAsync(restored);
        await restored.UntilQuietAsync();
        foreach (var id in first.SoFar()) Assert.Equal(id, (await restored.Client.GetPredictionAsync(LineProject.Model, id, Cancel)).Id);
    }

    [Fact]
    public async Task Is_taken_and_restored_by_verbs_without_a_running_server()
    {
        var data = Path.Combine(folder, "data");
        var flyball = await TestFlyball.StartAsync(folder);
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        await flyball.StopAsync();

        var (archive, copy) = (Path.Combine(folder, "flyball.tar"), Path.Combine(folder, "copy"));
        var (code, output, _) = await RunAsync("backup", archive, "--data-dir", data);
        Assert.Equal(0, code);
        Assert.Contains("read back and checked", output);
        Assert.False(File.Exists(archive + ".part"));
        Assert.Contains("is there already", (await RunAsync("backup", archive, "--data-dir", data)).Error);

        Assert.Equal(0, (await RunAsync("restore", archive, "--data-dir", copy)).Code);
        Assert.Contains("is not empty", (await RunAsync("restore", archive, "--data-dir", copy)).Error);
        var (status, models, _) = await RunAsync("status", LineProject.Model, "--data-dir", copy);
        Assert.Equal(0, status);
        Assert.Contains("champion", models);
    }

    [Fact]
    public async Task Needs_an_administrator()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var token = (await flyball.Client.AddUserAsync(new AddUser("engineer@example.org", "engineer"), Cancel)).Token;
        using var engineer = new FlyballClient(flyball.Server.Url, token);
        Assert.Equal((int)HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<FlyballException>(() => engineer.BackupAsync(Stream.Null, Cancel))).Status);
        Assert.DoesNotContain(await flyball.JournalAsync(), entry => entry.Type == "server.backup-taken");
    }

    [Fact]
    public async Task Leaves_out_a_line_that_a_crash_tore()
    {
        var flyball = await TestFlyball.StartAsync(folder);
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var known = new Acknowledged();
        await PredictAsync(flyball.Client, known);
        var log = Directory.GetFiles(Path.Combine(folder, "data", "log", "predictions", LineProject.Model)).Single();
        var whole = await ReadAsync(log);
        await using (var torn = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) await torn.WriteAsync("{\"at\":17"u8.ToArray(), Cancel);
        var path = Path.Combine(folder, "torn.tar");
        await using (var file = File.Create(path)) await flyball.Client.BackupAsync(file, Cancel);
        await flyball.StopAsync();

        var copy = Path.Combine(folder, "copy");
        await using (var archive = File.OpenRead(path)) await BackupArchive.RestoreAsync(archive, copy, Cancel);
        Assert.Equal(whole, await ReadAsync(Path.Combine(copy, Path.GetRelativePath(Path.Combine(folder, "data"), log))));
    }

    private static async Task CheckAsync(TestFlyball restored, List<string> predictions, List<string> runs)
    {
        var db = restored.Server.Service<Db>();
        Assert.Equal("ok", await db.ReadAsync(tx => tx.ScalarAsync<string>("pragma integrity_check"), Cancel));
        foreach (var digest in (await db.ReadAsync(UsedObjects.ReadAsync, Cancel)).Linked) await (await restored.Server.Service<ObjectStore>().OpenAsync(digest, Cancel)).DisposeAsync();
        foreach (var run in runs) Assert.Equal(HttpStatusCode.OK, (await restored.Http.GetAsync($"/api/2.0/mlflow/runs/get?run_id={run}", Cancel)).StatusCode);
        Assert.Single(await restored.Client.ListDatasetVersionsAsync("straight", "rows", Cancel));
        await restored.UntilQuietAsync();
        foreach (var id in predictions)
        {
            // acknowledged in pairs: the label of a prediction is the number it was asked about
            var found = await restored.Client.GetPredictionAsync(LineProject.Model, id, Cancel);
            Assert.Equal(found.Row.GetProperty("x").GetDouble(), found.Label);
        }

        Assert.Equal(6, Assert.Single((await restored.Client.PredictAsync(LineProject.Model, [Row(3)], Cancel)).Predictions), 3);
    }

    private static JsonElement Row(int x) => JsonSerializer.SerializeToElement(new { at = "2024-02-01 10:00:00", x });

    private static async Task PredictAsync(FlyballClient client, Acknowledged known)
    {
        var answer = await client.PredictAsync(LineProject.Model, [Row(known.Count)], Cancel);
        await client.PostLabelsAsync(LineProject.Model, new PostLabels([new LabelItem(answer.PredictionIds[0], JsonSerializer.SerializeToElement(known.Count))]), Cancel);
        known.Add(answer.PredictionIds[0]);
    }

    private static async Task StartRunAsync(HttpClient http, Acknowledged known)
    {
        using var answer = await http.PostAsync("/api/2.0/mlflow/runs/create", new StringContent("""{"experiment_id": "0"}""", null, "application/json"), Cancel);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        known.Add(body.RootElement.GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!);
    }

    private static async Task RotateAsync(TestFlyball flyball)
    {
        foreach (var (_, _, log) in flyball.Server.Service<Server.Serving.TrafficLog>().All()) await log.RotateAsync(Cancel);
    }

    private static async Task<TestFlyball> RestoreAsync(string archive, string into)
    {
        await using (var file = File.OpenRead(archive)) await BackupArchive.RestoreAsync(file, Path.Combine(into, "data"), Cancel);
        return await TestFlyball.StartAsync(into);
    }

    private static async Task<string> ReadAsync(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return await reader.ReadToEndAsync(Cancel);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Cancel);
        return (code, output.ToString(), error.ToString());
    }

    private sealed class Acknowledged
    {
        private readonly Lock gate = new();
        private readonly List<string> ids = [];
        private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count => ids.Count;

        public void Add(string id)
        {
            lock (gate)
            {
                ids.Add(id);
                more.TrySetResult();
                more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public List<string> SoFar()
        {
            lock (gate) return [.. ids];
        }

        public async Task MoreAsync(int count)
        {
            for (var wanted = Count + count; Count < wanted;)
            {
                Task next;
                lock (gate) next = more.Task;
                if (Count < wanted) await next.WaitAsync(Cancel);
            }
        }
    }
}
