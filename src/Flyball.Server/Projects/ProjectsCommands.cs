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
            var keeps = !parsed.GetValue(once);
            while (true)
            {
                var isLeft = false;
                var code = await verbs.ConnectedAsync(parsed, SourceRoots(request), async connection =>
                {
                    var applied = await connection.Client.ApplyAsync(request, cancel);
                    output.WriteLine($"{applied.Project} revision {applied.Revision} at {connection.Client.Url}");
                    foreach (var change in applied.Changes) output.WriteLine($"  {change}");
                    try
                    {
                        var followed = await new JournalConsole(connection.Client, output).FollowAsync(applied.Project, applied.JournalBefore, !keeps, connection.Own is not null, cancel);
                        if (!keeps || connection.Own is not null) return followed;
                        isLeft = connection.IsOfAnotherVerb;
                        if (isLeft) await connection.EndAsync(cancel);
                        else output.WriteLine($"The server at {connection.Client.Url} keeps the loop going.");
                        return followed;
                    }
                    catch (FlyballException gone) when (gone.MayRepeat && connection.IsOfAnotherVerb)
                    {
                        isLeft = true;
                        return 0;
                    }
                }, cancel, keeps: keeps);
                // the server of a verb ends with it, and the loop with the server: from then on it is this one's
                if (!isLeft) return code;
            }
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
        return new ApplyProject(Text(path), Path.GetFileName(path), Path.GetDirectoryName(Path.GetFullPath(path))!, data is null ? null : Path.GetFullPath(Verbs.Named(data, "--data")));
    }

    /// <summary>The text of a project file; of what is longer only so much that it is refused for its length.</summary>
    private static string Text(string path)
    {
        using var reader = new StreamReader(path);
        var text = new char[YamlTree.MostBytes + 1];
        return new string(text, 0, reader.ReadBlock(text));
    }

    public static IReadOnlyList<string> SourceRoots(ApplyProject request) => request.DataFolder is { } data ? [request.Folder, data] : [request.Folder];
}
