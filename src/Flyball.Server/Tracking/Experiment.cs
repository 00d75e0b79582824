namespace Flyball.Server.Tracking;

/// <param name="ArtifactLocation">The place for artifacts that whoever made the experiment named; empty: this server.</param>
public sealed record Experiment(string Id, string Name, string ArtifactLocation, bool Deleted, DateTimeOffset Created, DateTimeOffset Updated, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>The experiment of runs that name none; it is always there.</summary>
    public const string DefaultId = "0";

    public string Location => LocationOf(ArtifactLocation, Id);

    internal static string LocationOf(string location, string experiment) => location.TrimEnd('/') is { Length: > 0 } named ? named : $"mlflow-artifacts:/{experiment}";
}
