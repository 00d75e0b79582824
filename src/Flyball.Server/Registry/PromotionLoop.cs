using Flyball.Foundation;
using Flyball.Server.Projects;
using Microsoft.Extensions.Logging;

namespace Flyball.Server.Registry;

/// <summary>Lets a challenger that passed its gates take over as champion, by policy at once or when an approver has agreed.</summary>
internal sealed partial class PromotionLoop(ProjectStore projects, Models models, Db db, ILogger<PromotionLoop> logger) : ILoop
{
    public string Name => "promotion";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var changed = false;
        foreach (var project in await projects.ListAsync(cancel))
        {
            foreach (var model in project.File.Models) changed |= await GuardedAsync(model, cancel);
        }

        return changed;
    }

    /// <summary>What keeps one model from being promoted keeps no other from it.</summary>
    private async Task<bool> GuardedAsync(ModelSpec model, CancellationToken cancel)
    {
        try
        {
            return await PromoteAsync(model.Name, model.Retrain.Approval, cancel);
        }
        catch (Refusal refusal)
        {
            Log.Refused(logger, model.Name, refusal.Message);
            return false;
        }
    }

    private async Task<bool> PromoteAsync(string model, ApprovalKind approval, CancellationToken cancel)
    {
        if (await db.ReadAsync(tx => BothAsync(tx, model), cancel) is null) return false;
        return await db.WriteAsync(
            async tx =>
            {
                // what was read before may have changed until the transaction began
                if (await BothAsync(tx, model) is not var (champion, challenger)) return false;
                var decision = await ApprovalsSql.LatestAsync(tx, model, challenger.Version, Aliases.Champion);
                // an admin's protection stands above what the project's file says
                var required = approval == ApprovalKind.Required || await Approvals.IsDeclaredAsync(tx, model, Aliases.Champion);
                if (decision is { Approved: false } || (decision is null && required)) return false;
                // a client may call anything a challenger; the loop promotes what its own gates have passed
                var version = await Models.GetAsync(tx, model, challenger.Version);
                if (version.Status != VersionStatus.Passed) return false;
                // whoever moved the champion back by hand, or took it away, is not overruled by what was known before: a version passes its gates when it is made, and anyone who may write gives it the alias again later
                if ((champion is null ? await TakenAwayAsync(tx, model) : champion.Moved) > (decision?.Decided ?? version.Created)) return false;
                var reason = decision is null ? "passed its gates" : $"approved by {decision.By}{(decision.Comment.Length > 0 ? $" ({decision.Comment})" : "")}";
                return await models.MoveAsync(
                    tx, model, Aliases.Champion, challenger.Version, "flyball", $"{reason}; {(champion is null ? "there was no champion" : $"takes over from version {champion.Version}")}", decision?.Event ?? challenger.Event) is not null;
            },
            cancel);
    }

    /// <summary>The challenger that may take over, and whom from; null where there is none.</summary>
    private static async Task<(ModelAlias? Champion, ModelAlias Challenger)?> BothAsync(Tx tx, string model)
    {
        var (champion, challenger) = (await ModelsSql.AliasAsync(tx, model, Aliases.Champion), await ModelsSql.AliasAsync(tx, model, Aliases.Challenger));
        return challenger is null || challenger.Version <= champion?.Version ? null : (champion, challenger);
    }

    /// <summary>When a model's champion was last taken away; null where it never was.</summary>
    private static async Task<DateTimeOffset?> TakenAwayAsync(Tx tx, string model) =>
        (await Journal.LatestAsync(tx, null, int.MaxValue, null, AliasDeleted.Type, new Ref("model", model).ToString())).Find(entry => entry.As<AliasDeleted>().Alias == Aliases.Champion)?.At;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Model} could not be promoted: {Reason}")]
        public static partial void Refused(ILogger logger, string model, string reason);
    }
}
