using Flyball.Foundation;

namespace Flyball.Server.Serving;

/// <summary>A stable endpoint name and the model version behind it. A deployment bears its model's name.</summary>
public sealed record Deployment(string Name, string Project, string Model, int Version, string Digest, DateTimeOffset Changed, string Event)
{
    public Ref Ref => new("deployment", Name);
}

public sealed record DeploymentChanged(string Project, string Deployment, string Model, int Version, string Digest, int? From, string Strategy, IReadOnlyList<string> Interpreted) : IEvent
{
    public static string Type => "deployment.changed";

    string? IEvent.Project => Project;

    public Ref Subject() => new("deployment", Deployment);
}

/// <summary>A version that does not load, or computes something else than training did, is not served; what was served before still is.</summary>
public sealed record DeploymentRefused(string Project, string Deployment, string Model, int Version, string Reason) : IEvent
{
    public static string Type => "deployment.refused";

    string? IEvent.Project => Project;

    public Ref Subject() => new("deployment", Deployment);
}
