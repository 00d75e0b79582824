using System.Collections.Frozen;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Pipelines;

/// <summary>The inside of <c>flyball worker</c>: claims a job, runs it with heartbeats, reports how it ended, and asks again.</summary>
/// <param name="store">The identity of the data directory that <paramref name="objects"/> is in.</param>
/// <param name="moved">Whether the server has another address or token by now; asked where it does not answer.</param>
internal sealed class Worker(FlyballClient client, ObjectStore objects, string store, string scratch, IEnumerable<IJobWork> works, Action<string>? say = null, Func<bool>? moved = null)
{
    /// <summary>The code with which a server refuses a worker of another data directory.</summary>
    public const string OtherStore = "store-differs";


    private const string Superseded = "attempt-superseded";
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>The longest time between a server's first answer and its announcement.</summary>
    private static readonly TimeSpan Announcing = TimeSpan.FromSeconds(5);
    private readonly FrozenDictionary<string, IJobWork> works = works.ToFrozenDictionary(work => work.Kind);
    private bool unheard;
    private bool gone;
    private readonly string name = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>Works until it is cancelled, or until the server has moved.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested && !gone)
        {
            if (await ClaimAsync(cancel) is { } job) await RunAsync(job, cancel);
        }
    }

    private async Task<ClaimedJob?> ClaimAsync(CancellationToken cancel)
    {
        try
        {
            var job = await client.ClaimJobAsync(name, store, cancel);
            if (unheard) Say($"{name} is in touch with {client.Url}");
            unheard = false;
            if (job is not null) Say($"{job.Kind} {job.Id}, attempt {job.Attempt}");
            return job;
        }
        catch (FlyballException away) when (away.Status is 0 or >= 500 || (away.Status == 401 && moved is not null))
        {
            // a server that has just been started refuses the token of the one before, and says a little later where it is
            if (await MovedAsync(away.Status == 401 ? Announcing : TimeSpan.Zero, cancel)) gone = true;
            else if (away.Status == 401) throw;
            else
            {
                if (!unheard) Say($"{away.Message} It is asked again every second.");
                unheard = true;
                await Task.Delay(Beat, TimeProvider.System, cancel);
            }

            return null;
        }
    }

    private async Task<bool> MovedAsync(TimeSpan within, CancellationToken cancel)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); moved is not null; await Task.Delay(Beat / 5, TimeProvider.System, cancel))
        {
            if (moved()) return true;
            if (waited.Elapsed >= within) return false;
        }

        return false;
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
                    if (await client.HeartbeatAsync(job.Id, new JobHeartbeat(job.Token, share, message), attempt.Token)) continue;
                    await attempt.CancelAsync();
                }
                catch (FlyballException)
                {
                    // the server is away for a moment; its silence limit decides
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
