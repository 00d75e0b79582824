using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>What a person decided about letting an alias stand for a version. The newest decision counts.</summary>
public sealed record Approval(string Id, string Model, int Version, string Alias, bool Approved, string By, string Comment, DateTimeOffset Decided, string Event);

/// <summary>An alias that moves only to approved versions: of one model, or of all where <paramref name="Model"/> is null.</summary>
public sealed record ProtectedAlias(string? Model, string Alias, DateTimeOffset Since, string By);

public sealed record VersionApproved(string? Project, string Model, int Version, string Alias, string Comment) : IEvent
{
    public static string Type => "model.version-approved";

    public Ref Subject() => new("model", Model);
}

public sealed record VersionRejected(string? Project, string Model, int Version, string Alias, string Comment) : IEvent
{
    public static string Type => "model.version-rejected";

    public Ref Subject() => new("model", Model);
}

/// <summary>The subject of what concerns all models is the registry.</summary>
public sealed record AliasProtected(string? Project, string? Model, string Alias) : IEvent
{
    public static string Type => "model.alias-protected";

    public Ref Subject() => Model is null ? new("registry", "models") : new("model", Model);
}

public sealed record AliasUnprotected(string? Project, string? Model, string Alias) : IEvent
{
    public static string Type => "model.alias-unprotected";

    public Ref Subject() => Model is null ? new("registry", "models") : new("model", Model);
}
