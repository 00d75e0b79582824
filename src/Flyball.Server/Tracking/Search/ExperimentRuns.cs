using System.Runtime.InteropServices;

namespace Flyball.Server.Tracking;

/// <summary>How many runs an experiment has, and when the newest was started.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ExperimentRuns(long Runs, DateTimeOffset? Newest)
{
    public static ExperimentRuns Of(RunColumns columns, string experiment, ViewType view)
    {
        var (runs, newest) = (0L, double.NegativeInfinity);
        foreach (var slots in columns.Of([experiment]))
        {
            foreach (var slot in slots)
            {
                if (!columns.IsVisible(slot, view)) continue;
                runs++;
                newest = Math.Max(newest, columns.Started(slot));
            }
        }

        return new ExperimentRuns(runs, runs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds((long)newest) : null);
    }
}
