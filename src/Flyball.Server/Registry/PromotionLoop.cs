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
            foreach (var model in project.File.Models.Where(model => model.Retrain.Approval == ApprovalKind.Automatic)) changed |= await PromoteAsync(model.Name, cancel);
        }

        return changed;
    }

    private async Task<bool> PromoteAsync(string model, CancellationToken cancel)
    {
        var aliases = await models.AliasesAsync(model, cancel);
        var challenger = aliases.FirstOrDefault(alias => alias.Alias == Aliases.Challenger);
        var champion = aliases.FirstOrDefault(alias => alias.Alias == Aliases.Champion);
        // an older challenger has been the champion before: whoever moved the champion back by hand is not overruled
        if (challenger is null || challenger.Version <= champion?.Version || champion?.Moved > challenger.Moved) return false;
        return await db.WriteAsync(
            async tx => await models.MoveAsync(tx, model, Aliases.Champion, challenger.Version, "flyball", $"passed its gates; {(champion is null ? "there was no champion" : $"takes over from version {champion.Version}")}", challenger.Event) is not null,
            cancel);
    }
}
