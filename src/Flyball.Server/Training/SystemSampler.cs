using System.Diagnostics;

namespace Flyball.Server.Training;

/// <summary>What the process took at a moment of its work.</summary>
/// <param name="CpuPercent">Of one processor, so that two busy ones are 200.</param>
/// <param name="MemoryMegabytes">Resident memory.</param>
public sealed record SystemSample(DateTimeOffset At, double CpuPercent, double MemoryMegabytes);

/// <summary>Notes what this process takes, ten times a second at first and more seldom the longer the work goes on: a few hundred samples whatever it takes.</summary>
internal sealed class SystemSampler : IAsyncDisposable
{
    private const int Most = 400;
    private readonly CancellationTokenSource end = new();
    private readonly List<SystemSample> samples = [];
    private readonly Lock gate = new();
    private readonly Process process = Process.GetCurrentProcess();
    private readonly Task sampling;
    private TimeSpan every = TimeSpan.FromMilliseconds(100);
    private TimeSpan busy;
    private long since = Stopwatch.GetTimestamp();

    public SystemSampler()
    {
        busy = process.TotalProcessorTime;
        sampling = SampleAsync();
    }

    /// <summary>The samples up to now, the last of them taken now.</summary>
    public IReadOnlyList<SystemSample> Take()
    {
        lock (gate)
        {
            Add();
            return [.. samples];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await sampling;
        process.Dispose();
        end.Dispose();
    }

    private async Task SampleAsync()
    {
        while (!end.IsCancellationRequested)
        {
            await Task.Delay(every, TimeProvider.System, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (end.IsCancellationRequested) return;
            lock (gate) Add();
        }
    }

    private void Add()
    {
        process.Refresh();
        var (now, elapsed) = (process.TotalProcessorTime, Stopwatch.GetElapsedTime(since));
        samples.Add(new SystemSample(TimeProvider.System.GetUtcNow(), elapsed > TimeSpan.Zero ? (now - busy) / elapsed * 100 : 0, process.WorkingSet64 / 1e6));
        (busy, since) = (now, Stopwatch.GetTimestamp());
        if (samples.Count < Most) return;
        // every second one tells the same story
        for (var i = 0; i < Most / 2; i++) samples[i] = samples[2 * i];
        samples.RemoveRange(Most / 2, Most / 2);
        every *= 2;
    }
}
