using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Hosting;
using Flyball.Server.Projects;
using Flyball.Server.Serving;

namespace Flyball.Server.Replay;

/// <summary>The rows of one day as requests, with what became known of each later: the label (NaN where there is none) and whether <c>train_where</c> keeps the row.</summary>
internal sealed record ReplayDay(DateTimeOffset Start, RequestRows Rows, double[] Labels, bool[] Kept)
{
    public DateTimeOffset End => Start.AddDays(1);
}

/// <summary>One stretch of history, from one source file, day by day in order. A row whose time lies far outside its file arrives on the file's first or last day.</summary>
internal sealed record ReplayPeriod(string Name, IReadOnlyList<ReplayDay> Days)
{
    public DateTimeOffset End => Days[^1].End;

    /// <summary>Reads a source file as production would have seen it: without the columns that are known later, without the label.</summary>
    public static ReplayPeriod Read(string path, DatasetSpec dataset)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        try
        {
            var relation = SourceFiles.Open(duck, path, []).Reader;
            if (dataset.Transform is { } transform) relation = $"(with source as (select * from {relation}) select * from (\n{transform}\n))";
            var (time, label) = (DuckDbText.Quote(dataset.Time), dataset.Label!);
            var fields = VersionBuild.Describe(duck, relation).Where(column => !dataset.KnownLater.Contains(column.Name, StringComparer.OrdinalIgnoreCase) && !column.Name.Equals(label.Name, StringComparison.OrdinalIgnoreCase))
                .Select(column => $"{DuckDbText.Quote(column.Name)} := {DuckDbText.Quote(column.Name)}");
            duck.Execute($"create table events as select {time}::timestamp as at, cast({DuckDbText.Quote(label.Name)} as double) as truth, coalesce((\n{dataset.TrainWhere ?? "true"}\n), false) as kept, to_json(struct_pack({string.Join(", ", fields)}))::varchar as request from (select *, (\n{label.Sql}\n) as {DuckDbText.Quote(label.Name)} from {relation}) where {time} is not null");
            using var rows = duck.Query(
                """
                with bounds as (select date_trunc('day', quantile_disc("at", 0.002)) as first, date_trunc('day', quantile_disc("at", 0.998)) + interval 1 day as last from events),
                  arrivals as (select least(greatest("at", first), last - interval 1 microsecond) as "at", truth, kept, request from events, bounds)
                select epoch_us(date_trunc('day', "at")), coalesce(truth, 'nan'::double), kept, request from arrivals order by "at", request
                """);
            var days = new List<ReplayDay>();
            foreach (var day in Rows(rows).GroupBy(row => row.Day)) days.Add(Day(Micros.Time(day.Key), [.. day]));
            if (days.Count == 0) throw new VerbException($"{Path.GetFileName(path)} holds no rows.");
            return new ReplayPeriod(Path.GetFileNameWithoutExtension(path), days);
        }
        catch (DuckDbException wrong)
        {
            throw new VerbException($"{Path.GetFileName(path)} cannot be replayed: {wrong.Reason}");
        }
    }

    private static IEnumerable<(long Day, double Truth, bool Kept, byte[] Request)> Rows(DuckDbResult result)
    {
        foreach (var chunk in result.Chunks())
        {
            for (var row = 0; row < chunk.Count; row++) yield return (chunk[0].AsLong(row), chunk[1].AsDouble(row), chunk[2].AsLong(row) != 0, System.Text.Encoding.UTF8.GetBytes(chunk[3].String(row)));
        }
    }

    private static ReplayDay Day(DateTimeOffset start, IReadOnlyList<(long Day, double Truth, bool Kept, byte[] Request)> events)
    {
        var rows = new RequestRows(events.Sum(row => row.Request.Length));
        foreach (var row in events) rows.AddLine(row.Request);
        return new ReplayDay(start, rows, [.. events.Select(row => double.IsFinite(row.Truth) ? row.Truth : double.NaN)], [.. events.Select(row => row.Kept)]);
    }
}
