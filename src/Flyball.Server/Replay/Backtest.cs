using System.Diagnostics;
using System.Globalization;
using Flyball.Client;
using Flyball.Numerics;
using Flyball.Server.Hosting;
using Flyball.Server.Projects;
using Flyball.Server.Serving;

namespace Flyball.Server.Replay;

/// <summary>What a backtest is to replay: one model of a project on source files in order of time; the first <paramref name="TrainFiles"/> train, the others arrive as traffic.</summary>
internal sealed record BacktestPlan(string Yaml, string FileName, ProjectFile File, ModelSpec Model, IReadOnlyList<string> Files, int TrainFiles);

/// <summary>
/// Replays history through two sandboxes: one runs the project's own policy, the other retrains after every file. The first version of the one is the model that is never retrained.
/// All three score the same rows by the code that serves them.
/// </summary>
internal sealed class Backtest(BacktestPlan plan, Action<string> tell)
{
    /// <summary>So many journal entries are asked for at once.</summary>
    private const int Page = 1000;

    private readonly DatasetSpec dataset = plan.File.Dataset(plan.Model.Train.Data);
    private readonly List<ReplayErrors> days = [];

    public async Task<BacktestReport> RunAsync(CancellationToken cancel)
    {
        var started = Stopwatch.StartNew();
        var first = plan.Files.Take(plan.TrainFiles).ToList();
        var start = ReplayPeriod.Read(first[^1], dataset).End;
        tell($"training on {string.Join(", ", first.Select(Path.GetFileNameWithoutExtension))}");
        await using var loop = await BeginAsync(plan.Yaml, first, start, cancel);
        await using var every = await BeginAsync(ProjectVariant.EveryTime(plan.Yaml, plan.Model.Name), first, start, cancel);
        var never = Champion(loop);
        var delay = plan.Model.Monitor.Performance?.LabelsWithin ?? TimeSpan.FromDays(1);
        var traffic = new ReplayTraffic(loop.Clock, loop.Server, plan.Model.Name, delay);
        var (periods, everyRetrainings, end) = (new List<BacktestPeriod>(), 0, start);
        for (var i = plan.TrainFiles; i < plan.Files.Count; i++)
        {
            if (i > plan.TrainFiles)
            {
                // by now the file before is complete, and so is its training
                every.Clock.AdvanceTo(end);
                await every.AddAsync([plan.Files[i - 1]], cancel);
                everyRetrainings++;
            }

            var period = ReplayPeriod.Read(plan.Files[i], dataset);
            if (period.Days[0].Start < end) throw new VerbException($"{period.Name} begins before the file before it ends; a backtest needs files in order of time, in the order of their names.");
            var left = (plan.Files.Count - i) * started.Elapsed / i;
            tell($"{period.Name}: {period.Days.Sum(day => day.Rows.Count):N0} requests over {period.Days.Count} days (about {left.TotalSeconds:0} s to go)");
            periods.Add(await ReplayAsync(period, loop, traffic, never, Champion(every), last: i == plan.Files.Count - 1, cancel));
            end = period.End;
        }

        var total = Sum(days);
        var retrainings = (await loop.Client.ListTrainingsAsync(plan.File.Project, plan.Model.Name, cancel)).Count - 1;
        return new BacktestReport(
            plan.File.Project, plan.Model.Name, [.. first.Select(file => Path.GetFileNameWithoutExtension(file))], periods, total.Loop, total.Never, total.Every, retrainings, everyRetrainings,
            BlockBootstrap.RatioOfRmse([.. days.Select(day => day.AgainstNever)], seed: 1), BlockBootstrap.RatioOfRmse([.. days.Select(day => day.AgainstEvery)], seed: 1), started.Elapsed.TotalSeconds);
    }

    private async Task<Sandbox> BeginAsync(string yaml, IReadOnlyList<string> files, DateTimeOffset start, CancellationToken cancel)
    {
        var sandbox = await Sandbox.StartAsync(start, cancel);
        try
        {
            await sandbox.AddAsync(files, cancel);
            await sandbox.Client.ApplyAsync(new ApplyProject(yaml, plan.FileName, sandbox.Sources, sandbox.Sources), cancel);
            await sandbox.QuietAsync(cancel);
            if (sandbox.Service<Gateway>().TryFind(plan.Model.Name) is not null) return sandbox;
            var journal = await sandbox.Client.ReadJournalAsync(plan.File.Project, 0, 1000, cancel);
            throw new VerbException($"The first training gave no champion: {string.Join("; ", journal.TakeLast(3).Select(Sentences.Of))}.");
        }
        catch
        {
            await sandbox.DisposeAsync();
            throw;
        }
    }

