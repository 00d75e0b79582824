using System.CommandLine;
using Flyball.Foundation;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary>Verbs that find datasets, hand their suites out and tidy them up.</summary>
internal static class CatalogueCommands
{
    public static Command Suite(Verbs verbs)
    {
        var dataset = new Argument<string?>("dataset") { Description = "PROJECT/DATASET, whose expectations are written as a suite.", Arity = ArgumentArity.ZeroOrOne };
        var from = new Option<string?>("--from") { Description = "A suite of Great Expectations in JSON, whose expectations are written as lines for expect: in a project file." };
        var command = new Command("suite", "Writes a dataset's expectations as a suite of Great Expectations 1.x, or a suite's as lines of a project file.") { dataset, from };
        Verbs.Offline(command, async (parsed, output, cancel) =>
        {
            if (parsed.GetValue(from) is { } path)
            {
                var suite = SuiteFile.Read(await File.ReadAllTextAsync(path, cancel), new Dictionary<string, object?>(), TimeProvider.System.GetUtcNow());
                foreach (var line in SuiteJson.Yaml(suite)) await output.WriteLineAsync(line);
                return 0;
            }

            if (parsed.GetValue(dataset)?.Split('/') is not [var project, var name]) throw new VerbException("Name a dataset as PROJECT/DATASET, or a suite with --from.");
            return await verbs.ConnectedAsync(parsed, [], async connection =>
            {
                await output.WriteLineAsync(Json.Write(await connection.Client.GetSuiteAsync(project, name, cancel)));
                return 0;
            }, cancel, looks: true);
        });
        return command;
    }

    public static Command Find(Verbs verbs)
    {
        var words = new Argument<string[]>("word") { Description = "Words that a dataset must have in its project, name, description, owner, columns or tags; all datasets for none.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("find", "Finds datasets of all projects.") { words };
        verbs.Online(command, async (client, parsed, output, cancel) =>
        {
            foreach (var found in await client.FindDatasetsAsync(string.Join(' ', parsed.GetValue(words) ?? []), cancel))
            {
                await output.WriteLineAsync($"{found.Project}/{found.Name,-24} {(found.Latest is { } latest ? $"v{latest.Number}  {latest.Rows:N0} rows  {found.Met} of {found.Expected} met" : "no version yet")}  {found.Owner}  {found.Description}");
            }
        }, looks: true);
        return command;
    }

    public static Command Tidy(Verbs verbs)
    {
        var (project, dataset) = (new Argument<string>("project") { Description = "Name of the project." }, new Argument<string>("dataset") { Description = "Name of the dataset." });
        var keep = new Option<int>("--keep") { Description = "Newest versions that stay.", Required = true };
        var older = new Option<double?>("--older-than") { Description = "Only versions that are at least so many days old." };
        var yes = new Option<bool>("--yes") { Description = "Remove them; without it they are only listed." };
        var command = new Command("retention", "Lists, or removes, old versions of a dataset; none with a tag, none that something was made from, not the newest usable one.") { project, dataset, keep, older, yes };
        verbs.Online(command, async (client, parsed, output, cancel) =>
        {
            var (named, of, kept, days) = (parsed.GetRequiredValue(project), parsed.GetRequiredValue(dataset), parsed.GetValue(keep), parsed.GetValue(older));
            var shown = await client.PreviewDatasetRetentionAsync(named, of, kept, days, cancel);
            foreach (var version in shown) await output.WriteLineAsync($"v{version.Number,-4} {version.Rows,12:N0} rows  {Ui.Show.Bytes(version.Bytes),10} of its own  {version.Created:yyyy-MM-dd HH:mm}");
            if (parsed.GetValue(yes)) await output.WriteLineAsync($"{(await client.RemoveDatasetVersionsAsync(named, of, kept, days, [.. shown.Select(version => version.Number)], cancel)).Count} removed.");
            else await output.WriteLineAsync($"{shown.Count} would go; --yes removes them.");
        });
        return command;
    }
}
