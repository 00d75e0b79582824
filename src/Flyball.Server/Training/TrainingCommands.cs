using System.CommandLine;
using Flyball.Client;
using Flyball.Server.Hosting;

namespace Flyball.Server.Training;

internal static class TrainingCommands
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    public static IEnumerable<Command> All(Verbs verbs)
    {
        var project = new Argument<string>("project") { Description = "Name of the project." };
        var model = new Argument<string>("model") { Description = "Name of the model." };
        var reason = new Option<string>("--reason") { Description = "Kept with the training.", DefaultValueFactory = _ => "asked for by hand" };
        var train = new Command("train", "Trains a model on the newest version of its data, evaluates it against the champion and registers it.") { project, model, reason };
        verbs.Online(train, async (client, parsed, output, cancel) =>
        {
            var training = await client.StartTrainingAsync(parsed.GetRequiredValue(project), parsed.GetRequiredValue(model), new StartTraining(parsed.GetRequiredValue(reason)), cancel);
            return await FollowAsync(client, training, output, cancel);
        });
        yield return train;
    }

    private static async Task<int> FollowAsync(FlyballClient client, TrainingInfo training, TextWriter output, CancellationToken cancel)
    {
        for (var last = ""; training.State == "running"; training = await client.GetTrainingAsync(training.Id, cancel))
        {
            var job = await client.GetJobAsync(training.Job, cancel);
            var line = $"{job.Progress,5:P0}  {job.Message}";
            if (line != last) await output.WriteLineAsync(line);
            last = line;
            await Task.Delay(Period, TimeProvider.System, cancel);
        }

        await output.WriteLineAsync($"{training.Model}: {training.Outcome} (run {training.Run})");
        return training.State == "passed" ? 0 : 1;
    }
}
