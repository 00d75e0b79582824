using System.Collections.Frozen;
using System.Text.Json;

namespace Flyball.Foundation;

/// <summary>
/// The queue of durable jobs. An attempt is claimed with a token; a word from an attempt that is not the current one is refused, so a job's result is applied once. Heartbeats follow the wall clock.
/// </summary>
public sealed class Jobs(Db db, Ids ids, Journal journal, IEnumerable<IJobEffect> effects, TimeProvider time)
{
    /// <summary>An attempt that has not been heard of for this long is given to another worker.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

    private readonly FrozenDictionary<string, IJobEffect> effects = effects.ToFrozenDictionary(effect => effect.Kind);

    /// <summary>Queues a job. With a <paramref name="dedupe"/> key that a job already has, nothing is queued and that job's id is returned.</summary>
    public async Task<string> EnqueueAsync<TSpec>(Tx tx, string kind, Ref subject, string? project, TSpec spec, string? dedupe, int maxAttempts)
    {
        if (dedupe is not null && await tx.ScalarAsync<string>("select id from jobs where dedupe = @dedupe", new { dedupe }) is { } known) return known;
        var id = ids.New();
        await tx.ExecuteAsync(
            """
            insert into jobs (id, kind, subject, project, dedupe, spec, state, attempt, max_attempts, token, progress, message, created)
            values (@id, @kind, @subject, @project, @dedupe, @spec, 0, 0, @maxAttempts, 0, 0, 'waiting for a worker', @created)
            """,
            new { id, kind, subject = subject.ToString(), project, dedupe, spec = Json.Write(spec), maxAttempts, created = time.Now() });
        tx.OnCommitted(journal.Signal);
        return id;
    }

