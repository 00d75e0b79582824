namespace Flyball.Server.Tracking;

/// <summary>The tags that say which code a run ran.</summary>
internal static class CodeTags
{
    /// <summary>The commit; MLflow's clients write it, too.</summary>
    public const string Commit = "mlflow.source.git.commit";

    /// <summary>Where the commit can be had; MLflow's clients write it, too.</summary>
    public const string Repository = "mlflow.source.git.repoURL";

    /// <summary>"true" where files had changes that no commit holds.</summary>
    public const string Dirty = "flyball.source.dirty";
}
