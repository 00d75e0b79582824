using System.Diagnostics;
using System.Net;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Tests.Retraining;

/// <summary>What leads to a training on a real server, and what a version waits for that may not serve by itself.</summary>
public sealed class A_reason_to_train
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_a_schedule_that_came_due_once_for_every_time()
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 2, 5, 1, 0, 0, TimeSpan.Zero));
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        await ApplyAsync(flyball, "retrain: { on: [{ schedule: \"0 3 * * MON\" }], guards: { cooldown: 1h, min_new_labels: 1 } }");
        Assert.Equal(["line has never been trained and rows v1 is there"], await ReasonsAsync(flyball));
        clock.AdvanceTo(new DateTimeOffset(2024, 2, 5, 2, 59, 0, TimeSpan.Zero));
        await flyball.UntilQuietAsync();
        Assert.Single(await ReasonsAsync(flyball));
        clock.AdvanceTo(new DateTimeOffset(2024, 2, 5, 3, 1, 0, TimeSpan.Zero));
        await flyball.UntilQuietAsync();
        Assert.Single(await ReasonsAsync(flyball));
        Assert.Equal("at least 1 new labels", (await flyball.JournalAsync()).Last(entry => entry.Type == "retraining.decided").Data.GetProperty("guard").GetString());
        await File.AppendAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "2024-02-01 10:00:00,500,1000\n", Cancel);
        await flyball.UntilQuietAsync();
        await flyball.UntilQuietAsync();
        Assert.Equal("the schedule 0 3 * * mon came due at 2024-02-05 03:00 UTC", (await ReasonsAsync(flyball))[0]);
        Assert.Equal(2, (await ReasonsAsync(flyball)).Count);
        await File.AppendAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "2024-02-02 10:00:00,501,1002\n", Cancel);
        clock.AdvanceTo(new DateTimeOffset(2024, 2, 19, 4, 0, 0, TimeSpan.Zero));
        await flyball.UntilQuietAsync();
        Assert.Equal(3, (await ReasonsAsync(flyball)).Count);
    }

    [Fact]
    public async Task Is_a_corrected_project_file_where_no_training_has_succeeded()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await ApplyAsync(LineProject.Yaml.Replace("test: 7d", "test: 99d", StringComparison.Ordinal));
        Assert.Equal("failed", Assert.Single(await flyball.Client.ListTrainingsAsync("straight", "line", Cancel)).State);
        await flyball.UntilQuietAsync();
        Assert.Single(await flyball.Client.ListTrainingsAsync("straight", "line", Cancel));

        await ApplyAsync(LineProject.Yaml);
        Assert.Equal(["no training of line has succeeded, and its project file is new", "line has never been trained and rows v1 is there"], await ReasonsAsync(flyball));
        Assert.Equal(1, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);
        await ApplyAsync(LineProject.Yaml + "\n    monitor: { every: 1h }\n");
        Assert.Equal(2, (await ReasonsAsync(flyball)).Count);

        async Task ApplyAsync(string yaml)
        {
            await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
            await flyball.UntilQuietAsync();
        }
    }

    [Fact]
    public async Task Is_no_first_one_where_one_has_succeeded_however_many_failed_since()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await ApplyAsync(flyball, "retrain: { guards: { cooldown: 1s } }");
        var trained = Assert.Single(await flyball.Client.ListTrainingsAsync("straight", "line", Cancel));
        Assert.Equal("passed", trained.State);
        await flyball.Server.Service<Db>().WriteAsync(
            async tx =>
            {
                for (var i = 0; i < 200; i++)
                {
                    await tx.ExecuteAsync(
                        """
                        insert into trainings (id, project, model, trigger_kind, reason, dataset_version, run, job, state, created, ended, event)
                        select @id, project, model, trigger_kind, reason, 'another', run, job, 3, created + @i, created + @i, event from trainings where id = @trained
                        """,
                        new { id = $"failed-{i}", i = i + 1, trained = trained.Id });
                }
            },
            Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml + "\n    monitor: { every: 1h }\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "training.started");
    }

    [Fact]
    public async Task Is_another_commit_of_the_projects_folder()
    {
        var flyball = await TestFlyball.StartAsync();
        Git(flyball.Sources, "init", "-q");
        Git(flyball.Sources, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "first");
        await ApplyAsync(flyball, "retrain: { on: [code_change], guards: { cooldown: 1s } }");
        var run = (await flyball.Client.ListTrainingsAsync("straight", "line", Cancel))[0].Run;
        var tags = await flyball.Http.GetStringAsync($"/api/2.0/mlflow/runs/get?run_id={run}", Cancel);
        Assert.Contains($"\"{Git(flyball.Sources, "rev-parse", "HEAD")}\"", tags);
        Git(flyball.Sources, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "second");
        await Task.Delay(TimeSpan.FromSeconds(1.1), TimeProvider.System, Cancel);
        flyball = await flyball.RestartAsync();
        await using var restarted = flyball;
        await flyball.UntilQuietAsync();
        await flyball.UntilQuietAsync();
        Assert.StartsWith($"the project's folder is at commit {Git(flyball.Sources, "rev-parse", "HEAD")[..10]}", (await ReasonsAsync(flyball))[0]);
        Assert.Equal(2, (await ReasonsAsync(flyball)).Count);
    }

    [Fact]
    public async Task Ends_with_a_challenger_that_waits_where_an_approval_is_required()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await ApplyAsync(flyball, "retrain: { approval: required }");
        Assert.Equal("challenger", Assert.Single(await flyball.Client.ListAliasesAsync("line", Cancel)).Alias);
        Assert.DoesNotContain(await flyball.JournalAsync(), entry => entry.Type == "deployment.changed");
        Assert.Contains("line version 1 waits for approval", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/", Cancel)));

        var engineer = await flyball.Client.AddUserAsync(new AddUser("engineer@example.org", "engineer"), Cancel);
        var approver = await flyball.Client.AddUserAsync(new AddUser("approver@example.org", "approver"), Cancel);
        using (var asEngineer = new FlyballClient(flyball.Server.Url, engineer.Token))
        {
            Assert.Equal(403, (await Assert.ThrowsAsync<FlyballException>(() => asEngineer.MoveAliasAsync("line", "champion", new MoveAlias(1, "mine"), Cancel))).Status);
        }

        using (var asApprover = new FlyballClient(flyball.Server.Url, approver.Token)) await asApprover.MoveAliasAsync("line", "champion", new MoveAlias(1, "looked at the slices"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(1, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);
        var moved = (await flyball.JournalAsync()).Last(entry => entry.Type == "model.alias-moved");
        Assert.Equal("approver@example.org", moved.Actor);
        Assert.Equal("looked at the slices", moved.Data.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Leads_to_the_same_bytes_from_the_same_data_and_seed()
    {
        var digests = new List<string>();
        foreach (var seed in (int[])[42, 42, 7])
        {
            await using var flyball = await TestFlyball.StartAsync();
            await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "at,x,zone,y\n" + string.Concat(Enumerable.Range(0, 600).Select(i => $"2024-01-{1 + (i % 28):00} 10:00:00,{i * 37 % 100},Z{i % 9},{(i * 37 % 100) + (i % 9 * 3)}\n")), Cancel);
            var yaml = LineProject.Yaml.Replace("x: { type: number }", "x: { type: number }\n    zone: { type: category }", StringComparison.Ordinal)
                .Replace("trainer: linear", $"trainer: xgboost, seed: {seed}, params: {{ subsample: 0.7, rounds: 20 }}", StringComparison.Ordinal);
            await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
            await flyball.UntilQuietAsync();
            digests.Add((await flyball.Client.GetModelVersionAsync("line", 1, Cancel)).Version.Digest);
        }

        Assert.Equal(digests[0], digests[1]);
        Assert.NotEqual(digests[0], digests[2]);
    }

    private static async Task ApplyAsync(TestFlyball flyball, string retrain)
    {
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject($"{LineProject.Yaml}\n    {retrain}\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
    }

    /// <summary>Why each training was started, the newest first.</summary>
    private static async Task<List<string>> ReasonsAsync(TestFlyball flyball) => [.. (await flyball.Client.ListTrainingsAsync("straight", "line", Cancel)).Select(training => training.Reason)];

    private static string Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = folder, RedirectStandardOutput = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output.Trim();
    }
}
