using System.Runtime.InteropServices;

namespace Flyball.Server.Tracking;

/// <summary>What numbers have in common. The deviation is that of a sample, so one number has none; NaN is no number here.</summary>
[StructLayout(LayoutKind.Auto)]
public record struct Summary(long Count, double Mean, double Squares, double Min, double Max)
{
    public static readonly Summary Empty = new(0, 0, 0, double.PositiveInfinity, double.NegativeInfinity);

    public readonly double? Deviation => Count > 1 ? Math.Sqrt(Squares / (Count - 1)) : null;

    /// <summary>Welford's update (Technometrics 4, 1962), which does not cancel as sums of squares do.</summary>
    public void Add(double value)
    {
        if (double.IsNaN(value)) return;
        Count++;
        var off = value - Mean;
        Mean += off / Count;
        Squares += off * (value - Mean);
        (Min, Max) = (Math.Min(Min, value), Math.Max(Max, value));
    }
}

/// <summary>Runs that share a value.</summary>
/// <param name="Value">The value; null: the runs without one.</param>
/// <param name="Metrics">A summary for each metric asked for.</param>
public sealed record RunGroup(string? Value, long Runs, IReadOnlyList<Summary> Metrics);

/// <param name="Shown">The groups, of very many the largest.</param>
/// <param name="Total">How many there are.</param>
public sealed record FoundGroups(IReadOnlyList<RunGroup> Shown, int Total, long Runs);

/// <summary>Groups runs by a param, a tag or an attribute that is text.</summary>
internal static class RunGroups
{
    public static FoundGroups Find(RunColumns columns, RunQuery query, Field by, IReadOnlyList<string> metrics, int most)
    {
        var matches = query.Filter is null ? null : Matcher.Of(columns, query.Filter);
        var (texts, numbers) = (columns.Text(by), metrics.Select(columns.Metric).ToArray());
        var groups = new Dictionary<int, (long Runs, Summary[] Metrics)>();
        long runs = 0;
        foreach (var experiment in columns.Of(query.Experiments))
        {
            for (var i = 0; i < experiment.Count; i++)
            {
                var slot = experiment[i];
                if (!columns.IsVisible(slot, query.View) || (matches is not null && !matches(slot))) continue;
                runs++;
                var code = texts?[slot] ?? 0;
                ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, code, out var known);
                if (!known) group.Metrics = [.. metrics.Select(_ => Summary.Empty)];
                group.Runs++;
                for (var m = 0; m < numbers.Length; m++)
                {
                    // a metric that the run has not is NaN too
                    if (numbers[m] is { } column) group.Metrics[m].Add(column[slot]);
                }
            }
        }

        var all = groups.Select(group => new RunGroup(group.Key > 0 ? texts!.Texts[group.Key] : null, group.Value.Runs, group.Value.Metrics));
        var largest = all.OrderByDescending(group => group.Runs).ThenBy(group => group.Value, StringComparer.Ordinal).Take(most);
        return new FoundGroups([.. largest.OrderBy(group => group.Value, Values)], groups.Count, runs);
    }

    /// <summary>Numbers by size, then texts, then what has no value.</summary>
    private static readonly Comparer<string?> Values = Comparer<string?>.Create((one, other) =>
    {
        if (one is null || other is null) return (one is null).CompareTo(other is null);
        var (a, b) = (Number(one), Number(other));
        if (a is { } x && b is { } y && x != y) return x.CompareTo(y);
        return a is null == b is null ? string.CompareOrdinal(one, other) : (a is null).CompareTo(b is null);
    });

    private static double? Number(string text) => double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
}
