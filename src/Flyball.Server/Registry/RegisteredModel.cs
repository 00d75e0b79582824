using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>A name with versions.</summary>
/// <param name="Project">The project that trains it; null where clients registered it.</param>
/// <param name="Newest">The highest number a version ever had; numbers are not used again.</param>
public sealed record RegisteredModel(string Name, string? Project, string Description, DateTimeOffset Created, DateTimeOffset Updated, int Newest, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>MLflow keeps prompts among the models and marks them with this tag.</summary>
    public const string PromptTag = "mlflow.prompt.is_prompt";

    /// <summary>The tag that is the content of a prompt's version: like files, it is what was looked at and does not change.</summary>
    public const string PromptText = "mlflow.prompt.text";

    public Ref Ref => new("model", Name);

    public bool IsPrompt => Tags.TryGetValue(PromptTag, out var marked) && marked.Equals("true", StringComparison.OrdinalIgnoreCase);
}

public sealed record ModelRegistered(string? Project, string Model, string Description, IReadOnlyDictionary<string, string> Tags) : IEvent
{
    public static string Type => "model.registered";

    public Ref Subject() => new("model", Model);
}

public sealed record ModelDescribed(string? Project, string Model, int? Version, string Description) : IEvent
{
    public static string Type => "model.described";

    public Ref Subject() => Version is { } version ? new("model-version", $"{Model}/{version}") : new("model", Model);
}

public sealed record ModelRenamed(string? Project, string Model, string From) : IEvent
{
    public static string Type => "model.renamed";

    public Ref Subject() => new("model", Model);
}

public sealed record ModelDeleted(string? Project, string Model) : IEvent
{
    public static string Type => "model.deleted";

    public Ref Subject() => new("model", Model);
}

public sealed record ModelTagSet(string? Project, string Model, int? Version, string Key, string Value, bool Prompt) : IEvent
{
    public static string Type => "model.tag-set";

    public Ref Subject() => Version is { } version ? new("model-version", $"{Model}/{version}") : new("model", Model);
}

public sealed record ModelTagDeleted(string? Project, string Model, int? Version, string Key, bool Prompt) : IEvent
{
    public static string Type => "model.tag-deleted";

    public Ref Subject() => Version is { } version ? new("model-version", $"{Model}/{version}") : new("model", Model);
}
