using System.CommandLine;
using Flyball.Client;
using Flyball.Server.Hosting;
using Flyball.Server.Projects;

namespace Flyball.Server.Training;

internal static class TrainingCommands
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    public static IEnumerable<Command> All(Verbs verbs)
    {
        var model = new Argument<string>("model") { Description = "Name of the model." };
        var reason = new Option<string>("--reason") { Description = "Kept with the training.", DefaultValueFactory = _ => "asked for by hand" };
        var train = new Command("train", "Trains a model on the newest version of its data, evaluates it against the champion and registers it.") { model, reason };
        verbs.Online(train, async (client, parsed, output, cancel) =>
        {
            var name = parsed.GetRequiredValue(model);
            var projects = await client.ListProjectsAsync(cancel);
            var models = projects.SelectMany(known => known.Models).ToList();
            // a model's name belongs to one project
            var project = projects.FirstOrDefault(known => known.Models.Contains(name)) ?? throw new VerbException(
                $"No applied project has a model '{name}'{(Suggestions.For(name, models) is { } near ? $"; did you mean {near}?" : models.Count == 0 ? "; `flyball up` applies a project file." : $"; there is {string.Join(", ", models)}.")}");
            var training = await client.StartTrainingAsync(project.Name, name, new StartTraining(parsed.GetRequiredValue(reason)), cancel);
            return await FollowAsync(client, training, output, cancel);
        }, looks: true);
        yield return train;
    }

    private static async Task<int> FollowAsync(FlyballClient client, TrainingInfo training, TextWriter output, CancellationToken cancel)
    {
        for (var lines = new JobLines(TimeProvider.System); training.State == "running"; training = await client.GetTrainingAsync(training.Id, cancel))
        {
            var job = await client.GetJobAsync(training.Job, cancel);
            if (lines.Next(job) is { } line) await output.WriteLineAsync($" {line}");
            await Task.Delay(Period, TimeProvider.System, cancel);
        }

        await output.WriteLineAsync($"{training.Model}: {training.Outcome} (run {training.Run})");
        return training.State == "passed" ? 0 : 1;
    }
}
