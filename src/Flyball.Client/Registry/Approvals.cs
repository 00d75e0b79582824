namespace Flyball.Client;

/// <summary>What an approver decided about letting an alias stand for a version; the newest decision counts.</summary>
public sealed record ApprovalInfo(string Model, int Version, string Alias, bool Approved, string By, string Comment, DateTimeOffset Decided);

/// <summary>A decision: a rejection needs a comment that says why.</summary>
public sealed record DecideVersion(string Alias, bool Approved, string Comment);

/// <summary>An alias that moves only to approved versions: of one model, or of all where <paramref name="Model"/> is null.</summary>
public sealed record ProtectedAliasInfo(string? Model, string Alias, DateTimeOffset Since, string By);

public sealed partial class FlyballClient
{
    /// <summary>The decisions about a version, newest first.</summary>
    public Task<IReadOnlyList<ApprovalInfo>> ListApprovalsAsync(string model, int version, CancellationToken cancel) => GetAsync<IReadOnlyList<ApprovalInfo>>($"/api/models/{Escape(model)}/versions/{version}/approvals", cancel);

    /// <summary>Approves or rejects a version for an alias. Needs the role approver or admin, and that somebody else registered the version.</summary>
    public Task<ApprovalInfo> DecideAsync(string model, int version, DecideVersion decision, CancellationToken cancel) => PostAsync<ApprovalInfo>($"/api/models/{Escape(model)}/versions/{version}/approvals", decision, cancel);

    /// <summary>The protected aliases of a model, or those of all models where none is named.</summary>
    public Task<IReadOnlyList<ProtectedAliasInfo>> ListProtectedAliasesAsync(string? model, CancellationToken cancel) => GetAsync<IReadOnlyList<ProtectedAliasInfo>>(ProtectedPath(model), cancel);

    /// <summary>Protects an alias of a model, or of all models where none is named. Needs the role admin.</summary>
    public Task ProtectAliasAsync(string? model, string alias, CancellationToken cancel) => PutAsync($"{ProtectedPath(model)}/{Escape(alias)}", null, cancel);

    /// <summary>Takes a protection back. Needs the role admin.</summary>
    public Task UnprotectAliasAsync(string? model, string alias, CancellationToken cancel) => DeleteAsync($"{ProtectedPath(model)}/{Escape(alias)}", cancel);

    private static string ProtectedPath(string? model) => model is null ? "/api/protected-aliases" : $"/api/models/{Escape(model)}/protected-aliases";
}
