using System.Diagnostics;
using System.Globalization;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Hosting;
using Flyball.Server.Registry;
using Flyball.Server.Serving;

namespace Flyball.Server.Replay;

/// <summary>How a demo ended: whether the loop closed, and what was missing where it did not.</summary>
internal sealed record DemoOutcome(bool Closed, IReadOnlyList<string> Missing);

/// <summary>
/// The whole loop on a seeded city, told in the terminal: history, first model, traffic, a bridge that closes, alarms, retraining, recovery. Only the clock and the city are made up;
/// everything else is the server that runs live.
/// </summary>
internal sealed class Demo(FlyballServer server, FlyballClient client, ReplayTime clock, string sources, ulong seed, TextWriter output)
{
    public const string Project = "city-trips";
    public const string Model = "trip-minutes";

    private const int TripsPerDay = 3000;
    private const int HistoryDays = 14;
    private const int StableDays = 6;
    private const int ClosedDays = 9;
    private const int Width = 30;
    private static readonly TimeSpan LabelDelay = TimeSpan.FromHours(12);

    /// <summary>Day one of the traffic; a multiple of the analysis window.</summary>
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddDays(20_460);

    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly List<JournalEntryInfo> story = [];
    private readonly City city = new(seed, Start.AddDays(StableDays));
    private long told;

    /// <summary>When the story was interrupted.</summary>
    private DateTimeOffset? interrupted;

    /// <summary>When the server's clock is to stand when it starts.</summary>
    public static DateTimeOffset Beginning => Start;

    public static string Yaml()
    {
        using var stream = typeof(Demo).Assembly.GetManifestResourceStream("demo.yaml")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Tells the story, from where it was interrupted if it was: days that are over are not sent again, and those that may not have arrived whole count once however often they are sent.</summary>
    public async Task<DemoOutcome> RunAsync(CancellationToken cancel)
    {
        await RecallAsync(cancel);
        Heading("History", $"{HistoryDays} days of a city, {HistoryDays * TripsPerDay:N0} trips, with the dirt that real data has");
        WriteHistory();
        await client.ApplyAsync(new ApplyProject(Yaml(), "flyball.yaml", sources, sources), cancel);
        Heading("First model", "data checked, features computed, model trained, judged by its gates, registered, deployed");
        await QuietAsync(cancel);
        if (server.Service<Gateway>().TryFind(Model) is null) return new DemoOutcome(false, ["the first training gave no champion"]);

        Heading("Traffic", $"{TripsPerDay:N0} requests a day; what really happened is known half a day later");
        var traffic = new ReplayTraffic(clock, server, Model, LabelDelay, named: true);
        for (var day = 0; day < StableDays; day++) await DayAsync(traffic, day, cancel);
        Heading("The bridge closes", "trips across the river take a detour; nobody tells the model");
        for (var day = StableDays; day < StableDays + ClosedDays; day++) await DayAsync(traffic, day, cancel);
        await traffic.FinishAsync(Start.AddDays(StableDays + ClosedDays), TimeSpan.FromDays(1), cancel);
        await TellAsync(cancel);
        return Judge();
    }

    /// <summary>The chain of causes that ends in the present champion, oldest first.</summary>
    public async Task WhyAsync(CancellationToken cancel)
    {
        var champion = (await client.ListAliasesAsync(Model, cancel)).First(alias => alias.Alias == Aliases.Champion);
        Heading($"Why is version {champion.Version} in production?", $"`flyball why {Model}`");
        foreach (var entry in (await client.WhyAsync(Model, cancel)).Reverse()) await output.WriteLineAsync($"  {entry.At:MM-dd HH:mm}  {Sentences.Of(entry)}");
    }

    /// <summary>Keeps a little traffic going, so that the pages live.</summary>
    public async Task KeepGoingAsync(CancellationToken cancel)
    {
        clock.Release();
        server.Service<Loops>().Release();
        var (gateway, labels) = (server.Service<Gateway>(), server.Service<Labels>());
        var waiting = new Queue<(string Id, double Label)>();
        for (var round = 0; ; round++)
        {
            foreach (var trip in city.Day(clock.GetUtcNow().AddSeconds(round).Date is var day ? new DateTimeOffset(day, TimeSpan.Zero).AddDays(round) : default, 20))
            {
                var rows = new RequestRows();
                rows.AddLine(City.Request(trip));
                var answer = await gateway.PredictAsync(gateway.Find(Model), rows, requestId: null, partly: true);
                if (answer.Ids[0].Length > 0) waiting.Enqueue((answer.Ids[0], trip.Minutes));
                if (waiting.Count > 20) await labels.AppendAsync(Model, [waiting.Dequeue()]);
                await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, cancel);
            }
        }
    }

