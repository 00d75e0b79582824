using System.Text.Json;
using Flyball.Foundation;

namespace Flyball.Tests.Foundation;

public sealed class Jobs_and_their_attempts : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
    private readonly Recorder recorder = new();
    private SqliteDb db = null!;
    private Jobs jobs = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        db = new SqliteDb(Path.Combine(folder, "test.db"));
        await Migrations.ApplyAsync(db, Migrations.Of(typeof(Db).Assembly), TimeProvider.System, Cancel);
        jobs = new Jobs(db, new Ids(TimeProvider.System), new Journal(new Ids(TimeProvider.System), TimeProvider.System), [recorder, new Counted()], TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await db.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_result_is_applied_once()
    {
        await EnqueueAsync(null);
        var claim = await jobs.ClaimAsync("a", Cancel);
        await jobs.SucceedAsync(claim!.Id, claim.Token, Json.Element(7), Cancel);
        var late = await Assert.ThrowsAsync<Refusal>(() => jobs.SucceedAsync(claim.Id, claim.Token, Json.Element(8), Cancel));
        Assert.Equal("attempt-superseded", late.Code);
        Assert.Equal([7], recorder.Applied);
    }

    [Fact]
    public async Task A_silent_attempt_is_given_to_another_worker_and_its_late_result_refused()
    {
        await EnqueueAsync(null);
        var first = (await jobs.ClaimAsync("a", Cancel))!;
        Assert.Null(await jobs.ClaimAsync("b", Cancel));
        Assert.Equal(0, await jobs.RecoverAsync(TimeSpan.FromHours(1), Cancel));
        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        Assert.Equal(1, await jobs.RecoverAsync(TimeSpan.FromMilliseconds(1), Cancel));
        var second = (await jobs.ClaimAsync("b", Cancel))!;
        Assert.Equal(first.Id, second.Id);
        Assert.Equal(2, second.Attempt);
        Assert.False(await jobs.HeartbeatAsync(first.Id, first.Token, 0.5, "still here", Cancel));
        await Assert.ThrowsAsync<Refusal>(() => jobs.SucceedAsync(first.Id, first.Token, Json.Element(1), Cancel));
        await jobs.SucceedAsync(second.Id, second.Token, Json.Element(2), Cancel);
        Assert.Equal([2], recorder.Applied);
    }

    [Fact]
    public async Task An_attempt_that_ended_with_the_server_does_not_count()
    {
        await EnqueueAsync(null);
        for (var start = 0; start < 5; start++)
        {
            Assert.Equal(1, (await jobs.ClaimAsync("a", Cancel))!.Attempt);
            Assert.Equal(1, await jobs.RecoverAsync(TimeSpan.Zero, Cancel));
        }

        var last = (await jobs.ClaimAsync("a", Cancel))!;
        await jobs.SucceedAsync(last.Id, last.Token, Json.Element(3), Cancel);
        Assert.Equal([3], recorder.Applied);
    }

    [Fact]
    public async Task An_attempt_of_a_server_that_ended_is_given_back_also_where_the_clock_was_set_back_since()
    {
        await EnqueueAsync(null);
        await jobs.ClaimAsync("a", Cancel);
        await db.WriteAsync(tx => tx.ExecuteAsync("update jobs set heartbeat = heartbeat + 3600000000"), Cancel);
        Assert.Equal(0, await jobs.RecoverAsync(Jobs.Silence, Cancel));
        Assert.Equal(1, await jobs.RecoverAsync(TimeSpan.Zero, Cancel));
        Assert.Equal(1, (await jobs.ClaimAsync("b", Cancel))!.Attempt);
    }

    [Fact]
    public async Task A_failure_is_tried_again_until_the_attempts_are_used_up()
    {
        var id = await EnqueueAsync(null);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var claim = (await jobs.ClaimAsync("a", Cancel))!;
            Assert.Equal(attempt, claim.Attempt);
            await jobs.FailAsync(claim.Id, claim.Token, $"wrong {attempt}", final: false, Cancel);
        }

        Assert.Equal(JobState.Failed, (await jobs.FindAsync(id, Cancel))!.State);
        Assert.Null(await jobs.ClaimAsync("a", Cancel));
        Assert.Equal(["wrong 3"], recorder.Failed);
    }

    [Fact]
    public async Task A_final_failure_is_not_tried_again()
    {
        await EnqueueAsync(null);
        var claim = (await jobs.ClaimAsync("a", Cancel))!;
        await jobs.FailAsync(claim.Id, claim.Token, "no use", final: true, Cancel);
        Assert.Null(await jobs.ClaimAsync("a", Cancel));
        Assert.Equal(["no use"], recorder.Failed);
    }

    [Fact]
    public async Task The_same_dedupe_key_queues_one_job() => Assert.Equal(await EnqueueAsync("alarm-1"), await EnqueueAsync("alarm-1"));

    [Fact]
    public async Task An_effect_that_throws_leaves_the_job_running()
    {
        await EnqueueAsync(null);
        var claim = (await jobs.ClaimAsync("a", Cancel))!;
        recorder.Throws = true;
        await Assert.ThrowsAsync<InvalidOperationException>(() => jobs.SucceedAsync(claim.Id, claim.Token, Json.Element(1), Cancel));
        Assert.Equal(JobState.Running, (await jobs.FindAsync(claim.Id, Cancel))!.State);
        recorder.Throws = false;
        await jobs.SucceedAsync(claim.Id, claim.Token, Json.Element(1), Cancel);
        Assert.Equal([1], recorder.Applied);
    }

    [Fact]
    public async Task A_result_that_is_none_of_its_kind_is_refused_and_not_a_fault_of_the_server()
    {
        await EnqueueAsync(null, "counted");
        var claim = (await jobs.ClaimAsync("a", Cancel))!;
        var refused = await Assert.ThrowsAsync<Refusal>(() => jobs.SucceedAsync(claim.Id, claim.Token, Json.Element("seven"), Cancel));
        Assert.Equal((RefusalKind.Invalid, "json-malformed"), (refused.Kind, refused.Code));
        await jobs.SucceedAsync(claim.Id, claim.Token, Json.Element(7), Cancel);
        Assert.Equal(JobState.Succeeded, (await jobs.FindAsync(claim.Id, Cancel))!.State);
    }

    private Task<string> EnqueueAsync(string? dedupe, string kind = "test") => db.WriteAsync(tx => jobs.EnqueueAsync(tx, kind, new Ref("thing", "1"), null, "spec", dedupe, maxAttempts: 3), Cancel);

    private sealed class Counted() : JobEffect<string, int>("counted")
    {
        public override Task ApplyAsync(Tx tx, Job job, string spec, int result) => Task.CompletedTask;

        public override Task FailedAsync(Tx tx, Job job, string spec, string error) => Task.CompletedTask;
    }

    private sealed class Recorder : IJobEffect
    {
        public List<int> Applied { get; } = [];

        public List<string> Failed { get; } = [];

        public bool Throws { get; set; }

        public string Kind => "test";

        public Task ApplyAsync(Tx tx, Job job, JsonElement result)
        {
            if (Throws) throw new InvalidOperationException("the effect is broken");
            Applied.Add(result.GetInt32());
            return Task.CompletedTask;
        }

        public Task FailedAsync(Tx tx, Job job, string error)
        {
            Failed.Add(error);
            return Task.CompletedTask;
        }
    }
}
