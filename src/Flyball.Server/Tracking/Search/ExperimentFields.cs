using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>MLflow's identifiers of experiments.</summary>
internal sealed class ExperimentFields : EntityFields<Experiment>
{
    public static readonly ExperimentFields Instance = new();

    /// <summary>Newest first.</summary>
    public static readonly IReadOnlyList<OrderKey> Default = [new(new Field(FieldKind.Attribute, "creation_time"), Descending: true), new(new Field(FieldKind.Attribute, "experiment_id"), Descending: false)];

    private static readonly string[] Attributes = ["name", "creation_time", "last_update_time", "experiment_id"];

    public override Field Resolve(string identifier, bool order)
    {
        var dot = identifier.IndexOf('.');
        var (type, key) = dot < 0 ? ("attribute", identifier) : (identifier[..dot], identifier[(dot + 1)..]);
        if (type is "tag" or "tags" && key.Length > 0) return new Field(FieldKind.Tag, key);
        if (type is not ("attribute" or "attributes" or "attr")) throw Refusal.Invalid("filter-entity", $"Invalid entity type '{Refusal.Shown(type)}'. Valid entity types are ['attribute', 'tag']");
        return Attributes.Contains(key) ? new Field(FieldKind.Attribute, key) : throw Refusal.Invalid("filter-attribute", $"Invalid attribute key '{Refusal.Shown(key)}' specified. Valid keys are '{string.Join("', '", Attributes)}'");
    }

    public override bool IsNumber(Field field) => field is { Kind: FieldKind.Attribute, Key: "creation_time" or "last_update_time" or "experiment_id" };

    public override double? Number(Experiment thing, Field field) => field.Key switch
    {
        "creation_time" => thing.Created.ToUnixTimeMilliseconds(),
        "last_update_time" => thing.Updated.ToUnixTimeMilliseconds(),
        _ => double.Parse(thing.Id, System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>Times in fractions of a millisecond: what is made one after the other is listed so.</summary>
    public override double? Order(Experiment thing, Field field) => field.Key switch { "creation_time" => Micros.Of(thing.Created), "last_update_time" => Micros.Of(thing.Updated), _ => Number(thing, field) };

    public override string? Text(Experiment thing, Field field) => field.Kind == FieldKind.Tag ? thing.Tags.GetValueOrDefault(field.Key) : thing.Name;
}