    /// <summary>Reads what has happened before an interruption, and sets the clock to it.</summary>
    private async Task RecallAsync(CancellationToken cancel)
    {
        for (IReadOnlyList<JournalEntryInfo> page; (page = await client.ReadJournalAsync(Project, told, 1000, cancel)).Count > 0; told = page[^1].Seq) story.AddRange(page);
        if (story.Count == 0) return;
        interrupted = story[^1].At;
        clock.AdvanceTo(story[^1].At);
        await output.WriteLineAsync($"Going on where it was interrupted, at {story[^1].At:MM-dd HH:mm}.");
    }

    /// <summary>The file is there whole or not at all.</summary>
    private void WriteHistory()
    {
        var path = Path.Combine(sources, "trips_history.parquet");
        if (File.Exists(path)) return;
        city.WriteHistory(path + ".part", Start.AddDays(-HistoryDays), HistoryDays, TripsPerDay);
        File.Move(path + ".part", path);
    }

    private async Task DayAsync(ReplayTraffic traffic, int number, CancellationToken cancel)
    {
        if (interrupted is { } then && Start.AddDays(number + 1) + LabelDelay < then) return;
        var day = city.Requests(Start.AddDays(number), TripsPerDay);
        var answer = await traffic.PredictAsync(day, cancel);
        await TellAsync(cancel);
        var squares = Enumerable.Range(0, answer.Values.Length).Where(row => !double.IsNaN(answer.Values[row])).Select(row => Math.Pow(answer.Values[row] - day.Labels[row], 2)).ToList();
        var rmse = Math.Sqrt(squares.Average());
        var (done, all) = (number + 1, StableDays + ClosedDays);
        var left = watch.Elapsed * ((double)(all - done) / (done + 4));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  day {done,2} of {all}  v{answer.Model.Version}  error {rmse,5:0.0} min {Bar(rmse),-Width}  {(left.TotalSeconds > 1 ? $"about {left.TotalSeconds:0} s to go" : "")}").TrimEnd());
    }

    private async Task QuietAsync(CancellationToken cancel)
    {
        var quiet = server.Service<Loops>().UntilQuietAsync(cancel);
        while (!quiet.IsCompleted)
        {
            await Task.WhenAny(quiet, Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, cancel));
            await TellAsync(cancel);
        }

        await quiet;
        await TellAsync(cancel);
    }

    private async Task TellAsync(CancellationToken cancel)
    {
        foreach (var entry in await client.ReadJournalAsync(Project, told, 1000, cancel))
        {
            (told, var silent) = (entry.Seq, entry.Type.StartsWith("run.", StringComparison.Ordinal) || entry.Type is "project.applied" or "model.version-registered");
            story.Add(entry);
            if (!silent) await output.WriteLineAsync($"  {entry.At:MM-dd HH:mm}  {Sentences.Of(entry)}");
        }
    }

    /// <summary>What must have happened for the loop to be closed, from the journal alone.</summary>
    private DemoOutcome Judge()
    {
        bool Any(string type, Func<JournalEntryInfo, bool> which) => story.Exists(entry => entry.Type == type && which(entry));
        string Text(JournalEntryInfo entry, string name) => entry.Data.TryGetProperty(name, out var value) ? value.ToString() : "";
        var missing = new List<string>();
        void Need(bool seen, string what)
        {
            if (!seen) missing.Add(what);
        }

        Need(Any("monitoring.alarm-raised", entry => Text(entry, "kind") == "drift"), "no drift alarm");
        Need(Any("monitoring.alarm-raised", entry => Text(entry, "kind") == "performance"), "no error alarm");
        Need(Any("retraining.decided", entry => Text(entry, "trigger") == "performance" && Text(entry, "trains") == "True"), "no decision to retrain because of the error");
        Need(Any("training.finished", entry => Text(entry, "version") is not ("" or "1") && Text(entry, "passed") == "True"), "no challenger passed the gates");
        Need(Any("deployment.changed", entry => Text(entry, "version") is not ("" or "1")), "no challenger took over");
        Need(Any("monitoring.alarm-cleared", entry => Text(entry, "kind") == "performance" && Text(entry, "version") is not ("" or "1")), "the error did not fall again");
        return new DemoOutcome(missing.Count == 0, missing);
    }

    private void Heading(string title, string what) => output.WriteLine($"\n{title}: {what}");

    private static string Bar(double rmse) => new('█', Math.Clamp((int)Math.Round(rmse), 1, Width));
}
