using Flyball.Client;

namespace Flyball.Server.Hosting;

/// <summary>Tells in the terminal what happens in a project: journal entries as sentences, running jobs with their progress.</summary>
internal sealed class JournalConsole(FlyballClient client, TextWriter output)
{
    private const int Page = 1000;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(300);

    /// <summary>Follows until nothing runs (<paramref name="once"/>, or another process keeps the loop going) or until cancelled. Exit code 1 when something failed on the way.</summary>
    public async Task<int> FollowAsync(string project, bool once, bool own, CancellationToken cancel)
    {
        var (after, failed, last) = (0L, false, "");
        while (true)
        {
            // asked before the journal is read, so that what led to the quiet is still told
            var quiet = (once || !own) && await client.IsQuietAsync(cancel);
            for (IReadOnlyList<JournalEntryInfo> entries; (entries = await client.ReadJournalAsync(project, after, Page, cancel)).Count > 0;)
            {
                foreach (var entry in entries)
                {
                    after = entry.Seq;
                    failed |= entry.Type.EndsWith("-failed", StringComparison.Ordinal);
                    if (!entry.Type.StartsWith("run.", StringComparison.Ordinal)) await output.WriteLineAsync($"{entry.At:HH:mm:ss}  {Sentences.Of(entry)}");
                }
            }

            if (quiet) return failed ? 1 : 0;
            foreach (var job in await client.ListJobsAsync(cancel))
            {
                var line = $"          {job.Kind} {job.Progress,4:P0}  {job.Message}";
                if (line != last) await output.WriteLineAsync(line);
                last = line;
            }

            await Task.Delay(Period, TimeProvider.System, cancel);
        }
    }
}
