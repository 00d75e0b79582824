using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Datasets;
using Flyball.Server.Hosting;
using Flyball.Server.Projects;

namespace Flyball.Server.Replay;

internal static class BacktestCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var file = new Argument<string>("file") { Description = "The project file.", DefaultValueFactory = _ => "flyball.yaml" };
        var data = new Option<string?>("--data") { Description = "Folder that holds the source files, instead of the folder the file names." };
        var model = new Option<string?>("--model") { Description = "The model; the project's only one unless told otherwise." };
        var train = new Option<int?>("--train") { Description = "How many of the first files train the first version; a third unless told otherwise." };
        var backtest = new Command("backtest", "Tries the retraining policy on history: the first files train, the others arrive as traffic whose labels come later. Stored as a run.") { file, data, model, train };
        Verbs.Offline(backtest, async (parsed, output, cancel) =>
        {
            var plan = Plan(ProjectsCommands.Request(parsed.GetRequiredValue(file), parsed.GetValue(data)), parsed.GetValue(model), parsed.GetValue(train));
            // what would keep the result from being stored is told before the work
            if (parsed.GetValue(verbs.Url) is not { Length: > 0 }) DataDirectory.RefuseUnusable(Verbs.Named(parsed.GetRequiredValue(verbs.DataDir), "--data-dir"));
            var report = await new Backtest(plan, output.WriteLine).RunAsync(cancel);
            var text = report.Markdown();
            await output.WriteLineAsync();
            await output.WriteLineAsync(text);
            return await verbs.ConnectedAsync(parsed, [], async connection =>
            {
                var run = await StoreAsync(connection.Client, plan, report, text, cancel);
                await output.WriteLineAsync($"stored as run {run} of experiment {plan.File.Project}-backtests");
                return 0;
            }, cancel);
        });
        yield return backtest;
    }

    private static BacktestPlan Plan(ApplyProject request, string? named, int? train)
    {
        ProjectFile file;
        try
        {
            file = ProjectFileReader.Read(request.Yaml, request.FileName);
        }
        catch (ProjectFileException wrong)
        {
            throw new VerbException(wrong.Message);
        }

        var model = named is null ? file.Models is [var only] ? only : throw new VerbException($"The project has {file.Models.Count} models; name one with --model.") : file.Models.FirstOrDefault(known => known.Name == named) ?? throw new VerbException($"The project has no model '{named}'.");
        var pattern = ProjectStore.SourcePattern(file.Dataset(model.Train.Data), request.Folder, request.DataFolder);
        var files = SourceFiles.Find(pattern).Select(known => known.Path).ToList();
        if (files.Count < 2) throw new VerbException($"A backtest needs at least two source files, one to train on and one to replay; {(files.Count == 0 ? "none was" : "one was")} found for {Path.GetFileName(pattern)}. Give their folder with --data.");
        var first = train ?? Math.Max(1, files.Count / 3);
        return first >= 1 && first < files.Count ? new BacktestPlan(request.Yaml, request.FileName, file, model, files, first) : throw new VerbException($"--train takes 1 to {files.Count - 1} of the {files.Count} files.");
    }

    private static async Task<string> StoreAsync(FlyballClient client, BacktestPlan plan, BacktestReport report, string text, CancellationToken cancel)
    {
        var experiment = await client.EnsureExperimentAsync($"{plan.File.Project}-backtests", cancel);
        var run = await client.StartRunAsync(experiment, $"{plan.Model.Name}-{plan.Files.Count}-files", cancel);
        var metrics = new List<MetricValue>();
        void Log(string key, double value, DateTimeOffset at, long step)
        {
            if (double.IsFinite(value)) metrics.Add(new MetricValue(key, value, at, step));
        }

        for (var i = 0; i < report.Periods.Count; i++)
        {
            var period = report.Periods[i];
            Log("rmse", period.Loop.Rmse, period.To, i + 1);
            Log("rmse_never_retrained", period.Never.Rmse, period.To, i + 1);
            Log("rmse_every_period", period.Every.Rmse, period.To, i + 1);
            Log("alarms", period.Alarms, period.To, i + 1);
        }

        var end = report.Periods[^1].To;
        Log("total_rmse", report.Loop.Rmse, end, 0);
        Log("total_mae", report.Loop.Mae, end, 0);
        Log("against_never_retrained", report.AgainstNever.Estimate, end, 0);
        Log("against_every_period", report.AgainstEvery.Estimate, end, 0);
        Log("retrainings", report.Retrainings, end, 0);
        Log("seconds", report.Seconds, end, 0);
        await client.LogAsync(
            run, metrics,
            new Dictionary<string, string> { ["model"] = plan.Model.Name, ["train_files"] = plan.TrainFiles.ToString(CultureInfo.InvariantCulture), ["files"] = plan.Files.Count.ToString(CultureInfo.InvariantCulture) },
            new Dictionary<string, string> { ["flyball.kind"] = "backtest", ["flyball.project"] = plan.File.Project }, cancel);
        foreach (var (name, bytes) in new[] { ("backtest.json", JsonSerializer.SerializeToUtf8Bytes(report, Json.Options)), ("backtest.md", Encoding.UTF8.GetBytes(text)), ("flyball.yaml", Encoding.UTF8.GetBytes(plan.Yaml)) })
        {
            await client.LogArtifactAsync(experiment, run, name, new MemoryStream(bytes), cancel);
        }

        await client.EndRunAsync(run, well: true, cancel);
        return run;
    }
}
