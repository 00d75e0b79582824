using System.CommandLine;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

internal static class DatasetsCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        yield return InitCommands.Init();
        var project = new Argument<string>("project") { Description = "Name of the project." };
        var dataset = new Argument<string>("dataset") { Description = "Name of the dataset." };
        var versions = new Command("versions", "Lists the versions of a dataset, newest first.") { project, dataset };
        verbs.Online(versions, async (client, parsed, output, cancel) =>
        {
            var known = await client.ListDatasetVersionsAsync(parsed.GetRequiredValue(project), parsed.GetRequiredValue(dataset), cancel);
            if (known.Count == 0) throw new VerbException($"The project '{parsed.GetRequiredValue(project)}' has no version of a dataset '{parsed.GetRequiredValue(dataset)}'.");
            foreach (var version in known)
            {
                output.WriteLine($"v{version.Number,-4} {version.Rows,12:N0} rows  {version.Digest[..12]}  {version.Origin,-8} {(version.Usable ? "usable" : "refused: a critical expectation fails")}  {version.Created:yyyy-MM-dd HH:mm}");
            }
        }, looks: true);
        yield return new Command("data", "Datasets and their versions.")
        {
            versions, CatalogueCommands.Find(verbs), QuarantineCommand.Ingest(verbs), QuarantineCommand.Quarantine(verbs), CheckCommand.Check(), ProfileCommand.Profile(), CatalogueCommands.Suite(verbs),
            DiffCommand.Diff(verbs), DiffCommand.Export(verbs), CatalogueCommands.Tidy(verbs),
        };
    }
}
