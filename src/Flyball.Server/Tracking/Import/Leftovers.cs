using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>What of an import cannot be taken, and why: each thing by itself, so that the rest is.</summary>
internal sealed class Leftovers
{
    private readonly List<string> told = [];

    public IReadOnlyList<string> Told => told;

    public void Tell(string what) => told.Add(what);

    /// <summary>The pairs that fit, with the values that are kept of them.</summary>
    public Dictionary<string, string> Fitting(IReadOnlyDictionary<string, string> pairs, string thing, Func<string, string, string> check)
    {
        var fitting = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs) Try($"{thing} {Refusal.Shown(key)}", () => fitting[key] = check(key, value));
        return fitting;
    }

    /// <summary>True where the change was not refused.</summary>
    public bool Try(string thing, Action change)
    {
        try
        {
            change();
            return true;
        }
        catch (Refusal refused)
        {
            told.Add($"{thing}: {refused.Message}");
            return false;
        }
    }

    /// <inheritdoc cref="Try"/>
    public async Task<bool> TryAsync(string thing, Func<Task> change)
    {
        try
        {
            await change();
            return true;
        }
        catch (Refusal refused)
        {
            told.Add($"{thing}: {refused.Message}");
            return false;
        }
    }
}
