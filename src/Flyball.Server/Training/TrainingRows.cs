using System.Globalization;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;
using Flyball.Server.Registry;

namespace Flyball.Server.Training;

/// <summary>The rows of a training: filtered, windowed, and split by time. Rows keep the order of their segments, so that the same version gives the same matrix.</summary>
/// <param name="Champion">Which fit of the champion is fairly measured on the held-out rows.</param>
internal sealed record TrainingRows(string Train, string Test, string All, DateTimeOffset From, DateTimeOffset TestFrom, DateTimeOffset To, ChampionFit Champion)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromDays(1);

    public static async Task<TrainingRows> OpenAsync(DuckDbConnection duck, TrainJobSpec spec, IReadOnlyList<FeatureDefinition> features, ObjectStore objects, CancellationToken cancel)
    {
        var paths = new List<string>();
        foreach (var segment in spec.Segments) paths.Add(await objects.LocalPathAsync(segment.Object, cancel));
        var (time, label) = (DuckDbText.Quote(spec.Data.Time), DuckDbText.Quote(spec.Data.Label!.Name));
        // an event that is yet to come, farther than time zones and clocks differ, has a wrong time; one such row would move the held-out stretch to where there are no others
        var filters = new List<string> { $"{label} is not null", $"isfinite({time}::timestamp)", $"{time}::timestamp <= {At(spec.Started.UtcDateTime + Tolerance)}" };
        if (spec.Data.Where is { } where) filters.Add($"(\n{where}\n)");
        if (spec.Data.TrainWhere is { } trainWhere) filters.Add($"(\n{trainWhere}\n)");
        try
        {
            duck.Execute($"create view complete as select * from {VersionBuild.Relation(paths)}");
            RequestRow.Check(duck, "complete", spec.Data, features);
            duck.Execute($"create view labelled as select * from complete where {string.Join(" and ", filters)}");
            using var bounds = duck.Query($"select min({time})::timestamp, max({time})::timestamp from labelled");
            var row = bounds.Rows()[0];
            if (row[1] is not DateTime last) throw new JobFailedException("There are no rows to train on: the filters leave none.");
            var from = spec.Model.Retrain is { Window: WindowKind.Sliding, WindowLength: { } length } ? Later((DateTime)row[0]!, last - length) : (DateTime)row[0]!;
            var split = last - spec.Model.Train.Test;
            if (split <= from) throw new JobFailedException($"The rows span {(last - from).TotalDays:0.#} days; a held-out stretch of {spec.Model.Train.Test.TotalDays:0.#} days leaves none to train on. Shorten split.test.");
            (split, var fit) = Fair(spec, split, last);
            return new TrainingRows(
                $"(from labelled where {time} >= {At(from)} and {time} < {At(split)})", $"(from labelled where {time} >= {At(split)})", $"(from labelled where {time} >= {At(from)})", Utc(from), Utc(split), Utc(last), fit);
        }
        catch (DuckDbException wrong)
        {
            throw new JobFailedException($"The rows cannot be selected: {wrong.Reason}");
        }
    }

    /// <summary>
    /// Rows that the champion has learned from would flatter it. What it has not seen is held out, if that is enough to judge by; otherwise its judged fit is measured, which has not seen what its own gates held out.
    /// </summary>
    private static (DateTime Split, ChampionFit Fit) Fair(TrainJobSpec spec, DateTime split, DateTime last)
    {
        var enough = spec.Model.Train.Test / 4;
        if (spec.Champion?.FittedTo is not { UtcDateTime: var served } || served <= split) return (split, ChampionFit.Served);
        if (last - served > enough) return (served, ChampionFit.Served);
        if (spec.Champion.JudgedTo is { UtcDateTime: var judged } && last - judged > enough) return (Later(split, judged), ChampionFit.Judged);
        return (split, ChampionFit.Favoured);
    }

    private static DateTime Later(DateTime left, DateTime right) => left > right ? left : right;

    private static DateTimeOffset Utc(DateTime at) => new(DateTime.SpecifyKind(at, DateTimeKind.Utc));

    private static string At(DateTime at) => $"timestamp '{at.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'";
}
