using System.Runtime.InteropServices;

namespace Flyball.Server.Tracking;

/// <summary>How many runs an experiment has, and when the newest was started.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ExperimentRuns(long Runs, DateTimeOffset? Newest)
{
    public static ExperimentRuns Of(RunColumns columns, string experiment, ViewType view)
    {
        var (runs, newest) = (0L, double.NegativeInfinity);
        foreach (var slot in columns.Of([experiment]).SelectMany(slots => slots).Where(slot => columns.IsVisible(slot, view)))
        {
            runs++;
            newest = Math.Max(newest, columns.Time("start_time", slot)!.Value);
        }

        return new ExperimentRuns(runs, runs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds((long)newest) : null);
    }
}
