using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>What the searches of models and of versions have in common: MLflow leaves out prompts unless a filter asks for them.</summary>
internal abstract class RegistryFields<T> : EntityFields<T>
{
    /// <summary>A filter that was read named the mark of prompts.</summary>
    public bool AsksForPrompts { get; private set; }

    public override Field Resolve(string identifier, bool order)
    {
        var dot = identifier.IndexOf('.');
        var (type, key) = dot < 0 ? ("attribute", identifier) : (identifier[..dot], identifier[(dot + 1)..]);
        if (type is "tag" or "tags" && key.Length > 0)
        {
            AsksForPrompts |= key == RegisteredModel.PromptTag && !order;
            return new Field(FieldKind.Tag, key);
        }

        if (type is not ("attribute" or "attributes" or "attr")) throw Refusal.Invalid("filter-entity", $"Invalid entity type '{Refusal.Shown(type)}'. Valid entity types are ('attribute', 'tag', 'tags')");
        if (key is "timestamp" && order) key = "last_updated_timestamp";
        // ordered by whatever it is compared with, which is more than MLflow tells of
        return Compared.Contains(key) || (order && Ordered.Contains(key)) ? new Field(FieldKind.Attribute, key) : throw Refusal.Invalid("filter-attribute", order
            ? $"Invalid order by key '{Refusal.Shown(key)}' specified. Valid keys are '{string.Join("', '", Ordered)}'"
            : $"Invalid attribute key '{Refusal.Shown(key)}' specified. Valid keys are '{string.Join("', '", Compared)}'");
    }

    public override bool IsNumber(Field field) => field is { Kind: FieldKind.Attribute, Key: "creation_timestamp" or "last_updated_timestamp" or "version_number" };

    public override string? Text(T thing, Field field) => field.Kind != FieldKind.Tag ? Attribute(thing, field.Key)
        : field.Key == RegisteredModel.PromptTag ? IsPrompt(thing) ? "true" : "false"
        : Tags(thing).GetValueOrDefault(field.Key);

    protected abstract string[] Compared { get; }

    protected abstract string[] Ordered { get; }

    protected abstract string? Attribute(T thing, string key);

    protected abstract IReadOnlyDictionary<string, string> Tags(T thing);

    protected abstract bool IsPrompt(T thing);
}

/// <summary>MLflow's identifiers of registered models.</summary>
internal sealed class ModelFields : RegistryFields<RegisteredModel>
{
    /// <summary>By name.</summary>
    public static readonly IReadOnlyList<OrderKey> Default = [new(new Field(FieldKind.Attribute, "name"), Descending: false)];

    protected override string[] Compared => ["name", "creation_timestamp", "last_updated_timestamp"];

    protected override string[] Ordered => ["name", "creation_timestamp", "last_updated_timestamp"];

    public override double? Number(RegisteredModel thing, Field field) => (field.Key == "creation_timestamp" ? thing.Created : thing.Updated).ToUnixTimeMilliseconds();

    protected override string? Attribute(RegisteredModel thing, string key) => thing.Name;

    protected override IReadOnlyDictionary<string, string> Tags(RegisteredModel thing) => thing.Tags;

    protected override bool IsPrompt(RegisteredModel thing) => thing.IsPrompt;
}

/// <summary>MLflow's identifiers of model versions.</summary>
internal sealed class ModelVersionFields : RegistryFields<ModelVersion>
{
    public static readonly Field Name = new(FieldKind.Attribute, "name");

    public static readonly Field Run = new(FieldKind.Attribute, "run_id");

    /// <summary>What changed last first.</summary>
    public static readonly IReadOnlyList<OrderKey> Default =
        [new(new Field(FieldKind.Attribute, "last_updated_timestamp"), Descending: true), new(new Field(FieldKind.Attribute, "name"), Descending: false), new(new Field(FieldKind.Attribute, "version_number"), Descending: true)];

    /// <summary>The models that are prompts.</summary>
    public IReadOnlySet<string> Prompts { get; set; } = new HashSet<string>();

    protected override string[] Compared => ["name", "version_number", "run_id", "source_path", "creation_timestamp", "last_updated_timestamp", "current_stage"];

    protected override string[] Ordered => ["name", "version_number", "creation_timestamp", "last_updated_timestamp"];

    public override double? Number(ModelVersion thing, Field field) => field.Key switch
    {
        "version_number" => thing.Version,
        "creation_timestamp" => thing.Created.ToUnixTimeMilliseconds(),
        _ => thing.Updated.ToUnixTimeMilliseconds(),
    };

    protected override string? Attribute(ModelVersion thing, string key) => key switch { "name" => thing.Model, "run_id" => thing.Run, "source_path" => thing.Source, _ => thing.Stage.ToString() };

    protected override IReadOnlyDictionary<string, string> Tags(ModelVersion thing) => thing.Tags;

    protected override bool IsPrompt(ModelVersion thing) => Prompts.Contains(thing.Model);
}
