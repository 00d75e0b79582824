namespace Flyball.Server.Tracking;

/// <summary>The metrics, params and tags that any run of an experiment has had: what its runs can be shown by.</summary>
public sealed class RunKeys(IEnumerable<string> metrics, IEnumerable<string> parameters, IEnumerable<string> tags)
{
    internal static readonly RunKeys None = new([], [], []);

    public HashSet<string> Metrics { get; } = new(metrics, StringComparer.Ordinal);

    public HashSet<string> Params { get; } = new(parameters, StringComparer.Ordinal);

    public HashSet<string> Tags { get; } = new(tags, StringComparer.Ordinal);

    /// <summary>The same, which stays as it is.</summary>
    public RunKeys Copy() => new(Metrics, Params, Tags);

    /// <summary>All of one kind, in the order in which people read names.</summary>
    public List<Field> Fields(FieldKind kind) =>
        [.. (kind switch { FieldKind.Metric => Metrics, FieldKind.Param => Params, _ => Tags }).Order(StringComparer.OrdinalIgnoreCase).Select(key => new Field(kind, key))];
}
