using System.CommandLine;
using Flyball.Client;
using Flyball.Server.Hosting;

namespace Flyball.Server.Registry;

internal static class RegistryCommands
{
    /// <summary>The facts of a card that say what a version was made of.</summary>
    private static readonly string[] MadeOf = ["Data", "Digest", "Files new in it", "Run", "Code", "Environment", "Package"];

    public static IEnumerable<Command> All(Verbs verbs)
    {
        var model = new Argument<string>("model") { Description = "Name of the model." };
        var prediction = new Argument<string?>("prediction-id") { Description = "Why did this prediction come out so: its model, and the chain behind that.", Arity = ArgumentArity.ZeroOrOne };
        var why = new Command("why", "Why is this version in production: the chain of recorded causes, newest first.") { model, prediction };
        verbs.Online(why, async (client, parsed, output, cancel) =>
        {
            var name = parsed.GetRequiredValue(model);
            if (parsed.GetValue(prediction) is { } id)
            {
                var logged = await client.GetPredictionAsync(name, id, cancel);
                output.WriteLine($"{logged.At:yyyy-MM-dd HH:mm}  version {logged.Version} ({logged.Digest[..12]}) predicted {logged.Prediction:G6} for {logged.Row}");
                output.WriteLine($"                  from the features {logged.Features}{(logged.Label is { } label ? $"; it turned out to be {label:G6}, known {logged.LabelledAt:yyyy-MM-dd HH:mm}" : "; what really happened is not known yet")}");
                foreach (var entry in await client.WhyVersionAsync(name, logged.Version, cancel)) output.WriteLine($"{entry.At:yyyy-MM-dd HH:mm}  {Sentences.Of(entry)}{By(entry)}");
                await MadeOfAsync(client, name, logged.Version, output, cancel);
                return;
            }

            var chain = await client.WhyAsync(name, cancel);
            foreach (var entry in chain) output.WriteLine($"{entry.At:yyyy-MM-dd HH:mm}  {Sentences.Of(entry)}{By(entry)}");
            await MadeOfAsync(client, name, chain[0].Data.GetProperty("version").GetInt32(), output, cancel);
        }, looks: true);
        yield return why;

        var one = new Argument<string?>("model") { Description = "Name of the model; all of them where none is named.", Arity = ArgumentArity.ZeroOrOne };
        var status = new Command("status", "What serves, what is wrong, and the versions of a model with what its gates said of them.") { one };
        verbs.Online(status, async (client, parsed, output, cancel) =>
        {
            if (parsed.GetValue(one) is { } named)
            {
                if (!await StatusAsync(client, named, output, cancel)) throw new VerbException($"No version of a model '{named}' has been trained; `flyball up` says why.");
                return;
            }

            var models = (await client.ListProjectsAsync(cancel)).SelectMany(project => project.Models.Select(name => (Name: name, Project: project.Name))).ToList();
            if (models.Count == 0) output.WriteLine("No project is applied; `flyball init` writes a project file and `flyball up` applies it.");
            foreach (var model in models)
            {
                if (!await StatusAsync(client, model.Name, output, cancel)) output.WriteLine($"{model.Name} of {model.Project} has no version yet; `flyball up` says why");
            }

            foreach (var left in (await client.ListDeploymentsAsync(cancel)).Where(deployment => !models.Exists(model => model.Name == deployment.Name))) output.WriteLine($"{left.Name} serves version {left.Version}; no project names it any more, so it stays as it is");
            foreach (var item in await client.ListAttentionAsync(cancel)) output.WriteLine($"! {item.Title}: {item.Text}");
        }, looks: true);
        yield return status;

        foreach (var decision in ApprovalCommands.All(verbs)) yield return decision;
        foreach (var import in ImportCommands.All(verbs)) yield return import;
    }

    /// <summary>Who did it, where it was a person.</summary>
    private static string By(JournalEntryInfo entry) => entry.Actor == "flyball" ? "" : $" (by {entry.Actor})";

    /// <summary>Prints the data, code and environment that a version was made of, from its card.</summary>
    private static async Task MadeOfAsync(FlyballClient client, string model, int version, TextWriter output, CancellationToken cancel)
    {
        var card = await client.GetModelCardAsync(model, version, cancel);
        output.WriteLine($"Version {version} was made of:");
        foreach (var fact in card.Sections.SelectMany(section => section.Facts).Where(fact => MadeOf.Contains(fact.Name)).DistinctBy(fact => fact.Name)) output.WriteLine($"  {fact.Name}: {fact.Value}");
    }

    /// <summary>Prints one model's state; false where it has no version.</summary>
    private static async Task<bool> StatusAsync(FlyballClient client, string name, TextWriter output, CancellationToken cancel)
    {
        var versions = await client.ListModelVersionsAsync(name, cancel);
        if (versions.Count == 0) return false;
        if ((await client.ListDeploymentsAsync(cancel)).FirstOrDefault(known => known.Name == name) is { } deployment)
        {
            output.WriteLine(deployment is { Ready: false, Problem: { } problem }
                ? $"{name} serves nothing: {problem}"
                : $"{name} serves version {deployment.Version} since {deployment.Since:yyyy-MM-dd HH:mm}{(deployment.Ready ? deployment.Problem is { } kept ? $"; {kept}" : "" : " (loading)")}");
            foreach (var alarm in (await client.ListAlarmsAsync(name, cancel)).Where(known => known.Closed is null)) output.WriteLine($"  {alarm.Kind} since {alarm.Opened:yyyy-MM-dd HH:mm}: {alarm.Message}");
        }
        else output.WriteLine($"{name} is not deployed");

        var aliases = (await client.ListAliasesAsync(name, cancel)).ToLookup(alias => alias.Version, alias => alias.Alias);
        foreach (var version in versions)
        {
            var metrics = string.Join("  ", version.Metrics.Take(3).Select(metric => $"{metric.Key} {metric.Value:G5}"));
            output.WriteLine($"v{version.Version,-4} {version.Status,-8} {metrics}  {version.Created:yyyy-MM-dd HH:mm}  {string.Join(", ", aliases[version.Version])}");
        }

        return true;
    }
}
