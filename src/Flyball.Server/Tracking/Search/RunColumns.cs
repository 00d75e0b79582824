using System.Buffers;
using System.Globalization;

namespace Flyball.Server.Tracking;

/// <summary>Every run as a slot in columns. Not for use by several threads while it changes; metrics, params and tags of runs that are there may be set by one thread each.</summary>
internal sealed class RunColumns
{
    private readonly Dictionary<long, int> slots = [];
    private readonly Dictionary<RunId, int> byId = [];
    private readonly Dictionary<string, List<int>> byExperiment = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NumberColumn> metrics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TextColumn> parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TextColumn> tags = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TextColumn> attributes = new(StringComparer.Ordinal)
    {
        ["run_name"] = new(), ["status"] = new(), ["user_id"] = new(), ["experiment_id"] = new(), ["artifact_location"] = new(),
    };

    private readonly Dictionary<string, RunKeys> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<int, List<(string Name, string Digest, string? Context)>> datasets = [];
    private readonly List<long> numbers = [];
    private readonly List<RunId> ids = [];
    private readonly List<(long Started, long Ended)> times = [];

    /// <summary>Apart from the times: every search looks at the stage of every run, and this way at few bytes.</summary>
    private readonly List<LifeStage> stages = [];

    private enum LifeStage : byte { Active, Deleted, Gone }

    /// <summary>The slots of experiments' runs.</summary>
    public IEnumerable<List<int>> Of(IEnumerable<string> experiments)
    {
        foreach (var experiment in experiments.Distinct(StringComparer.Ordinal))
        {
            if (byExperiment.TryGetValue(experiment, out var found)) yield return found;
        }
    }

    /// <summary>The experiment of a run.</summary>
    public string Experiment(int slot) => attributes["experiment_id"].Text(slot)!;

    /// <summary>What the runs of an experiment have logged; grows with them.</summary>
    public RunKeys Keys(string experiment) => keys.GetValueOrDefault(experiment, RunKeys.None);

    /// <summary>The slots of runs by their ids, in the order asked for; those that are gone are left out.</summary>
    public List<int> Find(IReadOnlyList<RunId> wanted) => [.. wanted.Distinct().Where(byId.ContainsKey).Select(id => byId[id])];

    public int Slot(long number) => slots[number];

    public long Number(int slot) => numbers[slot];

    public RunId Id(int slot) => ids[slot];

    public bool IsVisible(int slot, ViewType view) => stages[slot] switch
    {
        LifeStage.Active => view != ViewType.DeletedOnly,
        LifeStage.Deleted => view != ViewType.ActiveOnly,
        _ => false,
    };

    /// <summary>The column of a metric, or null where no run has it.</summary>
    public NumberColumn? Metric(string key) => metrics.GetValueOrDefault(key);

    /// <summary>The column of a param, a tag or an attribute that is text, or null where no run has it.</summary>
    public TextColumn? Text(Field field) => (field.Kind switch { FieldKind.Param => parameters, FieldKind.Tag => tags, _ => attributes }).GetValueOrDefault(field.Key);

    /// <summary>Milliseconds since 1970, of a duration milliseconds; null where a run has no end.</summary>
    public double? Time(string key, int slot)
    {
        var (started, ended) = times[slot];
        return key == "start_time" ? started : ended == long.MinValue ? null : key == "duration" ? ended - started : ended;
    }

    /// <summary>Milliseconds since 1970.</summary>
    public double Started(int slot) => times[slot].Started;

    public string ArtifactUri(int slot) => Run.UriOf(attributes["artifact_location"].Text(slot) ?? "", attributes["experiment_id"].Text(slot)!, ids[slot].ToString());

    public IReadOnlyList<(string Name, string Digest, string? Context)> Datasets(int slot) => datasets.TryGetValue(slot, out var found) ? found : [];

    public void Apply(in RunChange change)
    {
        if (change.Run is { } run)
        {
            Set(run);
            return;
        }

        if (!slots.TryGetValue(change.Number, out var slot)) return;
        switch (change.Kind)
        {
            case RunChangeKind.Metric: SetMetric(slot, change.Key, change.Value); break;
            case RunChangeKind.Param: SetParam(slot, change.Key, change.Text!); break;
            case RunChangeKind.Tag: SetTag(slot, change.Key, change.Text!); break;
            case RunChangeKind.NoTag: tags.GetValueOrDefault(change.Key)?.Set(slot, null); break;
            case RunChangeKind.Dataset: AddDataset(slot, change.Key, change.Text!, change.More); break;
            case RunChangeKind.Gone: Remove(slot); break;
        }
    }

