using Flyball.Client;

namespace Flyball.Server.Hosting;

/// <summary>What a person is told of jobs under way: a line whenever a share or a message changes, with how long it will still take at the pace seen so far.</summary>
internal sealed class JobLines(TimeProvider time)
{
    /// <summary>Before so much of a job was watched, its pace says nothing.</summary>
    private const double LeastWatched = 0.05;

    private static readonly TimeSpan LeastWaited = TimeSpan.FromSeconds(2);
    private readonly Dictionary<(string Job, int Attempt), (DateTimeOffset At, double Progress)> begun = [];
    private readonly Dictionary<string, string> told = [];

    /// <summary>The line to tell now; null where nothing changed.</summary>
    public string? Next(JobInfo job)
    {
        var now = time.GetUtcNow();
        // an attempt that has not said a share yet may still be waiting for a worker
        if (job.Progress <= 0) begun[(job.Id, job.Attempt)] = (now, 0);
        else begun.TryAdd((job.Id, job.Attempt), (now, job.Progress));
        var line = $"{job.Progress,4:P0}  {job.Message}";
        if (told.TryGetValue(job.Id, out var last) && line == last) return null;
        told[job.Id] = line;
        var (at, from) = begun[(job.Id, job.Attempt)];
        var (waited, watched) = (now - at, job.Progress - from);
        if (waited < LeastWaited || watched < LeastWatched) return line;
        var left = waited / watched * (1 - job.Progress);
        return left > LeastWaited ? $"{line}, about {Math.Round(left.TotalSeconds):N0} s to go" : line;
    }
}
