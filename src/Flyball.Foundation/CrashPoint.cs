using System.Diagnostics;

namespace Flyball.Foundation;

/// <summary>Named points at which a crash test kills the process; without <c>FLYBALL_CRASH_AT</c> they do nothing.</summary>
public static class CrashPoint
{
    private static readonly string? Armed = Environment.GetEnvironmentVariable("FLYBALL_CRASH_AT");
    private static int remaining = int.TryParse(Environment.GetEnvironmentVariable("FLYBALL_CRASH_AFTER"), out var skip) ? skip : 0;

    /// <summary>Every point there is, for the campaign that walks through them all.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "db.before-commit", "db.after-commit", "objects.before-rename", "objects.after-rename",
        "jobs.after-claim", "jobs.before-complete", "log.after-write", "log.before-seal-delete", "deploy.before-swap",
    ];

    /// <summary>Ends the process as SIGKILL would: no handler, no flush.</summary>
    public static void Reached(string point)
    {
        if (Armed is null || Armed != point || Interlocked.Decrement(ref remaining) >= 0) return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        new ManualResetEventSlim().Wait();
    }
}
