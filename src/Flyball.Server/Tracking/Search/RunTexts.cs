namespace Flyball.Server.Tracking;

/// <summary>The params and tags of some runs, as the columns hold them: what a page of a search tells without asking the database for every one.</summary>
/// <param name="Params">By the run's number; a run without any is left out.</param>
internal sealed record RunTexts(IReadOnlyDictionary<long, Dictionary<string, string>> Params, IReadOnlyDictionary<long, Dictionary<string, string>> Tags)
{
    /// <summary>Beyond so many names in an experiment the database, which is asked for what a run has, is faster than columns, which are asked for what it might have.</summary>
    private const int MostNames = 400;

    /// <summary>The texts of runs; null where their experiments have too many names.</summary>
    public static RunTexts? Of(RunColumns columns, IReadOnlyList<long> runs)
    {
        var known = new Dictionary<string, (Named[] Params, Named[] Tags)?>(StringComparer.Ordinal);
        var found = new RunTexts(new Dictionary<long, Dictionary<string, string>>(runs.Count), new Dictionary<long, Dictionary<string, string>>(runs.Count));
        foreach (var number in runs)
        {
            if (!columns.TrySlot(number, out var slot)) continue;
            var experiment = columns.Experiment(slot);
            if (!known.TryGetValue(experiment, out var named)) known[experiment] = named = Names(columns, columns.Keys(experiment));
            if (named is not { } names) return null;
            Read((Dictionary<long, Dictionary<string, string>>)found.Params, names.Params, number, slot);
            Read((Dictionary<long, Dictionary<string, string>>)found.Tags, names.Tags, number, slot);
        }

        return found;
    }

    private static (Named[] Params, Named[] Tags)? Names(RunColumns columns, RunKeys keys) =>
        keys.Params.Count + keys.Tags.Count > MostNames ? null : (Columns(columns, FieldKind.Param, keys.Params), Columns(columns, FieldKind.Tag, keys.Tags));

    private static Named[] Columns(RunColumns columns, FieldKind kind, IEnumerable<string> names) =>
        [.. names.Order(StringComparer.Ordinal).Select(name => new Named(name, columns.Text(new Field(kind, name)))).Where(named => named.Column is not null)];

    private static void Read(Dictionary<long, Dictionary<string, string>> into, Named[] names, long number, int slot)
    {
        Dictionary<string, string>? own = null;
        foreach (var (name, column) in names)
        {
            if (column!.Text(slot) is not { } text) continue;
            own ??= new Dictionary<string, string>(names.Length, StringComparer.Ordinal);
            own[name] = text;
        }

        if (own is not null) into[number] = own;
    }

    private readonly record struct Named(string Name, TextColumn? Column);
}
