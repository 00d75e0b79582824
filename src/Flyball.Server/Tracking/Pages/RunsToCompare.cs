using Flyball.Foundation;
using Microsoft.AspNetCore.Http;

namespace Flyball.Server.Tracking.Pages;

/// <summary>Which runs are compared: those that an address names, or the first that a search of an experiment finds.</summary>
/// <param name="Named">Their ids; empty: the search says.</param>
internal sealed record RunsToCompare(IReadOnlyList<string> Named, string? Experiment, RunsView View)
{
    /// <summary>The most runs that are compared.</summary>
    public const int Most = 1000;

    public static RunsToCompare Of(IQueryCollection query) =>
        new([.. query["runs"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).Take(Most)], query["experiment"].ToString() is { Length: > 0 } experiment ? experiment : null, RunsView.Of(query).FirstPage);

    /// <summary>The words of an address that name the same runs.</summary>
    public IEnumerable<KeyValuePair<string, string>> Words() => Named.Count > 0
        ? [KeyValuePair.Create("runs", string.Join(',', Named))]
        : Experiment is null ? [] : [KeyValuePair.Create("experiment", Experiment), .. (View with { Columns = [], Group = null }).Words()];

    /// <summary>The slots of the runs, and how many there would be without a limit.</summary>
    /// <exception cref="Refusal">The search's filter is none.</exception>
    public (List<int> Slots, long Total) Find(RunColumns columns)
    {
        if (Named.Count > 0) return columns.Find([.. Named.Select(RunId.Of)]) is var named ? (named, named.Count) : default;
        if (Experiment is null) return ([], 0);
        var found = RunSearch.Find(columns, View.Query(Experiment, Most));
        return ([.. found.Runs.Select(columns.Slot)], found.Total);
    }
}
