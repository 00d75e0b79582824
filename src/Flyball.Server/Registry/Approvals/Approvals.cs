using Flyball.Foundation;
using Flyball.Server.Access;

namespace Flyball.Server.Registry;

/// <summary>
/// Who may let an alias stand for a version. What is decided about has its files, where this server keeps them. An alias is protected by an admin, for one model or for all; the champion of a model that a project trains is always protected, since it serves predictions.
/// A protected alias moves to a version that an approver has approved for it, or is moved by an approver; nobody approves what they registered themselves. The owner of a machine without users is the only person there is and decides alone.
/// </summary>
public sealed class Approvals(Users users, Db db, Journal journal, Ids ids, TimeProvider time)
{
    private const int LongestComment = 5000;

    /// <summary>Records a decision about a version.</summary>
    /// <exception cref="Refusal">There is no such version, the comment is too long, a rejection has none, or the version is the actor's own.</exception>
    public Task<Approval> DecideAsync(string model, int version, string alias, bool approved, string comment, Actor actor, CancellationToken cancel)
    {
        ModelRules.CheckNewAlias(alias);
        comment = comment.Trim();
        if (comment.Length > LongestComment) throw Refusal.Invalid("comment-too-long", $"A comment has at most {LongestComment:N0} characters.");
        if (comment.Contains('\0', StringComparison.Ordinal)) throw Refusal.Invalid("comment", "A comment holds no NUL character.");
        if (!approved && comment.Length == 0) throw Refusal.Invalid("comment-missing", "A rejection needs a comment that says why, so that whoever made the version can do something about it.");
        return db.WriteAsync(
            async tx =>
            {
                var found = await Models.GetAsync(tx, model, version);
                if (!MayDecide(found, actor)) throw Refusal.Forbidden($"Version {version} of {model} was registered by {actor.Name}; somebody else must decide whether it becomes {alias}.");
                if (approved) CheckFiles(found);
                var owner = await RegisteredModels.GetAsync(tx, model);
                var entry = approved
                    ? await journal.AppendAsync(tx, new VersionApproved(owner.Project, model, version, alias, comment), actor.Name, found.Event)
                    : await journal.AppendAsync(tx, new VersionRejected(owner.Project, model, version, alias, comment), actor.Name, found.Event);
                var approval = new Approval(ids.New(), model, version, alias, approved, actor.Name, comment, time.GetUtcNow(), entry);
                await ApprovalsSql.AddAsync(tx, approval);
                return approval;
            },
            cancel);
    }

    /// <summary>The decisions about a version, newest first.</summary>
    public Task<List<Approval>> ListAsync(string model, int version, CancellationToken cancel) => db.ReadAsync(
        async tx =>
        {
            await Models.GetAsync(tx, model, version);
            return await ApprovalsSql.ListAsync(tx, model, version);
        },
        cancel);

    /// <summary>Protects an alias, of a model or of all; once more changes nothing. The model need not be registered yet.</summary>
    public Task ProtectAsync(string? model, string alias, Actor actor, CancellationToken cancel)
    {
        ModelRules.CheckNewAlias(alias);
        if (model is not null) ModelRules.Name(model);
        return db.WriteAsync(
            async tx =>
            {
                if (await ApprovalsSql.ProtectAsync(tx, new ProtectedAlias(model, alias, time.GetUtcNow(), actor.Name))) await journal.AppendAsync(tx, new AliasProtected(await ProjectAsync(tx, model), model, alias), actor.Name, null);
            },
            cancel);
    }

    /// <summary>Takes a protection back.</summary>
    /// <exception cref="Refusal">There is none.</exception>
    public Task UnprotectAsync(string? model, string alias, Actor actor, CancellationToken cancel)
    {
        ModelRules.CheckAlias(alias);
        return db.WriteAsync(
            async tx =>
            {
                if (!await ApprovalsSql.UnprotectAsync(tx, model, alias)) throw Refusal.NotFound("protected alias", model is null ? alias : $"{model}@{alias}");
                await journal.AppendAsync(tx, new AliasUnprotected(await ProjectAsync(tx, model), model, alias), actor.Name, null);
            },
            cancel);
    }

    /// <summary>The protections that hold for a model, or those of all models alone.</summary>
    public Task<List<ProtectedAlias>> ProtectedAsync(string? model, CancellationToken cancel) => db.ReadAsync(tx => ApprovalsSql.ProtectedAsync(tx, model), cancel);

    /// <summary>The decisions about a version, newest first.</summary>
    public static Task<List<Approval>> DecisionsAsync(Tx tx, ModelVersion version) => ApprovalsSql.ListAsync(tx, version.Model, version.Version);

