using System.CommandLine;
using Flyball.Server.Hosting;

namespace Flyball.Server.Registry;

internal static class ImportCommands
{
    private const int MostTold = 50;

    public static IEnumerable<Command> All(Verbs verbs)
    {
        var from = new Option<string>("--from") { Description = "sqlite:PATH of a tracking server's database, or file:FOLDER of a file store (mlruns).", Required = true };
        var artifacts = new Option<string?>("--artifacts") { Description = "The folder in which the old server kept what its mlflow-artifacts: addresses mean." };
        var alsoFrom = new Option<string[]>("--also-from") { Description = "A folder beside the store's own (that of the database, or the file store) from which files are taken too; may be given several times." };
        var mlflow = new Command("mlflow", "Takes experiments, runs with their points and files, logged models and registered models of an MLflow store, under the ids they have. Begun again, it goes on where it ended.") { from, artifacts, alsoFrom };
        verbs.Online(mlflow, async (client, parsed, output, cancel) =>
        {
            var root = parsed.GetValue(artifacts) is { } given ? Existing(given) : null;
            var others = (parsed.GetValue(alsoFrom) ?? []).Select(Existing).ToList();
            using var store = MLflowStore.Open(parsed.GetRequiredValue(from));
            var report = await new MLflowImport(store, root, others, client, output.WriteLine).RunAsync(cancel);
            output.WriteLine($"{report.Experiments:N0} experiments; {report.Runs:N0} runs with {report.Points:N0} points and {report.Files:N0} files ({report.Bytes / 1e6:N1} MB){(report.RunsBefore > 0 ? $", {report.RunsBefore:N0} runs were here before" : "")}; {report.LoggedModels:N0} logged models; {report.Models:N0} models with {report.Versions:N0} versions");
            if (report.NotTaken.Count == 0) output.WriteLine("Everything was taken.");
            else output.WriteLine("Not taken:");
            foreach (var reason in report.NotTaken.Take(MostTold)) output.WriteLine($"  {reason}");
            if (report.NotTaken.Count > MostTold) output.WriteLine($"  and {report.NotTaken.Count - MostTold:N0} more");
        });
        yield return new Command("import", "Takes in what another tool keeps.") { mlflow };
    }

    private static string Existing(string folder) => Path.GetFullPath(folder) is var path && Directory.Exists(path) ? path : throw new VerbException($"There is no folder {path} to take files from.");
}
