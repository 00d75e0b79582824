using Flyball.Client;

namespace Flyball.Server.Hosting;

/// <summary>Tells in the terminal what happens in a project: journal entries as sentences, running jobs with their progress.</summary>
internal sealed class JournalConsole(FlyballClient client, TextWriter output)
{
    private const int Page = 1000;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(300);

    /// <summary>Follows until nothing runs (<paramref name="once"/>, or another process keeps the loop going) or until cancelled. Exit code 1 when something failed and has not succeeded since.</summary>
    /// <param name="since">The journal's entry behind which things are told; those before it count for the exit code, and are told where they are still wrong when nothing runs any more.</param>
    public async Task<int> FollowAsync(string project, long since, bool once, bool own, CancellationToken cancel)
    {
        var (after, lines) = (0L, new JobLines(TimeProvider.System));
        var failed = new Dictionary<string, JournalEntryInfo>();
        var isTold = false;
        while (true)
        {
            // asked before the journal is read, so that what led to the quiet is still told
            var quiet = !isTold && await client.IsQuietAsync(cancel);
            for (IReadOnlyList<JournalEntryInfo> entries; (entries = await client.ReadJournalAsync(project, after, Page, cancel)).Count > 0;)
            {
                foreach (var entry in entries)
                {
                    after = entry.Seq;
                    Judge(entry, failed);
                    if (entry.Seq > since && !entry.Type.StartsWith("run.", StringComparison.Ordinal)) await output.WriteLineAsync($"{entry.At:HH:mm:ss}  {Sentences.Of(entry)}");
                }
            }

            if (quiet)
            {
                foreach (var old in failed.Values.Where(entry => entry.Seq <= since)) await output.WriteLineAsync($"{old.At:HH:mm:ss}  still: {Sentences.Of(old)}");
                if (once || !own) return failed.Count > 0 ? 1 : 0;
                isTold = true;
            }

            foreach (var job in await client.ListJobsAsync(cancel))
            {
                if (lines.Next(job) is { } line) await output.WriteLineAsync($"          {job.Kind} {line}");
            }

            await Task.Delay(Period, TimeProvider.System, cancel);
        }
    }

    /// <summary>Keeps what failed until the same succeeds.</summary>
    private static void Judge(JournalEntryInfo entry, Dictionary<string, JournalEntryInfo> failed)
    {
        string Thing(string name) => entry.Data.TryGetProperty(name, out var value) ? $"{name} {value}" : name;
        switch (entry.Type)
        {
            case "dataset.ingest-failed" or "dataset.source-missing": failed[Thing("dataset")] = entry; break;
            case "dataset.version-created" or "dataset.unchanged":
                failed.Remove(Thing("dataset"));
                // nothing trains on a version that is not usable; one of traffic, which builds on what was usable before, does not make up for files that are not
                var made = $"{Thing("dataset")} of {Thing("origin")}";
                if (entry.Data.TryGetProperty("usable", out var usable) && usable.GetBoolean()) failed.Remove(made);
                else if (entry.Type == "dataset.version-created") failed[made] = entry;
                break;
            case "training.failed": failed[Thing("model")] = entry; break;
            case "training.finished": failed.Remove(Thing("model")); break;
            case "deployment.refused": failed[Thing("deployment")] = entry; break;
            case "deployment.changed": failed.Remove(Thing("deployment")); break;
        }
    }
}