    /// <summary>The aliases of a model that are protected, by whatever rule.</summary>
    public static async Task<List<string>> GuardedAsync(Tx tx, string model)
    {
        var declared = (await ApprovalsSql.ProtectedAsync(tx, model)).Select(known => known.Alias);
        return [.. (await ProjectAsync(tx, model) is null ? declared : declared.Append(Aliases.Champion)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether this person may decide about a version: an approver who did not register it.</summary>
    public bool MayDecide(ModelVersion version, Actor actor) => actor.May(Permission.Approve) && !IsOwn(version, actor);

    /// <summary>Whether an admin protects this alias; the rule for champions of projects aside.</summary>
    public static async Task<bool> IsDeclaredAsync(Tx tx, string model, string alias) => (await ApprovalsSql.ProtectedAsync(tx, model)).Exists(known => known.Alias == alias);

    /// <summary>The decision about a version that counts for an alias, or null where there is none.</summary>
    public static Task<Approval?> DecisionAsync(Tx tx, string model, int version, string alias) => ApprovalsSql.LatestAsync(tx, model, version, alias);

    /// <summary>Lets a person's move of an alias to a version pass, or refuses it.</summary>
    /// <exception cref="Refusal">The alias is protected, and this move of it was not approved.</exception>
    public async Task CheckMoveAsync(Tx tx, string model, string alias, int version, Actor actor)
    {
        if (await ProtectionAsync(tx, model, alias) is not { } protection) return;
        var target = await Models.GetAsync(tx, model, version);
        var decision = await ApprovalsSql.LatestAsync(tx, model, version, alias);
        if (decision is { Approved: true }) return;
        if (decision is not null) throw Refusal.Forbidden($"{decision.By} rejected version {version} of {model} for {alias}: {decision.Comment} An approver may decide anew.");
        if (MayDecide(target, actor))
        {
            CheckFiles(target);
            return;
        }

        throw Refusal.Forbidden($"{protection}; an approver other than {target.Author}, who registered version {version}, must approve it first (flyball approve {model} {version} --alias {alias}).");
    }

    /// <summary>Lets a person delete an alias, or refuses it: of a protected one, only an approver may.</summary>
    /// <exception cref="Refusal">The alias is protected.</exception>
    public static async Task CheckDeleteAsync(Tx tx, string model, string alias, Actor actor)
    {
        if (!actor.May(Permission.Approve) && await ProtectionAsync(tx, model, alias) is { } protection) throw Refusal.Forbidden($"{protection}; deleting it, or renaming the model away from it, needs the role approver or admin.");
    }

    /// <summary>Lets a person move a version to a stage, or refuses it: a stage is protected as the alias of its name in lower case is.</summary>
    /// <exception cref="Refusal">The stage it is in or goes to is protected, and this was not approved.</exception>
    public async Task CheckStageAsync(Tx tx, ModelVersion version, ModelStage to, Actor actor)
    {
        if (version.Stage != to && Alias(version.Stage) is { } before) await CheckDeleteAsync(tx, version.Model, before, actor);
        if (Alias(to) is { } after) await CheckMoveAsync(tx, version.Model, after, version.Version, actor);
    }

    /// <summary>Lets a person delete versions, or refuses it: what a protected alias or stage stands for, only an approver may.</summary>
    /// <exception cref="Refusal">A version is what a protected alias or stage stands for.</exception>
    public static async Task CheckDeleteAsync(Tx tx, IReadOnlyList<ModelVersion> versions, Actor actor)
    {
        foreach (var version in versions)
        {
            foreach (var alias in await StandingAsync(tx, version)) await CheckDeleteAsync(tx, version.Model, alias, actor);
        }
    }

    /// <summary>Lets a person give a model another name, or refuses it: what is protected must not end for the name that is left, nor come to stand for a version that was not approved under the new one. Protections hold for both names afterwards.</summary>
    /// <exception cref="Refusal">A version would stand under a protected alias or stage of the new name without approval.</exception>
    public async Task RenameAsync(Tx tx, RegisteredModel model, string to, IReadOnlyList<ModelVersion> versions, Actor actor)
    {
        if (to == model.Name) return;
        // under the name that is left, nothing stands for anything any more
        await CheckDeleteAsync(tx, versions, actor);
        var there = (await ApprovalsSql.ProtectedAsync(tx, to)).Where(known => known.Model is not null).Select(known => known.Alias).ToHashSet();
        foreach (var version in versions)
        {
            foreach (var alias in (await StandingAsync(tx, version)).Where(there.Contains))
            {
                if (await ApprovalsSql.LatestAsync(tx, model.Name, version.Version, alias) is { Approved: true }) continue;
                if (MayDecide(version, actor)) CheckFiles(version);
                else
                {
                    throw Refusal.Forbidden($"The alias {alias} of {to} is protected; version {version.Version} of {model.Name} would stand under it, which an approver other than {version.Author} must approve first.");
                }
            }
        }

        await ApprovalsSql.CopyAsync(tx, model.Name, to);
    }

    /// <summary>Nobody can answer for what is yet to come: files that come to this server after the version was registered are not pinned.</summary>
    private static void CheckFiles(ModelVersion version)
    {
        if (version.Content.Files.Count > 0 || ModelSources.PlaceOf(version.Storage) is null) return;
        throw Refusal.Invalid("version-without-files", $"Version {version.Version} of {version.Model} was registered before its files were there, so what it would be is open; register it again now that they are, or once they are.");
    }

    /// <summary>The aliases that stand for a version, that of its stage among them.</summary>
    private static async Task<IEnumerable<string>> StandingAsync(Tx tx, ModelVersion version)
    {
        var aliases = (await ModelsSql.AliasesAsync(tx, version.Model)).Where(alias => alias.Version == version.Version).Select(alias => alias.Alias);
        return Alias(version.Stage) is { } stage ? aliases.Append(stage) : aliases;
    }

    private static string? Alias(ModelStage stage) => stage is ModelStage.Staging or ModelStage.Production ? stage.ToString().ToLowerInvariant() : null;

    /// <summary>Why an alias is protected, as the beginning of a sentence; null where it is not.</summary>
    private static async Task<string?> ProtectionAsync(Tx tx, string model, string alias)
    {
        var known = await ApprovalsSql.ProtectedAsync(tx, model);
        if (known.Exists(found => found.Alias == alias)) return $"The alias {alias} of {model} is protected";
        return alias == Aliases.Champion && await ProjectAsync(tx, model) is { } project ? $"The champion of {model} serves the predictions of the project {project}" : null;
    }

    private static async Task<string?> ProjectAsync(Tx tx, string? model) => model is null ? null : (await ModelsSql.ModelAsync(tx, model))?.Project;

    private bool IsOwn(ModelVersion version, Actor actor) => version.Author == actor.Name && (users.Any || actor != Actor.Owner);
}
