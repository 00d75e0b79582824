using System.CommandLine;
using Flyball.Client;
using Flyball.Server.Hosting;

namespace Flyball.Server.Registry;

/// <summary>The verbs of approvers, and of whoever says what needs their approval.</summary>
internal static class ApprovalCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        yield return Decide(verbs, "approve", "Approve a version, so that an alias may stand for it.", approved: true);
        yield return Decide(verbs, "reject", "Reject a version, so that an alias may not stand for it; --comment says why.", approved: false);

        var protect = new Command("protect", "The protected aliases: those that move only to versions that an approver other than their author has approved.");
        var alias = new Argument<string?>("alias") { Description = "The alias to protect; without one, what is protected is listed.", Arity = ArgumentArity.ZeroOrOne };
        var model = new Option<string?>("--model") { Description = "Of this model alone; of all models unless told otherwise." };
        var off = new Option<bool>("--off") { Description = "Take the protection back." };
        protect.Add(alias);
        protect.Add(model);
        protect.Add(off);
        verbs.Online(protect, async (client, parsed, output, cancel) =>
        {
            var of = parsed.GetValue(model);
            if (parsed.GetValue(alias) is not { } name)
            {
                var known = await client.ListProtectedAliasesAsync(of, cancel);
                if (known.Count == 0) output.WriteLine("No alias is protected; `flyball protect production` protects one.");
                foreach (var guarded in known) output.WriteLine($"{guarded.Alias} of {guarded.Model ?? "every model"}, by {guarded.By} since {guarded.Since:yyyy-MM-dd HH:mm}");
                return;
            }

            if (parsed.GetValue(off)) await client.UnprotectAliasAsync(of, name, cancel);
            else await client.ProtectAliasAsync(of, name, cancel);
            output.WriteLine($"{name} of {of ?? "every model"} {(parsed.GetValue(off) ? "is no longer protected" : "moves only to approved versions now")}");
        });
        yield return protect;
    }

    private static Command Decide(Verbs verbs, string name, string description, bool approved)
    {
        var model = new Argument<string>("model") { Description = "Name of the model." };
        var version = new Argument<int>("version") { Description = "Number of the version." };
        var alias = new Option<string>("--alias") { Description = "What it is decided for.", DefaultValueFactory = _ => Aliases.Champion };
        var comment = new Option<string>("--comment") { Description = "What was looked at, and why so.", DefaultValueFactory = _ => "" };
        var command = new Command(name, description) { model, version, alias, comment };
        verbs.Online(command, async (client, parsed, output, cancel) =>
        {
            var decided = await client.DecideAsync(
                parsed.GetRequiredValue(model), parsed.GetRequiredValue(version), new DecideVersion(parsed.GetRequiredValue(alias), approved, parsed.GetRequiredValue(comment)), cancel);
            output.WriteLine($"{decided.Model} version {decided.Version} is {(decided.Approved ? "approved" : "rejected")} for {decided.Alias} by {decided.By}");
        }, looks: true);
        return command;
    }
}
