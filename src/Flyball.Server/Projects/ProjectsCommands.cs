using System.CommandLine;
using Flyball.Client;
using Flyball.Server.Hosting;

namespace Flyball.Server.Projects;

internal static class ProjectsCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var file = new Argument<string>("file") { Description = "The project file.", DefaultValueFactory = _ => "flyball.yaml" };
        var data = new Option<string?>("--data") { Description = "Folder that holds the source files, instead of the folders the file names." };

        var plan = new Command("plan", "Shows what `up` would change, and changes nothing.") { file, data };
        Verbs.Offline(plan, async (parsed, output, cancel) =>
        {
            var request = Request(parsed.GetRequiredValue(file), parsed.GetValue(data));
            return await verbs.ConnectedAsync(parsed, [], async connection =>
            {
                var planned = await connection.Client.PlanAsync(request, cancel);
                output.WriteLine(planned.Changes.Count == 0 ? $"{planned.Project} is as the file says (revision {planned.Revision})." : $"{planned.Project}: {planned.Changes.Count} changes");
                foreach (var change in planned.Changes) output.WriteLine($"  {change}");
                return 0;
            }, cancel, asleep: true);
        });
        yield return plan;

        var once = new Option<bool>("--once") { Description = "End when everything is as the file says, instead of keeping it so." };
        var up = new Command("up", "Applies the project file and keeps its loop going.") { file, data, once };
        Verbs.Offline(up, async (parsed, output, cancel) =>
        {
            var request = Request(parsed.GetRequiredValue(file), parsed.GetValue(data));
            return await verbs.ConnectedAsync(parsed, SourceRoots(request), async connection =>
            {
                var applied = await connection.Client.ApplyAsync(request, cancel);
                output.WriteLine($"{applied.Project} revision {applied.Revision} at {connection.Client.Url}");
                foreach (var change in applied.Changes) output.WriteLine($"  {change}");
                return await new JournalConsole(connection.Client, output).FollowAsync(applied.Project, applied.JournalBefore, parsed.GetValue(once), connection.Own is not null, cancel);
            }, cancel);
        });
        yield return up;

        var schema = new Command("schema", "Prints the JSON schema of flyball.yaml.");
        Verbs.Offline(schema, (_, output, _) =>
        {
            output.WriteLine(ProjectFileSchema.Json());
            return Task.FromResult(0);
        });
        yield return schema;
    }

    /// <summary>The file's text with the folder its sources start in.</summary>
    public static ApplyProject Request(string path, string? data)
    {
        if (!File.Exists(path)) throw new VerbException($"There is no project file {path}; `flyball init` makes one.");
        return new ApplyProject(File.ReadAllText(path), Path.GetFileName(path), Path.GetDirectoryName(Path.GetFullPath(path))!, data is null ? null : Path.GetFullPath(data));
    }

    public static IReadOnlyList<string> SourceRoots(ApplyProject request) => request.DataFolder is { } data ? [request.Folder, data] : [request.Folder];
}
