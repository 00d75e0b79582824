using System.CommandLine;
using Flyball.Server.Hosting;

namespace Flyball.Server.Registry;

internal static class RegistryCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var model = new Argument<string>("model") { Description = "Name of the model." };
        var why = new Command("why", "Why is this version in production: the chain of recorded causes, newest first.") { model };
        verbs.Online(why, async (client, parsed, output, cancel) =>
        {
            foreach (var entry in await client.WhyAsync(parsed.GetRequiredValue(model), cancel)) output.WriteLine($"{entry.At:yyyy-MM-dd HH:mm}  {Sentences.Of(entry)}");
        });
        yield return why;

        var status = new Command("status", "Versions of a model, what its gates said of them, and which one is champion.") { model };
        verbs.Online(status, async (client, parsed, output, cancel) =>
        {
            var aliases = (await client.ListAliasesAsync(parsed.GetRequiredValue(model), cancel)).ToLookup(alias => alias.Version, alias => alias.Alias);
            foreach (var version in await client.ListModelVersionsAsync(parsed.GetRequiredValue(model), cancel))
            {
                var metrics = string.Join("  ", version.Metrics.Take(3).Select(metric => $"{metric.Key} {metric.Value:G5}"));
                output.WriteLine($"v{version.Version,-4} {version.Status,-8} {metrics}  {version.Created:yyyy-MM-dd HH:mm}  {string.Join(", ", aliases[version.Version])}");
            }
        });
        yield return status;
    }
}
