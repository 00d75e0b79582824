using System.Net;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

public sealed class What_is_removed_for_good
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_what_was_deleted_with_its_files_and_nothing_that_something_needs()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { OrphanGrace = TimeSpan.Zero });
        var experiment = await flyball.Client.EnsureExperimentAsync("e", Cancel);
        var (gone, shared, active) = (await RunAsync(flyball, experiment, "only here"), await RunAsync(flyball, experiment, "shared"), await RunAsync(flyball, experiment, "shared"));
        var source = await RunAsync(flyball, experiment, "registered");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        await flyball.RegisterAsync("m", source, "model");
        foreach (var run in (string[])[gone, shared, source]) await flyball.CallAsync("POST", "runs/delete", $$"""{"run_id": "{{run}}"}""");
        Assert.Equal(4, await FoundAsync(flyball, experiment));

        var preview = await flyball.Client.PreviewGarbageAsync(0, null, Cancel);
        Assert.Equal((2, 0, 2, 9), (preview.Runs, preview.LoggedModels, preview.Files, preview.Bytes));
        Assert.Equal(("e", 2), (Assert.Single(preview.ByExperiment).Name, preview.ByExperiment[0].Runs));
        Assert.Equal(($"run:{source}", "model-version:m/1"), (Assert.Single(preview.Kept).Thing, preview.Kept[0].NeededBy));
        Assert.Equal(0, (await flyball.Client.PreviewGarbageAsync(1, null, Cancel)).Runs);
        Assert.Equal(0, (await flyball.Client.PreviewGarbageAsync(0, ["0"], Cancel)).Runs);

        var first = await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 1), Cancel);
        Assert.Equal((1, 1, 0), (first.Runs, first.Left, first.Bytes));
        var second = await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 1), Cancel);
        Assert.Equal((1, 0, 9), (second.Runs, second.Left, second.Bytes));
        Assert.Equal(2, await FoundAsync(flyball, experiment));
        foreach (var run in (string[])[gone, shared]) Assert.StartsWith("404 RESOURCE_DOES_NOT_EXIST", await flyball.RefusedAsync("GET", $"runs/get?run_id={run}"));
        Assert.Equal("shared", await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{active}/artifacts/model/a.txt", Cancel));
        Assert.Equal("registered", await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{source}/artifacts/model/a.txt", Cancel));
        Assert.Equal(2, (await flyball.JournalAsync()).Count(entry => entry.Type == "garbage.removed" && entry.Actor == "owner"));

        // the version deleted, its run is free
        await flyball.CallAsync("DELETE", "model-versions/delete", """{"name": "m", "version": "1"}""");
        Assert.Equal((1, 10), (await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 10), Cancel)) is var third ? (third.Runs, third.Bytes) : default);

        // nothing of the removed ones is left in any table
        var left = await flyball.Server.Service<Db>().ReadAsync(async tx => await tx.ScalarAsync<long>("select (select count(*) from runs) * 1000 + (select count(*) from params) * 100 + (select count(*) from run_metrics) * 10 + (select count(*) from artifacts)"), Cancel);
        Assert.Equal(1000 + 100 + (await PackedAsync(flyball) * 10) + 1, left);
    }

    [Fact]
    public async Task Are_experiments_once_their_runs_are_free_and_no_id_is_given_twice()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var experiment = await flyball.Client.EnsureExperimentAsync("e", Cancel);
        await RunAsync(flyball, experiment, "x");
        var model = (await flyball.CallAsync("POST", "logged-models", $$"""{"experiment_id": "{{experiment}}", "name": "lm"}""")).GetProperty("model").GetProperty("info").GetProperty("model_id").GetString();
        await flyball.PutAsync($"{experiment}/models/{model}/artifacts/w.txt", "weights");
        await flyball.CallAsync("POST", "experiments/delete", $$"""{"experiment_id": "{{experiment}}"}""");
        Assert.Contains("permanently delete it", await flyball.RefusedAsync("POST", "experiments/create", """{"name": "e"}"""));
        var preview = await flyball.Client.PreviewGarbageAsync(0, null, Cancel);
        Assert.Equal((1, 1, 2), (preview.Runs, preview.LoggedModels, preview.Files));
        Assert.Equal([experiment], preview.Experiments);
        var removed = await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 10), Cancel);
        Assert.Equal((1, 1, 1), (removed.Runs, removed.LoggedModels, removed.Experiments));
        Assert.NotEqual(experiment, await flyball.Client.EnsureExperimentAsync("e", Cancel));
        Assert.StartsWith("404", await flyball.RefusedAsync("GET", $"experiments/get?experiment_id={experiment}"));

        // the default experiment stays, whatever is deleted
        await flyball.CallAsync("POST", "experiments/delete", """{"experiment_id": "0"}""");
        Assert.Empty((await flyball.Client.PreviewGarbageAsync(0, null, Cancel)).Experiments);
    }

    [Fact]
    public async Task Follows_from_rules_once_an_hour()
    {
        var clock = new Clock();
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        var (one, other) = (await flyball.Client.EnsureExperimentAsync("one", Cancel), await flyball.Client.EnsureExperimentAsync("other", Cancel));
        await flyball.Client.SetRetentionRuleAsync(null, new SetRetentionRule(null, 30), Cancel);
        await flyball.Client.SetRetentionRuleAsync(one, new SetRetentionRule(10, 5), Cancel);
        Assert.Equal([null, one], (await flyball.Client.ListRetentionRulesAsync(Cancel)).Select(rule => rule.Experiment));
        var (old, kept, running, elsewhere) = (await RunAsync(flyball, one, "a", clock), await RunAsync(flyball, one, "b", clock), await flyball.Client.StartRunAsync(one, "r", Cancel), await RunAsync(flyball, other, "c", clock));
        await flyball.CallAsync("POST", "runs/set-tag", $$"""{"run_id": "{{kept}}", "key": "flyball.keep", "value": ""}""");
        await flyball.UntilQuietAsync();
        Assert.Equal(3, await FoundAsync(flyball, one));

        // one that had ended and was taken up again runs, whenever it ended before
        var resumed = await RunAsync(flyball, one, "s", clock);
        await flyball.CallAsync("POST", "runs/update", $$"""{"run_id": "{{resumed}}", "status": "RUNNING"}""");

        clock.Now = clock.Now.AddDays(11);
        await flyball.UntilQuietAsync();
        Assert.Equal(["deleted", "active", "active", "active"], await StagesAsync(flyball, old, kept, running, resumed));
        clock.Now = clock.Now.AddDays(5.5);
        await flyball.UntilQuietAsync();
        Assert.StartsWith("404", await flyball.RefusedAsync("GET", $"runs/get?run_id={old}"));
        Assert.Equal(["active", "active", "active"], await StagesAsync(flyball, kept, running, elsewhere));
        Assert.Equal([old], (await flyball.JournalAsync()).Single(entry => entry.Type == "runs.expired").Data.GetProperty("runs").EnumerateArray().Select(run => run.GetString()));

        // a deletion by hand, under the rule of all
        await flyball.CallAsync("POST", "runs/delete", $$"""{"run_id": "{{elsewhere}}"}""");
        clock.Now = clock.Now.AddDays(29);
        await flyball.UntilQuietAsync();
        Assert.Equal(["deleted"], await StagesAsync(flyball, elsewhere));
        clock.Now = clock.Now.AddDays(2);
        await flyball.UntilQuietAsync();
        Assert.StartsWith("404", await flyball.RefusedAsync("GET", $"runs/get?run_id={elsewhere}"));
        await flyball.Client.DeleteRetentionRuleAsync(one, Cancel);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.DeleteRetentionRuleAsync(one, Cancel))).Status);
    }

    [Fact]
    public async Task Is_an_experiment_with_all_that_it_still_holds_or_nothing_of_that()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var experiment = await flyball.Client.EnsureExperimentAsync("e", Cancel);
        for (var i = 0; i < 3; i++) await RunAsync(flyball, experiment, "x");
        var model = (await flyball.CallAsync("POST", "logged-models", $$"""{"experiment_id": "{{experiment}}", "name": "m"}""")).GetProperty("model").GetProperty("info").GetProperty("model_id").GetString();
        await flyball.CallAsync("POST", "experiments/delete", $$"""{"experiment_id": "{{experiment}}"}""");
        await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 2), Cancel);
        Assert.Equal((1, 1, 1), await LeftAsync());
        await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 2), Cancel);
        Assert.Equal((0, 0, 0), await LeftAsync());
        Assert.StartsWith("404", await flyball.RefusedAsync("GET", $"logged-models/{model}"));

        Task<(long Runs, long Models, long Experiments)> LeftAsync() => flyball.Server.Service<Db>().ReadAsync(
            async tx => (await tx.ScalarAsync<long>("select count(*) from runs"), await tx.ScalarAsync<long>("select count(*) from logged_models"), await tx.ScalarAsync<long>("select count(*) from experiments where name = 'e'")), Cancel);
    }

    [Fact]
    public async Task Is_the_room_of_files_that_were_overwritten_or_deleted_while_the_server_runs()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { OrphanGrace = TimeSpan.Zero, SweepEvery = TimeSpan.Zero });
        var run = await flyball.RunWithAsync(("a.txt", "first"));
        var objects = new DirectoryInfo(Path.Combine(flyball.Folder, "data", "objects"));
        await flyball.PutAsync($"0/{run}/artifacts/a.txt", "second");
        await flyball.UntilQuietAsync();
        Assert.Equal("second", await File.ReadAllTextAsync(Assert.Single(objects.EnumerateFiles("*", SearchOption.AllDirectories)).FullName, Cancel));
        (await flyball.Http.DeleteAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a.txt", Cancel)).EnsureSuccessStatusCode();
        await flyball.UntilQuietAsync();
        Assert.Empty(objects.EnumerateFiles("*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Is_the_room_of_files_also_while_a_job_waits_for_a_worker_and_not_while_one_runs()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { OrphanGrace = TimeSpan.Zero, SweepEvery = TimeSpan.Zero, Workers = 0 });
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 20), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        foreach (var loop in flyball.Server.Service<IEnumerable<ILoop>>()) await loop.StepAsync(Cancel);
        Assert.Equal("queued", Assert.Single(await flyball.Client.ListJobsAsync(Cancel)).State);
        var (objects, sweep) = (new DirectoryInfo(Path.Combine(flyball.Folder, "data", "objects")), flyball.Server.Service<IEnumerable<ILoop>>().Single(loop => loop.Name == "objects"));
        var run = await flyball.RunWithAsync(("a.txt", "first"));
        await flyball.PutAsync($"0/{run}/artifacts/a.txt", "second");
        await sweep.StepAsync(Cancel);
        Assert.Equal("second", await ContentAsync());

        using var worker = new FlyballClient(flyball.Server.Url, flyball.Server.Service<Users>().WorkerToken);
        var claimed = (await worker.ClaimJobAsync("somebody", DataDirectory.FindIdentity(Path.Combine(flyball.Folder, "data"))!, Cancel))!;
        await flyball.Server.Service<DiskObjectStore>().PutAsync(new MemoryStream([1, 2, 3]), Cancel);
        await sweep.StepAsync(Cancel);
        Assert.Equal(2, objects.EnumerateFiles("*", SearchOption.AllDirectories).Count());
        await worker.FailAsync(claimed.Id, new JobOutcome(claimed.Token, null, "no", Final: true), Cancel);
        await sweep.StepAsync(Cancel);
        Assert.Equal("second", await ContentAsync());

        Task<string> ContentAsync() => File.ReadAllTextAsync(Assert.Single(objects.EnumerateFiles("*", SearchOption.AllDirectories)).FullName, Cancel);
    }

    [Fact]
    public async Task Is_not_looked_for_at_every_turn_of_the_loops_where_it_cannot_be()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { SweepEvery = TimeSpan.FromSeconds(2) });
        // an object that was set aside, and whose place something else has taken
        var place = Directory.CreateDirectory(Path.Combine(flyball.Folder, "data", "objects", "ab", new string('c', 62))).FullName;
        await File.WriteAllTextAsync(place + ".gone", "content", Cancel);
        var sweep = flyball.Server.Service<IEnumerable<ILoop>>().Single(loop => loop.Name == "objects");
        await Task.Delay(TimeSpan.FromSeconds(2.1), TimeProvider.System, Cancel);
        await Assert.ThrowsAnyAsync<SystemException>(() => sweep.StepAsync(Cancel));
        Assert.False(await sweep.StepAsync(Cancel));
        Directory.Delete(place);
    }

    [Theory]
    [InlineData(null, null, 400)]
    [InlineData(0, null, 400)]
    [InlineData(36501, null, 400)]
    [InlineData(null, -1, 400)]
    public async Task Is_not_ruled_by_days_that_cannot_be(int? delete, int? remove, int status)
    {
        await using var flyball = await TestFlyball.StartAsync();
        Assert.Equal(status, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.SetRetentionRuleAsync(null, new SetRetentionRule(delete, remove), Cancel))).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.SetRetentionRuleAsync("77", new SetRetentionRule(1, 1), Cancel))).Status);
        Assert.Equal(400, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.PreviewGarbageAsync(-1, null, Cancel))).Status);
        Assert.Equal(400, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 0), Cancel))).Status);
    }

    [Fact]
    public async Task Is_shown_on_a_page_and_removed_there_by_who_says_so()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await RunAsync(flyball, "0", "x");
        await flyball.CallAsync("POST", "runs/delete", $$"""{"run_id": "{{run}}"}""");
        Assert.Contains("1 run, 0 logged models and 0 experiments with 1 file", await flyball.Http.GetStringAsync("/experiments/deleted", Cancel));
        using (var unsure = await flyball.Http.PostAsync("/experiments/deleted/remove?days=0", new FormUrlEncodedContent([]), Cancel))
        {
            Assert.Equal(HttpStatusCode.BadRequest, unsure.StatusCode);
            Assert.Contains("Nothing was removed", await unsure.Content.ReadAsStringAsync(Cancel));
        }

        using (var sure = await flyball.Http.PostAsync("/experiments/deleted/remove?days=0", new FormUrlEncodedContent([new("sure", "yes")]), Cancel))
        {
            Assert.Contains("Nothing is deleted.", await sure.Content.ReadAsStringAsync(Cancel));
        }

        Assert.StartsWith("404", await flyball.RefusedAsync("GET", $"runs/get?run_id={run}"));
    }

    private static async Task<string> RunAsync(TestFlyball flyball, string experiment, string file, TimeProvider? time = null)
    {
        var run = await flyball.Client.StartRunAsync(experiment, "r", Cancel);
        await flyball.Client.LogAsync(run, [new MetricValue("m", 1, DateTimeOffset.UnixEpoch, 0)], new Dictionary<string, string> { ["p"] = "1" }, new Dictionary<string, string>(), Cancel);
        await flyball.PutAsync($"{experiment}/{run}/artifacts/model/a.txt", file);
        if (time is null) await flyball.Client.EndRunAsync(run, well: true, Cancel);
        else await flyball.CallAsync("POST", "runs/update", $$"""{"run_id": "{{run}}", "status": "FINISHED", "end_time": {{time.GetUtcNow().ToUnixTimeMilliseconds()}}}""");
        return run;
    }

    private static async Task<int> FoundAsync(TestFlyball flyball, string experiment)
    {
        var found = await flyball.CallAsync("POST", "runs/search", $$"""{"experiment_ids": ["{{experiment}}"], "run_view_type": "ALL"}""");
        return found.TryGetProperty("runs", out var runs) ? runs.GetArrayLength() : 0;
    }

    private static async Task<List<string?>> StagesAsync(TestFlyball flyball, params string[] runs)
    {
        var found = new List<string?>();
        foreach (var run in runs) found.Add((await flyball.CallAsync("GET", $"runs/get?run_id={run}")).GetProperty("run").GetProperty("info").GetProperty("lifecycle_stage").GetString());
        return found;
    }

    private static Task<long> PackedAsync(TestFlyball flyball) => flyball.Server.Service<Db>().ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from run_metrics"), Cancel);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