    public int Set(Run run)
    {
        if (!slots.TryGetValue(run.Number, out var slot))
        {
            slot = numbers.Count;
            slots[run.Number] = slot;
            numbers.Add(run.Number);
            ids.Add(RunId.Of(run.Id));
            byId[ids[slot]] = slot;
            times.Add(default);
            stages.Add(default);
            if (!byExperiment.TryGetValue(run.ExperimentId, out var siblings)) byExperiment[run.ExperimentId] = siblings = [];
            siblings.Add(slot);
            keys.TryAdd(run.ExperimentId, new RunKeys([], [], []));
            attributes["experiment_id"].Set(slot, run.ExperimentId);
            attributes["artifact_location"].Set(slot, run.ArtifactLocation);
        }

        times[slot] = (run.Started.ToUnixTimeMilliseconds(), run.Ended?.ToUnixTimeMilliseconds() ?? long.MinValue);
        stages[slot] = run.DeletedAt is null ? LifeStage.Active : LifeStage.Deleted;
        attributes["run_name"].Set(slot, run.Name);
        attributes["user_id"].Set(slot, run.User);
        attributes["status"].Set(slot, run.Status.ToString().ToUpperInvariant());
        return slot;
    }

    public void SetMetric(int slot, string key, double value)
    {
        // infinities are told as the largest numbers, and found as what is told
        value = Math.Clamp(value, double.MinValue, double.MaxValue);
        if (!metrics.TryGetValue(key, out var column)) metrics[key] = column = new NumberColumn();
        if (NumberColumn.IsAbsent(column[slot])) KeysOf(slot).Metrics.Add(key);
        column[slot] = value;
    }

    public void SetParam(int slot, string key, string value)
    {
        if (SetText(parameters, slot, key, value)) KeysOf(slot).Params.Add(key);
    }

    public void SetTag(int slot, string key, string value)
    {
        if (SetText(tags, slot, key, value)) KeysOf(slot).Tags.Add(key);
    }

    public void AddDataset(int slot, string name, string digest, string? context)
    {
        if (!datasets.TryGetValue(slot, out var found)) datasets[slot] = found = [];
        if (!found.Contains((name, digest, context))) found.Add((name, digest, context));
    }

    /// <summary>Takes away a run that is removed for good, with what it logged; its slot is not used again.</summary>
    private void Remove(int slot)
    {
        stages[slot] = LifeStage.Gone;
        var own = KeysOf(slot);
        foreach (var key in own.Metrics.Where(key => !NumberColumn.IsAbsent(metrics[key][slot]))) metrics[key][slot] = NumberColumn.Absent;
        foreach (var key in own.Params) parameters[key].Set(slot, null);
        foreach (var key in own.Tags) tags[key].Set(slot, null);
        foreach (var name in (string[])["run_name", "user_id", "status"]) attributes[name].Set(slot, null);
        datasets.Remove(slot);
        byId.Remove(ids[slot]);
        slots.Remove(numbers[slot]);
    }

    /// <summary>True where the run had no such text before.</summary>
    private static bool SetText(Dictionary<string, TextColumn> columns, int slot, string key, string value)
    {
        if (!columns.TryGetValue(key, out var column)) columns[key] = column = new TextColumn();
        var isNew = column[slot] == 0;
        column.Set(slot, value);
        return isNew;
    }

    private RunKeys KeysOf(int slot) => keys[Experiment(slot)];
}

/// <summary>A run's id: 32 hexadecimal digits in 16 bytes, or the text of one from elsewhere. Ordered as the texts are.</summary>
internal readonly record struct RunId(UInt128 Hex, string? Other) : IComparable<RunId>
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    public static RunId Of(string id) =>
        id.Length == 32 && !id.AsSpan().ContainsAnyExcept(Digits) ? new RunId(UInt128.Parse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), null) : new RunId(0, id);

    public override string ToString() => Other ?? Hex.ToString("x32", CultureInfo.InvariantCulture);

    public int CompareTo(RunId other) => Other is null && other.Other is null ? Hex.CompareTo(other.Hex) : string.CompareOrdinal(ToString(), other.ToString());
}
