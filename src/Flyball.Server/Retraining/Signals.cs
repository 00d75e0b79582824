using System.Collections.Concurrent;
using System.Globalization;
using Flyball.Foundation;
using Flyball.Server.Datasets;
using Flyball.Server.Monitoring;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Flyball.Server.Training;

namespace Flyball.Server.Retraining;

/// <summary>Reads what may be a reason to train, in the order of urgency: the first training, an error alarm, new files, changed code, the schedule.</summary>
internal sealed class Signals(Db db, TimeProvider time)
{
    /// <summary>Git is asked at most this often, by the wall clock.</summary>
    private static readonly TimeSpan CodeEvery = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (CodeState State, long Asked)> codes = new();

    public async Task<IReadOnlyList<RetrainSignal>> ReadAsync(Project project, ModelSpec model, IReadOnlyList<TrainingRun> history, CancellationToken cancel)
    {
        var signals = new List<RetrainSignal>();
        // a training that failed has taught nothing; it is begun again when something is different
        var (newest, learnedFrom, files, alarm, champion) = await db.ReadAsync(
            async tx =>
            {
                var learnedFrom = (await TrainingsSql.LearnedFromAsync(tx, project.Name, model.Name)).ToHashSet(StringComparer.Ordinal);
                // a version that differs in what is expected of its rows alone teaches nothing new
                var learned = (await DatasetsSql.DigestsAsync(tx, project.Name, model.Train.Data)).Find(version => learnedFrom.Contains(version.Id));
                return (
                    await DatasetsSql.LatestUsableAsync(tx, project.Name, model.Train.Data), learnedFrom, await DatasetsSql.NewFilesAsync(tx, project.Name, model.Train.Data, learned.Number, learned.Digest),
                    await MonitoringSql.OpenAsync(tx, model.Name, MonitorKind.Performance), await Registry.Models.ByAliasAsync(tx, model.Name, Aliases.Champion));
            },
            cancel);
        if (newest is null) return [];
        if (learnedFrom.Count == 0)
        {
            var why = history.Count == 0 ? $"{model.Name} has never been trained and {newest.Name} is there" : $"no training of {model.Name} has succeeded, and {(history.Any(training => training.DatasetVersion == newest.Id) ? "its project file" : newest.Name)} is new";
            return [new RetrainSignal(TriggerKind.First, why, $"{newest.Event}/{project.Revision}", newest.Event)];
        }

        if (alarm is not null && alarm.Version == champion?.Version) signals.Add(new RetrainSignal(TriggerKind.Performance, alarm.Message, alarm.LastEvent, alarm.LastEvent));
        if (files is not null)
        {
            signals.Add(new RetrainSignal(TriggerKind.NewData, string.Create(CultureInfo.InvariantCulture, $"{files.Name} is new: {files.Rows:N0} rows"), $"{files.Event}/{project.Revision}", files.Event));
        }

        if (model.Retrain.On.Any(trigger => trigger.Kind == TriggerKind.CodeChange) && await CodeAsync(project.Folder, cancel) is { Commit: { } commit } && history[0].Code is { } before && before != commit)
        {
            signals.Add(new RetrainSignal(TriggerKind.CodeChange, $"the project's folder is at commit {commit[..Math.Min(10, commit.Length)]}; the last training was at {before[..Math.Min(10, before.Length)]}", $"code:{commit}", project.Event));
        }

        foreach (var trigger in model.Retrain.On.Where(trigger => trigger.Schedule is not null))
        {
            var since = history[0].Created > project.Applied ? history[0].Created : project.Applied;
            if (CronSchedule.Parse(trigger.Schedule!).Next(since) is { } due && due <= time.GetUtcNow())
            {
                signals.Add(new RetrainSignal(TriggerKind.Schedule, $"the schedule {trigger.Schedule} came due at {due:yyyy-MM-dd HH:mm} UTC", $"schedule:{due:O}", project.Event));
            }
        }

        return signals;
    }

    private async Task<CodeState> CodeAsync(string folder, CancellationToken cancel)
    {
        var now = TimeProvider.System.GetTimestamp();
        if (codes.TryGetValue(folder, out var known) && TimeProvider.System.GetElapsedTime(known.Asked, now) < CodeEvery) return known.State;
        var state = await CodeState.OfAsync(folder, cancel);
        codes[folder] = (state, now);
        return state;
    }
}
