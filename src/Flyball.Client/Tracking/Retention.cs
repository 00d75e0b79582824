namespace Flyball.Client;

/// <summary>What is deleted and can be removed for good.</summary>
/// <param name="Files">Files of these runs and logged models.</param>
/// <param name="Bytes">Bytes of their files that nothing else needs.</param>
/// <param name="Experiments">Deleted experiments that go with their runs.</param>
/// <param name="ByExperiment">Runs and logged models by experiment.</param>
/// <param name="Kept">What stays, since versions of models were made from it.</param>
public sealed record GarbageInfo(long Runs, long LoggedModels, long Files, long Bytes, IReadOnlyList<string> Experiments, IReadOnlyList<GarbageOfExperiment> ByExperiment, IReadOnlyList<KeptGarbage> Kept);

public sealed record GarbageOfExperiment(string Experiment, string Name, long Runs, long LoggedModels);

/// <param name="Thing">Such as <c>run:ID</c>.</param>
/// <param name="NeededBy">Such as <c>model-version:NAME/1</c>.</param>
public sealed record KeptGarbage(string Thing, string NeededBy);

/// <summary>Asks to remove for good what was deleted.</summary>
/// <param name="OlderThanDays">Only what was deleted at least so many days ago, 0 to 36,500.</param>
/// <param name="Experiments">Only in these experiments, by id; null: in all.</param>
/// <param name="Most">At most so many runs and logged models, 1 to 10,000; the rest is told as left. Experiments go once nothing is left, each with what it still holds.</param>
public sealed record RemoveGarbage(double OlderThanDays, IReadOnlyList<string>? Experiments, int Most);

/// <param name="Bytes">Bytes given back to the disk, once nothing is left. What was stored within the last hour goes later.</param>
/// <param name="Left">Runs and logged models that are left to remove.</param>
public sealed record GarbageRemovedInfo(long Runs, long LoggedModels, long Experiments, long Bytes, long Left);

/// <summary>How long runs are kept.</summary>
/// <param name="Experiment">Id of the experiment; null: of all that have no rule of their own.</param>
/// <param name="DeleteAfterDays">Days after its end at which a run is deleted, which can be undone; null: never.</param>
/// <param name="RemoveAfterDays">Days after its deletion at which a run is removed for good; null: never.</param>
public sealed record RetentionRuleInfo(string? Experiment, int? DeleteAfterDays, int? RemoveAfterDays, DateTimeOffset Since, string By);

public sealed record SetRetentionRule(int? DeleteAfterDays, int? RemoveAfterDays);

public sealed partial class FlyballClient
{
    /// <summary>What could be removed for good; nothing is changed.</summary>
    public Task<GarbageInfo> PreviewGarbageAsync(double olderThanDays, IReadOnlyList<string>? experiments, CancellationToken cancel) =>
        GetAsync<GarbageInfo>(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/api/garbage?olderThanDays={olderThanDays}{string.Concat((experiments ?? []).Select(id => $"&experiment={Escape(id)}"))}"), cancel);

    /// <summary>Removes for good what was deleted, a part of it at a time. Needs the role admin.</summary>
    public Task<GarbageRemovedInfo> RemoveGarbageAsync(RemoveGarbage what, CancellationToken cancel) => PostAsync<GarbageRemovedInfo>("/api/garbage/remove", what, cancel);

    /// <summary>The retention rules; the one of all experiments has no experiment.</summary>
    public Task<IReadOnlyList<RetentionRuleInfo>> ListRetentionRulesAsync(CancellationToken cancel) => GetAsync<IReadOnlyList<RetentionRuleInfo>>("/api/retention-rules", cancel);

    /// <summary>Sets how long the runs of an experiment are kept, or those of all experiments without a rule of their own. Needs the role admin.</summary>
    public Task SetRetentionRuleAsync(string? experiment, SetRetentionRule rule, CancellationToken cancel) => PutAsync(RulePath(experiment), rule, cancel);

    /// <summary>Removes a retention rule. Needs the role admin.</summary>
    public Task DeleteRetentionRuleAsync(string? experiment, CancellationToken cancel) => DeleteAsync(RulePath(experiment), cancel);

    private static string RulePath(string? experiment) => $"/api/retention-rules/{Escape(experiment ?? "all")}";
}
