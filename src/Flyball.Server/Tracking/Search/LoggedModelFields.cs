using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>MLflow's identifiers of logged models.</summary>
/// <param name="datasets">Where given, a filter looks only at metrics that were measured on one of these.</param>
internal sealed class LoggedModelFields(IReadOnlyList<(string Name, string? Digest)> datasets) : EntityFields<LoggedModel>
{
    /// <summary>Newest first.</summary>
    public static readonly IReadOnlyList<OrderKey> Default = [new(new Field(FieldKind.Attribute, "creation_timestamp"), Descending: true)];

    private static readonly string[] Attributes = ["name", "model_id", "model_type", "status", "source_run_id", "experiment_id", "artifact_location", "lifecycle_stage", "creation_timestamp", "last_updated_timestamp"];

    /// <summary>Between a metric's name and the dataset that an order asks for; no name holds it.</summary>
    private const char Of = '\u001f';

    /// <summary>The field of an order, whose name is given as it is; of a metric, as it was measured on a dataset where one is named.</summary>
    public Field Resolve(string name, string? dataset, string? digest) => Resolve(name, order: true) is var field && field.Kind == FieldKind.Metric && (dataset ?? digest) is not null ? field with { Key = $"{field.Key}{Of}{dataset}{Of}{digest}" } : field;

    /// <summary>Whether a model has a metric that was measured on one of the datasets, where any are given.</summary>
    public bool IsMeasured(LoggedModel thing) => datasets.Count == 0 || thing.Metrics.Any(IsOnOne);

    public override Field Resolve(string identifier, bool order)
    {
        var dot = identifier.IndexOf('.');
        var (type, key) = dot < 0 ? ("attributes", identifier) : (identifier[..dot], identifier[(dot + 1)..]);
        key = key switch { "creation_time" or "creation_timestamp_ms" => "creation_timestamp", "last_updated_timestamp_ms" => "last_updated_timestamp", _ => key };
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
        ? Newest(thing, field.Key.Split(Of))
        : (field.Key == "creation_timestamp" ? thing.Created : thing.Updated).ToUnixTimeMilliseconds();

    /// <summary>A metric may have been measured on several datasets, and often: any of the points may fit.</summary>
    public override bool Fits(LoggedModel thing, Field field, Func<double?, bool> judge)
    {
        if (field.Kind != FieldKind.Metric) return base.Fits(thing, field, judge);
        var points = thing.Metrics.Where(metric => metric.Key == field.Key && (datasets.Count == 0 || IsOnOne(metric))).ToList();
        return points.Count == 0 ? judge(null) : points.Exists(metric => judge(metric.Value));
    }

    /// <inheritdoc cref="ExperimentFields.Order"/>
    public override double? Order(LoggedModel thing, Field field) => field switch { { Key: "creation_timestamp" } => Micros.Of(thing.Created), { Key: "last_updated_timestamp" } => Micros.Of(thing.Updated), _ => Number(thing, field) };

    public override string? Text(LoggedModel thing, Field field) => field switch
    {
        { Kind: FieldKind.Param } => thing.Params.GetValueOrDefault(field.Key),
        { Kind: FieldKind.Tag } => thing.Tags.GetValueOrDefault(field.Key),
        { Key: "name" } => thing.Name,
        { Key: "model_id" } => thing.Id,
        { Key: "model_type" } => thing.Type,
        { Key: "experiment_id" } => thing.ExperimentId,
        { Key: "artifact_location" } => thing.ArtifactUri,
        { Key: "lifecycle_stage" } => "active",
        { Key: "status" } => thing.Status switch { LoggedModelStatus.Pending => "PENDING", LoggedModelStatus.Ready => "READY", _ => "FAILED" },
        _ => thing.Run,
    };

    private bool IsOnOne(LoggedModelMetric metric) => datasets.Any(dataset => dataset.Name == metric.DatasetName && (dataset.Digest is null || dataset.Digest == metric.DatasetDigest));

    /// <summary>The newest value of a metric: its name, and where an order names a dataset, that and its digest.</summary>
    private static double? Newest(LoggedModel thing, string[] wanted) => thing.Metrics.Where(metric =>
        metric.Key == wanted[0] && (wanted.Length < 3 || ((wanted[1].Length == 0 || wanted[1] == metric.DatasetName) && (wanted[2].Length == 0 || wanted[2] == metric.DatasetDigest)))).MaxBy(metric => (metric.At, metric.Step))?.Value;
}
