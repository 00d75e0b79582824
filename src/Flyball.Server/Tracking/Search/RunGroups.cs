using System.Globalization;
using Flyball.Numerics;

namespace Flyball.Server.Tracking;

/// <summary>Runs that share a value.</summary>
/// <param name="Value">The value; null: the runs without one.</param>
/// <param name="Metrics">The moments of each metric asked for; what is not finite does not count.</param>
public sealed record RunGroup(string? Value, long Runs, IReadOnlyList<RunningMoments> Metrics);

/// <param name="Shown">The groups, of very many the largest.</param>
/// <param name="Total">How many there are.</param>
public sealed record FoundGroups(IReadOnlyList<RunGroup> Shown, int Total, long Runs);

/// <summary>Groups runs by a param, a tag or an attribute that is text.</summary>
internal static class RunGroups
{
    /// <summary>Numbers by size, then texts, then what has no value.</summary>
    public static readonly Comparer<string?> Values = Comparer<string?>.Create((one, other) =>
    {
        if (one is null || other is null) return (one is null).CompareTo(other is null);
        var (a, b) = (Number(one), Number(other));
        if (a is { } x && b is { } y && x != y) return x.CompareTo(y);
        return a is null == b is null ? string.CompareOrdinal(one, other) : (a is null).CompareTo(b is null);
    });

    public static FoundGroups Find(RunColumns columns, RunQuery query, Field by, IReadOnlyList<string> metrics, int most)
    {
        var matches = query.Filter is null ? null : Matcher.Of(columns, query.Filter);
        var (texts, numbers) = (columns.Text(by), metrics.Select(columns.Metric).ToArray());
        var slots = columns.Of(query.Experiments).SelectMany(experiment => experiment).Where(slot => columns.IsVisible(slot, query.View) && (matches is null || matches(slot))).ToList();
        // counted first, so that a hundred thousand groups of one run each cost no more than the few that are shown
        var counts = new long[texts?.Texts.Count ?? 1];
        foreach (var slot in slots) counts[texts?[slot] ?? 0]++;
        var codes = Enumerable.Range(0, counts.Length).Where(code => counts[code] > 0).ToList();
        var shown = codes.OrderByDescending(code => counts[code]).ThenBy(code => code).Take(most).ToDictionary(code => code, _ => new RunningMoments[numbers.Length]);
        foreach (var slot in slots)
        {
            if (!shown.TryGetValue(texts?[slot] ?? 0, out var moments)) continue;
            for (var m = 0; m < moments.Length; m++)
            {
                // a metric that the run has not is NaN too
                if (numbers[m] is { } column && double.IsFinite(column[slot])) moments[m] = moments[m].Add(column[slot]);
            }
        }

        var groups = shown.Select(group => new RunGroup(group.Key > 0 ? texts!.Texts[group.Key] : null, counts[group.Key], group.Value));
        return new FoundGroups([.. groups.OrderBy(group => group.Value, Values)], codes.Count, slots.Count);
    }

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
