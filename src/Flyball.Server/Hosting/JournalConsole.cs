using System.Text.Json;
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
                if (Sentence(entry) is { } sentence) await output.WriteLineAsync($"{entry.At:HH:mm:ss}  {sentence}");
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

    private static string? Sentence(JournalEntryInfo entry)
    {
        string Text(string name) => entry.Data.TryGetProperty(name, out var value) ? value.ToString() : "?";
        return entry.Type switch
        {
            "dataset.version-created" => $"{Text("dataset")} v{Text("number")}: {entry.Data.GetProperty("rows").GetInt64():N0} rows from {entry.Data.GetProperty("newFiles").GetArrayLength()} new files"
                + (entry.Data.GetProperty("failedExpectations") is { ValueKind: JsonValueKind.Array } wrong && wrong.GetArrayLength() > 0 ? $"; expectations not met: {string.Join(", ", wrong.EnumerateArray())}" : "; all expectations met"),
            "dataset.ingest-failed" => $"{Text("dataset")} could not be taken in: {Text("reason")}",
            "project.applied" => null,
            _ => $"{entry.Type} {entry.Subject}",
        };
    }
}