    private async Task<BacktestPeriod> ReplayAsync(ReplayPeriod period, Sandbox loop, ReplayTraffic traffic, ServedModel never, ServedModel every, bool last, CancellationToken cancel)
    {
        var before = await LastEntryAsync(loop, cancel);
        var (errors, refused, champions, rows) = (new List<ReplayErrors>(), new Dictionary<string, long>(), new List<int>(), 0L);
        foreach (var day in period.Days)
        {
            var answer = await traffic.PredictAsync(day, cancel);
            rows += day.Rows.Count;
            if (champions.Count == 0 || champions[^1] != answer.Model.Version) champions.Add(answer.Model.Version);
            foreach (var row in answer.Refused) refused[row.Reason] = refused.GetValueOrDefault(row.Reason) + 1;
            errors.Add(Errors(day, answer, RowScoring.Score(never.Package, day.Rows), RowScoring.Score(every.Package, day.Rows)));
        }

        // what follows from a period's last labels belongs to it, unless the next begins at once
        if (last) await traffic.FinishAsync(period.End, plan.Model.Monitor.Every, cancel);
        else await traffic.PassAsync(period.End, cancel);
        days.AddRange(errors);
        var entries = new List<JournalEntryInfo>();
        while (await loop.Client.ReadJournalAsync(plan.File.Project, before, Page, cancel) is [.., var newest] page)
        {
            entries.AddRange(page.Where(entry => Told(entry.Type)));
            before = newest.Seq;
        }

        foreach (var entry in entries) tell($"  {entry.At:yyyy-MM-dd}  {Sentences.Of(entry)}");
        var windows = new List<MonitorWindowInfo>();
        for (var end = period.End; await loop.Client.ListWindowsAsync(plan.Model.Name, "drift", end, cancel) is [.., var earliest] page && page[0].To > period.Days[0].Start; end = earliest.From) windows.AddRange(page);
        var drifted = windows.Where(window => window.To > period.Days[0].Start)
            .SelectMany(window => window.Result.GetProperty("features").EnumerateArray().Where(feature => feature.GetProperty("drifted").GetBoolean()).Select(feature => feature.GetProperty("name").GetString()!)).Distinct().Order(StringComparer.Ordinal);
        var sum = Sum(errors);
        return new BacktestPeriod(
            period.Name, period.Days[0].Start, period.End, rows, refused, sum.Rows, string.Join(" → ", champions), sum.Loop, sum.Never, sum.Every, [.. drifted],
            entries.Count(entry => entry.Type == "monitoring.alarm-raised"), [.. entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.At:yyyy-MM-dd} {Sentences.Of(entry)}"))]);
    }

    private static ReplayErrors Errors(ReplayDay day, Predictions loop, ScoredRows never, ScoredRows every)
    {
        var (errors, first, fresh) = (new ReplayErrors(), Spread(day, never), Spread(day, every));
        for (var row = 0; row < day.Rows.Count; row++)
        {
            var (label, a, b, c) = (day.Labels[row], loop.Values[row], first[row], fresh[row]);
            if (day.Kept[row] && !double.IsNaN(label) && !double.IsNaN(a) && !double.IsNaN(b) && !double.IsNaN(c)) errors.Add(label, a, b, c);
        }

        return errors;
    }

    private static double[] Spread(ReplayDay day, ScoredRows scored)
    {
        var all = new double[day.Rows.Count];
        Array.Fill(all, double.NaN);
        for (var i = 0; i < scored.Kept.Length; i++) all[scored.Kept[i]] = scored.Scores[i];
        return all;
    }

    private static ReplayErrors Sum(IEnumerable<ReplayErrors> parts)
    {
        var sum = new ReplayErrors();
        foreach (var part in parts) sum.Add(part);
        return sum;
    }

    private static bool Told(string type) => type.StartsWith("monitoring.", StringComparison.Ordinal) || type is "retraining.decided" or "training.finished" or "training.failed" or "deployment.changed" or "deployment.refused";

    private static async Task<long> LastEntryAsync(Sandbox sandbox, CancellationToken cancel)
    {
        var last = 0L;
        while ((await sandbox.Client.ReadJournalAsync(null, last, Page, cancel)) is [.., var entry]) last = entry.Seq;
        return last;
    }

    private ServedModel Champion(Sandbox sandbox) => sandbox.Service<Gateway>().Find(plan.Model.Name);
}
