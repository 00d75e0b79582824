using Flyball.Client;

namespace Flyball.Server.Hosting;

/// <summary>Tells in the terminal what happens in a project: journal entries as sentences, running jobs with their progress.</summary>
internal sealed class JournalConsole(FlyballClient client, TextWriter output)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(300);

    /// <summary>Follows until nothing runs (<paramref name="once"/>, or another process keeps the loop going) or until cancelled. Exit code 1 when something failed on the way.</summary>
    public async Task<int> FollowAsync(string project, bool once, bool own, CancellationToken cancel)
    {
        var (after, failed, quiet, last) = (0L, false, 0, "");
        while (true)
        {
            foreach (var entry in await client.ReadJournalAsync(project, after, 1000, cancel))
            {
                after = entry.Seq;
                failed |= entry.Type.EndsWith("-failed", StringComparison.Ordinal);
                if (!entry.Type.StartsWith("run.", StringComparison.Ordinal)) await output.WriteLineAsync($"{entry.At:HH:mm:ss}  {Sentences.Of(entry)}");
            }

            var jobs = await client.ListJobsAsync(cancel);
            foreach (var job in jobs)
            {
                var line = $"          {job.Kind} {job.Progress,4:P0}  {job.Message}";
                if (line != last) await output.WriteLineAsync(line);
                last = line;
            }

            quiet = jobs.Count == 0 ? quiet + 1 : 0;
            // the loops look at the sources within two seconds of being woken
            if (quiet > 12 && (once || !own)) return failed ? 1 : 0;
            await Task.Delay(Period, TimeProvider.System, cancel);
        }
    }
}
