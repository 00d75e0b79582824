using System.CommandLine;
using Flyball.Client;
using Flyball.Server.Hosting;

namespace Flyball.Server.Tracking;

/// <summary>The verbs that remove for good what was deleted, and say how long runs are kept.</summary>
internal static class RetentionCommands
{
    private const int AtOnce = 1000;

    public static IEnumerable<Command> All(Verbs verbs)
    {
        yield return Gc(verbs);
        yield return Retention(verbs);
    }

    private static Command Gc(Verbs verbs)
    {
        var older = new Option<double>("--older-than") { Description = "Only what was deleted at least so many days ago." };
        var experiments = new Option<string[]>("--experiment") { Description = "Only in this experiment, by name or id." };
        var yes = new Option<bool>("--yes") { Description = "Remove it; otherwise what would be removed is shown." };
        var gc = new Command("gc", "Removes for good the runs, logged models and experiments that were deleted, with their files.") { older, experiments, yes };
        verbs.Online(gc, async (client, parsed, output, cancel) =>
        {
            var (days, ids) = (parsed.GetValue(older), await IdsAsync(client, parsed.GetValue(experiments) ?? [], cancel));
            var found = await client.PreviewGarbageAsync(days, ids, cancel);
            foreach (var own in found.ByExperiment) output.WriteLine($"{own.Name}: {Counted(own.Runs, "deleted run")}, {Counted(own.LoggedModels, "deleted logged model")}{(found.Experiments.Contains(own.Experiment) ? "; the experiment goes with them" : "")}");
            foreach (var kept in found.Kept) output.WriteLine($"{kept.Thing} stays: {kept.NeededBy} was made from it");
            if (found.Runs + found.LoggedModels + found.Experiments.Count == 0)
            {
                output.WriteLine("Nothing that was deleted can be removed.");
                return;
            }

            output.WriteLine($"{Counted(found.Runs, "run")}, {Counted(found.LoggedModels, "logged model")} and {Counted(found.Experiments.Count, "experiment")} with {Counted(found.Files, "file")}, of which {Size(found.Bytes)} are needed by nothing else");
            if (!parsed.GetValue(yes))
            {
                output.WriteLine("Nothing was removed; --yes removes it for good.");
                return;
            }

            var (things, total) = (0L, found.Runs + found.LoggedModels);
            for (var left = 1L; left > 0;)
            {
                var removed = await client.RemoveGarbageAsync(new RemoveGarbage(days, ids, AtOnce), cancel);
                (left, things) = (removed.Left, things + removed.Runs + removed.LoggedModels);
                output.WriteLine(left > 0 ? $"  {things:N0} of {total:N0} removed" : $"Removed for good; {Size(removed.Bytes)} given back. Files stored within the last hour are given back later.");
            }
        });
        return gc;
    }

    private static Command Retention(Verbs verbs)
    {
        var experiment = new Argument<string?>("experiment") { Description = "Name or id of an experiment, or 'all' for those without a rule of their own; without one, the rules are listed.", Arity = ArgumentArity.ZeroOrOne };
        var delete = new Option<int?>("--delete-after") { Description = "Days after its end at which a run is deleted, unless it is tagged flyball.keep or a version of a model was made from it; it can be restored." };
        var remove = new Option<int?>("--remove-after") { Description = "Days after its deletion at which a run is removed for good." };
        var off = new Option<bool>("--off") { Description = "Take the rule back." };
        var retention = new Command("retention", "How long runs are kept: once an hour, older ones are deleted or removed for good.") { experiment, delete, remove, off };
        verbs.Online(retention, async (client, parsed, output, cancel) =>
        {
            if (parsed.GetValue(experiment) is not { } named)
            {
                var rules = await client.ListRetentionRulesAsync(cancel);
                if (rules.Count == 0) output.WriteLine("There is no retention rule: nothing is deleted by itself. `flyball retention all --remove-after 30` sets one.");
                foreach (var rule in rules) output.WriteLine($"{rule.Experiment ?? "all"}: {Sentence(rule.DeleteAfterDays, rule.RemoveAfterDays)}, by {rule.By} since {rule.Since:yyyy-MM-dd HH:mm}");
                return;
            }

            var id = named == "all" ? null : (await IdsAsync(client, [named], cancel))![0];
            if (parsed.GetValue(off))
            {
                await client.DeleteRetentionRuleAsync(id, cancel);
                output.WriteLine($"{named}: no rule any more");
                return;
            }

            var set = new SetRetentionRule(parsed.GetValue(delete), parsed.GetValue(remove));
            await client.SetRetentionRuleAsync(id, set, cancel);
            output.WriteLine($"{named}: {Sentence(set.DeleteAfterDays, set.RemoveAfterDays)}");
        });
        return retention;
    }

    /// <summary>The ids of experiments by name or id; null where none is named.</summary>
    private static async Task<IReadOnlyList<string>?> IdsAsync(FlyballClient client, string[] names, CancellationToken cancel)
    {
        if (names.Length == 0) return null;
        var known = await client.SearchExperimentsAsync(null, null, "ALL", cancel).ToListAsync(cancel);
        return [.. names.Select(name => (known.FirstOrDefault(experiment => experiment.Name == name) ?? known.FirstOrDefault(experiment => experiment.Id == name))?.Id ?? throw new VerbException($"There is no experiment '{name}'."))];
    }

    private static string Sentence(int? delete, int? remove) => (delete, remove) switch
    {
        ({ } first, { } second) => $"runs are deleted {first} days after their end and removed for good {second} days later",
        ({ } first, null) => $"runs are deleted {first} days after their end",
        (null, { } second) => $"deleted runs are removed for good after {second} days",
        _ => "nothing is deleted",
    };

    private static string Counted(long count, string thing) => $"{count:N0} {thing}{(count == 1 ? "" : "s")}";

    private static string Size(long bytes) => bytes >= 1 << 20 ? $"{bytes / (double)(1 << 20):N1} MB" : $"{bytes / 1024.0:N1} KB";
}
