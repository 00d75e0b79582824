using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Which identifiers a search of one kind of thing knows.</summary>
internal abstract class SearchFields
{
    /// <summary>The field that an identifier names.</summary>
    /// <exception cref="Refusal">It names none.</exception>
    public abstract Field Resolve(string identifier, bool order);

    public abstract bool IsNumber(Field field);

    /// <summary>How messages call the kind of a field.</summary>
    public static string Kind(Field field) => field.Kind switch { FieldKind.Metric => "metric", FieldKind.Param => "parameter", FieldKind.Tag => "tag", FieldKind.Dataset => "dataset", _ => field.Key };

    /// <summary>MLflow's list of what a field may be compared with.</summary>
    public string Comparators(Field field) => IsNumber(field) ? "{'>=', '<', '>', '<=', '=', '!='}" : "{'=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN', 'IS NULL', 'IS NOT NULL'}";
}

/// <summary>MLflow's identifiers of runs, with its other names for them.</summary>
internal sealed class RunFields : SearchFields
{
    public static readonly RunFields Instance = new();

    private static readonly Dictionary<string, FieldKind> Types = new(StringComparer.Ordinal)
    {
        ["metric"] = FieldKind.Metric, ["metrics"] = FieldKind.Metric, ["param"] = FieldKind.Param, ["params"] = FieldKind.Param, ["parameter"] = FieldKind.Param, ["parameters"] = FieldKind.Param,
        ["tag"] = FieldKind.Tag, ["tags"] = FieldKind.Tag, ["attribute"] = FieldKind.Attribute, ["attributes"] = FieldKind.Attribute, ["attr"] = FieldKind.Attribute, ["run"] = FieldKind.Attribute,
        ["dataset"] = FieldKind.Dataset, ["datasets"] = FieldKind.Dataset,
    };

    private static readonly Dictionary<string, string> Attributes = new(StringComparer.Ordinal)
    {
        ["run_id"] = "run_id", ["run_name"] = "run_name", ["run name"] = "run_name", ["Run name"] = "run_name", ["Run Name"] = "run_name", ["status"] = "status", ["user_id"] = "user_id", ["artifact_uri"] = "artifact_uri",
        ["start_time"] = "start_time", ["created"] = "start_time", ["Created"] = "start_time", ["end_time"] = "end_time", ["experiment_id"] = "experiment_id", ["duration"] = "duration", ["Duration"] = "duration",
    };

    /// <summary>The order that is asked for; the newest first where nothing else decides.</summary>
    public static List<OrderKey> Order(IReadOnlyList<string> texts)
    {
        var order = FilterParser.Order(texts, Instance);
        var started = new Field(FieldKind.Attribute, "start_time");
        if (!order.Exists(key => key.Field == started)) order.Add(new OrderKey(started, Descending: true));
        return order;
    }

    public override Field Resolve(string identifier, bool order)
    {
        var dot = identifier.IndexOf('.');
        if (dot < 0) return new Field(FieldKind.Attribute, Attribute(identifier));
        var (type, key) = (identifier[..dot], identifier[(dot + 1)..]);
        if (!Types.TryGetValue(type, out var kind)) throw Refusal.Invalid("filter-entity", $"Invalid entity type '{Refusal.Shown(type)}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']");
        if (key.Length == 0) throw Refusal.Invalid("filter-key", $"Invalid identifier '{Refusal.Shown(identifier)}': it names no {type.TrimEnd('s')}.");
        if (kind == FieldKind.Dataset)
        {
            if (order || key is not ("name" or "digest" or "context")) throw Refusal.Invalid("filter-dataset", $"Invalid dataset key '{Refusal.Shown(key)}'. Valid keys are ['name', 'digest', 'context']");
            return new Field(kind, key);
        }

        return new Field(kind, kind == FieldKind.Attribute ? Attribute(key) : key);
    }

    public override bool IsNumber(Field field) => field.Kind == FieldKind.Metric || field is { Kind: FieldKind.Attribute, Key: "start_time" or "end_time" or "duration" };

    private static string Attribute(string key) => Attributes.TryGetValue(key, out var known)
        ? known
        : throw Refusal.Invalid("filter-attribute", $"Invalid attribute key '{Refusal.Shown(key)}' specified. Valid keys are '{string.Join("', '", Attributes.Values.Distinct())}'");
}
