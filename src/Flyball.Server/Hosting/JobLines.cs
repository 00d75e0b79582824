using Flyball.Client;

namespace Flyball.Server.Hosting;

/// <summary>What a person is told of jobs under way: a line whenever a share or a message changes, with how long it will still take at the pace seen so far.</summary>
internal sealed class JobLines(TimeProvider time)
{
    /// <summary>Before so much of a job was watched, its pace says nothing.</summary>
    private const double LeastWatched = 0.05;

    private static readonly TimeSpan LeastWaited = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, Watched> watched = [];

    /// <summary>The line to tell now of a job; null where nothing changed since it was last told of.</summary>
    public string? Next(JobInfo job)
    {
        var (now, line, before) = (time.GetUtcNow(), $"{job.Progress,4:P0}  {job.Message}", watched.GetValueOrDefault(job.Id));
        // an attempt that has not said a share yet may still be waiting for a worker
        var (at, from) = job.Progress <= 0 ? (now, 0) : before?.Attempt == job.Attempt ? (before.At, before.Progress) : (now, job.Progress);
        watched[job.Id] = new Watched(job.Attempt, at, from, line);
        if (line == before?.Line) return null;
        var (waited, done) = (now - at, job.Progress - from);
        if (waited < LeastWaited || done < LeastWatched) return line;
        var left = waited / done * (1 - job.Progress);
        return left > LeastWaited ? $"{line}, about {Math.Round(left.TotalSeconds):N0} s to go" : line;
    }

    /// <summary>Since when and which share on an attempt has been watched, and what was last told of it.</summary>
    private sealed record Watched(int Attempt, DateTimeOffset At, double Progress, string Line);
}
