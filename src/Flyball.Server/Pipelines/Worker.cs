using System.Collections.Frozen;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Pipelines;

/// <summary>The inside of <c>flyball worker</c>: claims a job, runs it with heartbeats, reports how it ended, and asks again.</summary>
/// <param name="store">The identity of the data directory that <paramref name="objects"/> is in.</param>
/// <param name="find">Where the server is by now; asked where what answers does not answer as it should. Null: it is at the address that was given, whatever it answers.</param>
internal sealed class Worker(FlyballClient client, ObjectStore objects, string store, string scratch, IEnumerable<IJobWork> works, Action<string>? say = null, Func<CancellationToken, Task<Whereabouts>>? find = null)
{
    /// <summary>The code with which a server refuses a worker of another data directory.</summary>
    public const string OtherStore = "store-differs";

    private const string Superseded = "attempt-superseded";
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>What has not answered for so long is not waited for: a claim is answered earlier, and an attempt that is silent for so long is given to another.</summary>
    private static readonly TimeSpan Longest = Jobs.Silence;

    private readonly FrozenDictionary<string, IJobWork> works = works.ToFrozenDictionary(work => work.Kind);
    private string? trouble;
    private bool gone;
    private readonly string name = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>Works until the server has moved. Cancelled it throws, also between two jobs.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!gone)
        {
            cancel.ThrowIfCancellationRequested();
            if (await ClaimAsync(cancel) is { } job) await RunAsync(job, cancel);
        }
    }

    private async Task<ClaimedJob?> ClaimAsync(CancellationToken cancel)
    {
        try
        {
            var job = await InTimeAsync(limited => client.ClaimJobAsync(name, store, limited), cancel);
            if (trouble is not null) Say($"{name} is in touch with {client.Url}");
            trouble = null;
            if (job is not null) Say($"{job.Kind} {job.Id}, attempt {job.Attempt}");
            return job;
        }
        catch (FlyballException away)
        {
            var refused = away.Status is > 0 and < 500;
            var place = find is not null ? await find(cancel) : refused ? Whereabouts.Here : Whereabouts.Unknown;
            if (place == Whereabouts.Here && refused) throw;
            gone = place == Whereabouts.Moved;
            if (gone) return null;
            // another program, or another directory's server, may have taken the port; or the server has just been started, and says in a moment where it is and which token it lends
            var told = trouble;
            trouble = refused ? $"What answers at {client.Url} is not the server of this data directory." : away.Message;
            if (trouble != told) Say($"{trouble} It is asked again every second.");
            await Task.Delay(Beat, TimeProvider.System, cancel);
            return null;
        }
    }

    /// <summary>A program that has taken the port, or a machine that is gone, may take a question and never answer it.</summary>
    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(Longest);
        try
        {
            return await ask(limited.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new FlyballException(FlyballException.Lost, 0, $"{client.Url} has not answered for {Longest.TotalSeconds:0} seconds.");
        }
    }

    private void Say(string sentence) => say?.Invoke(sentence);

    private async Task RunAsync(ClaimedJob job, CancellationToken cancel)
    {
        var folder = Path.Combine(scratch, $"{job.Id}-{job.Attempt}");
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var state = new Progress();
        var beating = BeatAsync(job, state, attempt);
        try
        {
            JobOutcome outcome;
            try
            {
                Directory.CreateDirectory(folder);
                var result = await Task.Run(() => works[job.Kind].RunAsync(new JobContext(objects, folder, state.Set), job.Spec, attempt.Token), attempt.Token);
                outcome = new JobOutcome(job.Token, result, null, Final: true);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // the outermost shell of a job: whatever went wrong becomes the attempt's recorded outcome
                var foreseen = failure is JobFailedException or Refusal ? failure.Message : failure is IOException { HResult: 28 } ? "The disk is full; free space on the server's machine." : null;
                await Console.Error.WriteLineAsync($"{job.Kind} {job.Id}: {foreseen ?? failure.ToString()}");
                outcome = new JobOutcome(job.Token, null, foreseen ?? $"The step failed unexpectedly ({failure.GetType().Name}); the worker's log has the details.", failure is JobFailedException or Refusal);
            }

            await ReportAsync(job, outcome, attempt.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // the attempt was given to another worker
        }
        finally
        {
            await attempt.CancelAsync();
            await beating;
            Clear(folder);
        }
    }

    private async Task ReportAsync(ClaimedJob job, JobOutcome outcome, CancellationToken cancel)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await (outcome.Error is null ? client.SucceedAsync(job.Id, outcome, cancel) : client.FailAsync(job.Id, outcome, cancel));
                return;
            }
            catch (FlyballException refused) when (refused.Code == Superseded || (refused.Status is > 0 and < 500 && outcome.Error is not null))
            {
                // the attempt is no longer this worker's
                return;
            }
            catch (FlyballException refused) when (refused.Status is > 0 and < 500)
            {
                // what the server refuses once it refuses again: that is how the job ended
                outcome = new JobOutcome(job.Token, null, refused.Message, Final: true);
            }
            catch (FlyballException) when (tries < 3)
            {
                await Task.Delay(Beat, TimeProvider.System, cancel);
            }
            catch (FlyballException failed) when (outcome.Error is null)
            {
                outcome = new JobOutcome(job.Token, null, $"The server could not apply the result: {failed.Message}", Final: false);
                tries = 0;
            }
            catch (FlyballException)
            {
                // nobody listens: the attempt falls silent and is given out again
                return;
            }
        }
    }

    /// <summary>A server that starts clears what it finds, this folder too.</summary>
    private static void Clear(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception gone) when (gone is DirectoryNotFoundException or IOException)
        {
            // the next start clears what is left
        }
    }

    private async Task BeatAsync(ClaimedJob job, Progress state, CancellationTokenSource attempt)
    {
        try
        {
            while (true)
            {
                await Task.WhenAny(state.ChangedAsync(), Task.Delay(Beat, TimeProvider.System, attempt.Token));
                attempt.Token.ThrowIfCancellationRequested();
                var (share, message) = state.Take();
                try
                {
                    if (await InTimeAsync(limited => client.HeartbeatAsync(job.Id, new JobHeartbeat(job.Token, share, message), limited), attempt.Token)) continue;
                    await attempt.CancelAsync();
                }
                catch (FlyballException)
                {
                    // away for a moment, its silence limit decides; or started anew, and then it has given this attempt back
                    if (find is null || await find(attempt.Token) != Whereabouts.Moved) continue;
                    gone = true;
                    await attempt.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the attempt is over
        }
    }

    private sealed class Progress
    {
        private readonly Lock gate = new();
        private (double Share, string Message) now = (0, "starting");
        private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task ChangedAsync()
        {
            lock (gate) return changed.Task;
        }

        public void Set(double share, string message)
        {
            lock (gate)
            {
                var news = message != now.Message;
                now = (share, message);
                if (news) changed.TrySetResult();
            }
        }

        public (double Share, string Message) Take()
        {
            lock (gate)
            {
                if (changed.Task.IsCompleted) changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                return now;
            }
        }
    }
}

/// <summary>What became of the server that a worker found by itself.</summary>
internal enum Whereabouts
{
    /// <summary>It answers where it was found: what it says counts.</summary>
    Here,

    /// <summary>It has announced another address or token.</summary>
    Moved,

    /// <summary>It is not there, and has not said where it is.</summary>
    Unknown,
}
