using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Registry;

/// <summary>Lets a challenger that passed its gates take over as champion, by policy at once or when an approver has agreed.</summary>
internal sealed class PromotionLoop(ProjectStore projects, Models models, Db db) : ILoop
{
    public string Name => "promotion";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var changed = false;
        foreach (var project in await projects.ListAsync(cancel))
        {
            foreach (var model in project.File.Models) changed |= await PromoteAsync(model.Name, model.Retrain.Approval, cancel);
        }

        return changed;
    }

    private async Task<bool> PromoteAsync(string model, ApprovalKind approval, CancellationToken cancel)
    {
        var aliases = await models.AliasesAsync(model, cancel);
        var challenger = aliases.FirstOrDefault(alias => alias.Alias == Aliases.Challenger);
        var champion = aliases.FirstOrDefault(alias => alias.Alias == Aliases.Champion);
        if (challenger is null || challenger.Version <= champion?.Version) return false;
        return await db.WriteAsync(
            async tx =>
            {
                var decision = await ApprovalsSql.LatestAsync(tx, model, challenger.Version, Aliases.Champion);
                if (decision is { Approved: false } || (decision is null && approval == ApprovalKind.Required)) return false;
                // whoever moved the champion back by hand is not overruled by what was known before
                if (champion?.Moved > (decision?.Decided ?? challenger.Moved)) return false;
                var reason = decision is null ? "passed its gates" : $"approved by {decision.By}{(decision.Comment.Length > 0 ? $" ({decision.Comment})" : "")}";
                return await models.MoveAsync(
                    tx, model, Aliases.Champion, challenger.Version, "flyball", $"{reason}; {(champion is null ? "there was no champion" : $"takes over from version {champion.Version}")}", decision?.Event ?? challenger.Event) is not null;
            },
            cancel);
    }
}
