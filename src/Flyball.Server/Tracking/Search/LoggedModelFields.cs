using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>MLflow's identifiers of logged models.</summary>
/// <param name="datasets">Where given, only metrics that were measured on one of these count.</param>
internal sealed class LoggedModelFields(IReadOnlyList<(string Name, string? Digest)> datasets) : EntityFields<LoggedModel>
{
    /// <summary>Newest first.</summary>
    public static readonly IReadOnlyList<OrderKey> Default = [new(new Field(FieldKind.Attribute, "creation_timestamp"), Descending: true)];

    private static readonly string[] Attributes = ["name", "model_id", "model_type", "status", "source_run_id", "creation_timestamp", "last_updated_timestamp"];

    public override Field Resolve(string identifier, bool order)
    {
        var dot = identifier.IndexOf('.');
        var (type, key) = dot < 0 ? ("attributes", identifier) : (identifier[..dot], identifier[(dot + 1)..]);
        if (key is "creation_time") key = "creation_timestamp";
        return type switch
        {
            "metric" or "metrics" when key.Length > 0 => new Field(FieldKind.Metric, key),
            "param" or "params" when key.Length > 0 => new Field(FieldKind.Param, key),
            "tag" or "tags" when key.Length > 0 => new Field(FieldKind.Tag, key),
            "attribute" or "attributes" => Attributes.Contains(key) ? new Field(FieldKind.Attribute, key) : throw Refusal.Invalid("filter-attribute", $"Invalid attribute key '{Refusal.Shown(key)}' specified. Valid keys are '{string.Join("', '", Attributes)}'"),
            _ => throw Refusal.Invalid("filter-entity", $"Invalid entity type '{Refusal.Shown(type)}'. Valid values are ['attributes', 'metrics', 'params', 'tags']"),
        };
    }

    public override bool IsNumber(Field field) => field.Kind == FieldKind.Metric || field is { Kind: FieldKind.Attribute, Key: "creation_timestamp" or "last_updated_timestamp" };

    public override double? Number(LoggedModel thing, Field field) => field.Kind == FieldKind.Metric
        ? thing.Metrics.Where(metric => metric.Key == field.Key && (datasets.Count == 0 || datasets.Any(dataset => dataset.Name == metric.DatasetName && (dataset.Digest is null || dataset.Digest == metric.DatasetDigest)))).MaxBy(metric => (metric.Step, metric.At))?.Value
        : (field.Key == "creation_timestamp" ? thing.Created : thing.Updated).ToUnixTimeMilliseconds();

    /// <inheritdoc cref="ExperimentFields.Order"/>
    public override double? Order(LoggedModel thing, Field field) => field switch { { Key: "creation_timestamp" } => Micros.Of(thing.Created), { Key: "last_updated_timestamp" } => Micros.Of(thing.Updated), _ => Number(thing, field) };

    public override string? Text(LoggedModel thing, Field field) => field switch
    {
        { Kind: FieldKind.Param } => thing.Params.GetValueOrDefault(field.Key),
        { Kind: FieldKind.Tag } => thing.Tags.GetValueOrDefault(field.Key),
        { Key: "name" } => thing.Name,
        { Key: "model_id" } => thing.Id,
        { Key: "model_type" } => thing.Type,
        { Key: "status" } => thing.Status switch { LoggedModelStatus.Pending => "PENDING", LoggedModelStatus.Ready => "READY", _ => "FAILED" },
        _ => thing.Run,
    };
}
