using System.Globalization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Server.Serving;

/// <summary>What a collection is to do: predictions that got their first label in (From, To], in microseconds.</summary>
internal sealed record CollectSpec(
    string Project, string Deployment, DatasetSpec Declared, string Parent, IReadOnlyList<Segment> Kept, IReadOnlyList<Column> Columns, IReadOnlyList<Column> SourceColumns,
    TrafficSegments Traffic, long From, long To, string Cause);

internal sealed record CollectResult(DatasetContent? Content, string Digest, long Rows);

/// <summary>Makes training data of labelled traffic: the rows as they were asked about, with what became known later.</summary>
internal sealed class CollectJob() : JobWork<CollectSpec, CollectResult>(Name)
{
    public const string Name = "collect";

    public override async Task<CollectResult> RunAsync(JobContext context, CollectSpec spec, CancellationToken cancel)
    {
        using var database = WorkerDuck.Open(context);
        using var duck = database.Connect();
        await using var stop = cancel.Register(duck.Interrupt);
        context.Report(0.1, "joining predictions and labels");
        var relation = await LabelledTraffic.RelationAsync(context, spec.Traffic, spec.Columns, spec.Declared.Label!.Name, spec.Declared.Time, spec.To, cancel);
        var path = Path.Combine(context.Scratch, "traffic.parquet");
        var time = DuckDbText.Quote(spec.Declared.Time);
        try
        {
            var taken = $"{relation} where _labelled > {Text(spec.From)} and _labelled <= {Text(spec.To)}";
            var columns = Columns(duck, spec, taken);
            // ids are random: by them the same traffic would give another order of rows, and another model
            duck.Execute($"copy (select {columns} from {taken} order by {time}, _row, _id) to {DuckDbText.Literal(path)} (format parquet, compression zstd)");
        }
        catch (DuckDbException wrong)
        {
            throw new JobFailedException($"The labelled traffic of {spec.Deployment} cannot be read: {wrong.Reason}");
        }

        using var bounds = duck.Query($"select count(*), min({time})::timestamp, max({time})::timestamp from read_parquet({DuckDbText.Literal(path)})");
        var row = bounds.Rows()[0];
        if ((long)row[0]! == 0) return new CollectResult(null, "", 0);
        var segment = new Segment($"traffic/{spec.Deployment}/{spec.To}", "", "", 0, (long)row[0]!, At(row[1]), At(row[2]));
        var notes = new[] { $"{segment.Rows:N0} labelled predictions of {spec.Deployment}, labelled until {Micros.Time(spec.To):yyyy-MM-dd HH:mm} UTC" };
        var content = await VersionBuild.RunAsync(context, duck, spec.Declared, [new StagedSegment(path, segment)], spec.Kept, spec.SourceColumns, notes, cancel);
        return new CollectResult(content, VersionDigest.Of(content.Segments, content.Columns), segment.Rows);
    }

    /// <summary>The dataset's columns; the label keeps its type where every truth fits it, and is a double where one does not.</summary>
    private static string Columns(DuckDbConnection duck, CollectSpec spec, string taken)
    {
        var label = spec.Columns.FirstOrDefault(column => column.Name.Equals(spec.Declared.Label!.Name, StringComparison.OrdinalIgnoreCase) && Profiler.IsNumeric(column));
        var fits = false;
        if (label is not null)
        {
            var name = DuckDbText.Quote(label.Name);
            using var result = duck.Query($"select coalesce(bool_and(coalesce(try_cast({name} as {label.Type})::double = {name}, {name} is null)), true) from {taken}");
            fits = (bool)result.Rows()[0][0]!;
        }

        return string.Join(", ", spec.Columns.Select(column => column == label && fits ? $"cast({DuckDbText.Quote(column.Name)} as {column.Type}) as {DuckDbText.Quote(column.Name)}" : DuckDbText.Quote(column.Name)));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset? At(object? value) => value is DateTime at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null;
}

/// <summary>Makes a version of what was collected.</summary>
internal sealed class CollectEffect(VersionWriter versions, Ids ids) : JobEffect<CollectSpec, CollectResult>(CollectJob.Name)
{
    public override async Task ApplyAsync(Tx tx, Job job, CollectSpec spec, CollectResult result)
    {
        if (result.Content is not { } content) return;
        var version = await versions.CreateAsync(tx, spec.Project, spec.Declared.Name, result.Digest, VersionOrigin.Traffic, content, [], spec.Parent, new Ref("job", job.Id), spec.Cause);
        await tx.ExecuteAsync(
            "insert into collections (id, deployment, dataset_version, label_from, label_to, rows) values (@id, @Deployment, @version, @From, @To, @Rows)",
            new { id = ids.New(), spec.Deployment, version = version.Id, spec.From, spec.To, result.Rows });
    }

    public override Task FailedAsync(Tx tx, Job job, CollectSpec spec, string error) => versions.FailedAsync(tx, spec.Project, spec.Declared.Name, error);
}