    /// <summary>Gives the oldest waiting job to a worker, or null.</summary>
    public async Task<JobClaim?> ClaimAsync(string worker, CancellationToken cancel)
    {
        if (await db.ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from jobs where state = 0"), cancel) == 0) return null;
        var claim = await db.WriteAsync(
            tx => tx.FirstAsync(
                """
                update jobs set state = 1, attempt = attempt + 1, token = token + 1, worker = @worker, heartbeat = @now, started = coalesce(started, @at), message = 'starting'
                where id = (select id from jobs where state = 0 order by created, id limit 1)
                returning id, kind, attempt, token, spec
                """,
                new { worker, now = TimeProvider.System.Now(), at = time.Now() },
                row => new JobClaim(row.Text("id"), row.Text("kind"), row.Int("attempt"), row.Long("token"), row.Json<JsonElement>("spec"))),
            cancel);
        CrashPoint.Reached("jobs.after-claim");
        return claim;
    }

    /// <summary>Keeps an attempt alive. False: the attempt is no longer the current one and must stop.</summary>
    public async Task<bool> HeartbeatAsync(string id, long token, double progress, string message, CancellationToken cancel)
    {
        var held = await db.WriteAsync(
            tx => tx.ExecuteAsync(
                "update jobs set heartbeat = @now, progress = @progress, message = @message where id = @id and token = @token and state = 1",
                new { id, token, now = TimeProvider.System.Now(), progress = Math.Clamp(progress, 0, 1), message = message.Length > 500 ? message[..500] : message }),
            cancel);
        journal.Signal();
        return held == 1;
    }

    /// <summary>Ends a job with its result and applies it, in one transaction.</summary>
    public async Task SucceedAsync(string id, long token, JsonElement result, CancellationToken cancel)
    {
        CrashPoint.Reached("jobs.before-complete");
        await using var tx = await db.BeginAsync(cancel);
        var job = await CurrentAsync(tx, id, token);
        await tx.ExecuteAsync(
            "update jobs set state = 2, progress = 1, message = 'done', result = @result, ended = @ended where id = @id",
            new { id, result = Json.Write(result), ended = time.Now() });
        await effects[job.Kind].ApplyAsync(tx, job, result);
        tx.OnCommitted(journal.Signal);
        await tx.CommitAsync(cancel);
    }

    /// <summary>Ends an attempt that failed. It is tried again unless the failure is <paramref name="final"/> or the attempts are used up.</summary>
    public async Task FailAsync(string id, long token, string error, bool final, CancellationToken cancel)
    {
        await using var tx = await db.BeginAsync(cancel);
        await FailAsync(tx, await CurrentAsync(tx, id, token), error, final);
        await tx.CommitAsync(cancel);
    }

    /// <summary>
    /// Gives back every running job that has not been heard of for <paramref name="silence"/>. Zero, at the start of the process that owns all workers, gives back all of them:
    /// they ended with the process before and not by themselves, so the attempt does not count.
    /// </summary>
    public async Task<int> RecoverAsync(TimeSpan silence, CancellationToken cancel)
    {
        // a clock that was set back since has left heartbeats of a time that is yet to come
        var before = silence == TimeSpan.Zero ? long.MaxValue : TimeProvider.System.Now() - (long)silence.TotalMicroseconds;
        if (await db.ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from jobs where state = 1 and heartbeat <= @before", new { before }), cancel) == 0) return 0;
        var lost = await db.ReadAsync(tx => tx.QueryAsync("select * from jobs where state = 1 and heartbeat <= @before order by created", new { before }, Read), cancel);
        await Each.StepAsync(lost, known => db.WriteAsync(
            async tx =>
            {
                // it may have been heard of since
                if (await tx.FirstAsync("select * from jobs where id = @Id and token = @Token and state = 1 and heartbeat <= @before", new { known.Id, known.Token, before }, Read) is not { } job) return false;
                await FailAsync(tx, silence > TimeSpan.Zero ? job : job with { Attempt = 0 }, "The worker process ended or fell silent.", final: false);
                if (silence == TimeSpan.Zero) await tx.ExecuteAsync("update jobs set attempt = attempt - 1 where id = @Id", new { known.Id });
                return true;
            },
            cancel));
        return lost.Count;
    }

    public Task<Job?> FindAsync(string id, CancellationToken cancel) => db.ReadAsync(tx => tx.FirstAsync("select * from jobs where id = @id", new { id }, Read), cancel);

    /// <summary>The job that was queued under a dedupe key, or null.</summary>
    public Task<Job?> ByKeyAsync(string dedupe, CancellationToken cancel) => db.ReadAsync(tx => tx.FirstAsync("select * from jobs where dedupe = @dedupe", new { dedupe }, Read), cancel);

    /// <summary>Jobs that wait or run, oldest first.</summary>
    public Task<List<Job>> OpenAsync(CancellationToken cancel) => db.ReadAsync(tx => tx.QueryAsync("select * from jobs where state in (0, 1) order by created", null, Read), cancel);

    /// <summary>All jobs on a thing, the oldest first.</summary>
    public static Task<List<Job>> OnAsync(Tx tx, Ref subject) => tx.QueryAsync("select * from jobs where subject = @subject order by created", new { subject = subject.ToString() }, Read);

    /// <summary>Jobs on a thing that wait or run, the oldest first.</summary>
    public static Task<List<Job>> OpenOnAsync(Tx tx, Ref subject) => tx.QueryAsync("select * from jobs where subject = @subject and state in (0, 1) order by created", new { subject = subject.ToString() }, Read);

    /// <summary>The newest job of a kind on a thing, or null.</summary>
    public static Task<Job?> LastOnAsync(Tx tx, Ref subject, string kind) =>
        tx.FirstAsync("select * from jobs where subject = @subject and kind = @kind order by created desc limit 1", new { subject = subject.ToString(), kind }, Read);

    /// <summary>True while a job on this thing waits or runs: what builds on its latest state must wait, or the one would undo the other.</summary>
    public static async Task<bool> AnyOpenAsync(Tx tx, Ref subject) =>
        await tx.ScalarAsync<long>("select count(*) from jobs where subject = @subject and state in (0, 1)", new { subject = subject.ToString() }) > 0;

    private async Task FailAsync(Tx tx, Job job, string error, bool final)
    {
        var ends = final || job.Attempt >= job.MaxAttempts;
        await tx.ExecuteAsync(
            "update jobs set state = @state, error = @error, ended = @ended, token = token + 1, message = @message where id = @id",
            new { id = job.Id, state = (int)(ends ? JobState.Failed : JobState.Queued), error, ended = ends ? time.Now() : (long?)null, message = ends ? "failed" : "waiting to be tried again" });
        if (ends) await effects[job.Kind].FailedAsync(tx, job, error);
        tx.OnCommitted(journal.Signal);
    }

    private static async Task<Job> CurrentAsync(Tx tx, string id, long token)
    {
        var job = await tx.FirstAsync("select * from jobs where id = @id", new { id }, Read) ?? throw Refusal.NotFound("job", id);
        return job.State == JobState.Running && job.Token == token
            ? job
            : throw Refusal.Conflict("attempt-superseded", $"This attempt of job '{id}' is no longer the current one; its result is not taken.");
    }

    private static Job Read(Row row) => new(
        row.Text("id"), row.Text("kind"), row.Text("subject"), row.TextOrNull("project"), row.Json<JsonElement>("spec"), (JobState)row.Int("state"),
        row.Int("attempt"), row.Int("max_attempts"), row.Long("token"), row.TextOrNull("worker"), row.Double("progress"), row.Text("message"),
        row.TextOrNull("result") is { } result ? Json.Read<JsonElement>(result) : null, row.TextOrNull("error"), row.Time("created"), row.TimeOrNull("started"), row.TimeOrNull("ended"));
}
