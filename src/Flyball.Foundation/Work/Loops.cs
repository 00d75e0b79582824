using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flyball.Foundation;

/// <summary>Compares desired with actual state and takes the next step. Level-triggered: a lost wake-up costs latency, never correctness.</summary>
public interface ILoop
{
    string Name { get; }

    /// <summary>Takes one step; true if it changed something and wants to be asked again at once.</summary>
    Task<bool> StepAsync(CancellationToken cancel);
}

/// <summary>
/// Runs every loop: woken by the journal and by a timer, each under its lease. Whoever replays history switches the timer off and asks for <see cref="UntilQuietAsync"/> instead; the steps are the same.
/// </summary>
public sealed partial class Loops(IEnumerable<ILoop> loops, Leases leases, Journal journal, Jobs jobs, ILogger<Loops> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>Rounds begin at least so long after each other, unless a loop has more to do: what is journalled thousands of times a second would otherwise keep the loops from ever resting.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private readonly ILoop[] loops = [.. loops];
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly string owner = Guid.CreateVersion7().ToString("N");
    private volatile bool manual;

    /// <summary>From now on the loops step only when asked.</summary>
    public void Hold() => manual = true;

    /// <summary>The loops run by themselves again.</summary>
    public void Release()
    {
        manual = false;
        journal.Signal();
    }

    /// <summary>Steps all loops until none has anything to do and no job waits or runs.</summary>
    public async Task UntilQuietAsync(CancellationToken cancel)
    {
        // two rounds: what a loop sets going outside the database (a log file closed) is seen by the loops before it only in the next
        for (var still = 0; still < 2;)
        {
            // counted before the round: what a job leaves behind that ends during it is for the next one
            var next = journal.NextAsync();
            var open = (await jobs.OpenAsync(cancel)).Count;
            if (await RoundAsync(cancel)) still = 0;
            else if (open == 0 && (await jobs.OpenAsync(cancel)).Count == 0) still++;
            else
            {
                still = 0;
                await Task.WhenAny(next, Task.Delay(Period, TimeProvider.System, cancel));
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>
    /// True when nothing is left to do: no job waits or runs, and rounds of all loops that began after this call change nothing. Loops that are held are not stepped. A loop that cannot take its step is no quiet one: its failure is thrown.
    /// </summary>
    public async Task<bool> IsQuietAsync(CancellationToken cancel)
    {
        // two rounds: what a loop sets going outside the database (a log file closed) is seen by the loops before it only in the next
        for (var round = 0; round < 2; round++)
        {
            if ((await jobs.OpenAsync(cancel)).Count > 0) return false;
            if (!manual && await RoundAsync(cancel, strictly: true)) return false;
        }

        return (await jobs.OpenAsync(cancel)).Count == 0;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var (next, began) = (journal.NextAsync(), TimeProvider.System.GetTimestamp());
            var again = !manual && await RoundAsync(stoppingToken);
            if (again) continue;
            await Task.WhenAny(next, Task.Delay(Period, TimeProvider.System, stoppingToken));
            var rest = Breath - TimeProvider.System.GetElapsedTime(began);
            if (rest > TimeSpan.Zero && !stoppingToken.IsCancellationRequested) await Task.WhenAny(Task.Delay(rest, TimeProvider.System, stoppingToken));
        }
    }

    private async Task<bool> RoundAsync(CancellationToken cancel, bool strictly = false)
    {
        await turn.WaitAsync(cancel);
        try
        {
            var changed = false;
            foreach (var loop in loops) changed |= await StepAsync(loop, strictly, cancel);
            return changed;
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<bool> StepAsync(ILoop loop, bool strictly, CancellationToken cancel)
    {
        try
        {
            return await leases.TakeAsync(loop.Name, owner, cancel) is not null && await loop.StepAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception failure) when (!manual && !strictly)
        {
            // the outermost shell of a loop: it is tried again at the next tick
            Log.StepFailed(logger, loop.Name, failure);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The {Loop} loop could not take its step; it is tried again.")]
        public static partial void StepFailed(ILogger logger, string loop, Exception failure);
    }
}
