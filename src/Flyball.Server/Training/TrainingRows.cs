using System.Globalization;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Server.Training;

/// <summary>The rows of a training: filtered, windowed, and split by time. Rows keep the order of their segments, so that the same version gives the same matrix.</summary>
internal sealed record TrainingRows(string Train, string Test, string All, DateTimeOffset From, DateTimeOffset TestFrom, DateTimeOffset To)
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
            // rows that the champion was fitted on would flatter it: what it has not seen is held out, if that is enough to judge by
            if (spec.Champion?.FittedTo is { UtcDateTime: var seen } && seen > split && last - seen > spec.Model.Train.Test / 4) split = seen;
            return new TrainingRows(
                $"(from labelled where {time} >= {At(from)} and {time} < {At(split)})", $"(from labelled where {time} >= {At(split)})", $"(from labelled where {time} >= {At(from)})", Utc(from), Utc(split), Utc(last));
        }
        catch (DuckDbException wrong)
        {
            throw new JobFailedException($"The rows cannot be selected: {wrong.Reason}");
        }
    }

    private static DateTime Later(DateTime left, DateTime right) => left > right ? left : right;

    private static DateTimeOffset Utc(DateTime at) => new(DateTime.SpecifyKind(at, DateTimeKind.Utc));

    private static string At(DateTime at) => $"timestamp '{at.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'";
}
