using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>Which version a name stands for, since when, by whom and why.</summary>
public sealed record ModelAlias(string Model, string Alias, int Version, DateTimeOffset Moved, string MovedBy, string Reason, string Event);

/// <summary>The names with a meaning of their own.</summary>
public static class Aliases
{
    public const string Champion = "champion";
    public const string Challenger = "challenger";
}

public sealed record AliasMoved(string? Project, string Model, string Alias, int Version, int? From, string Reason, bool Prompt) : IEvent
{
    public static string Type => "model.alias-moved";

    public Ref Subject() => new("model", Model);
}

public sealed record AliasDeleted(string? Project, string Model, string Alias, int Version, bool Prompt) : IEvent
{
    public static string Type => "model.alias-deleted";

    public Ref Subject() => new("model", Model);
}
