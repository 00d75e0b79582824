using System.Globalization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Server.Serving;

/// <summary>Predictions that got their first label in (From, To], in microseconds, and the file among a version's segments that they are in or come to be in.</summary>
internal sealed record CollectWindow(string File, long From, long To)
{
    public static CollectWindow Of(string deployment, long from, long to) => new($"traffic/{deployment}/{to.ToString(CultureInfo.InvariantCulture)}", from, to);
}

/// <summary>What a collection is to do: take the predictions of a new window, and those of earlier windows again where a label was corrected since.</summary>
internal sealed record CollectSpec(
    string Project, string Deployment, DatasetSpec Declared, string Parent, IReadOnlyList<Segment> Kept, IReadOnlyList<Column> Columns, IReadOnlyList<Column> SourceColumns,
    TrafficSegments Traffic, CollectWindow Window, IReadOnlyList<CollectWindow> Earlier, LabelEpochs Epochs, IReadOnlyDictionary<string, IReadOnlyList<string>> Others, string Cause);

internal sealed record CollectResult(DatasetContent? Content, string Digest, long Rows);

/// <summary>Makes training data of labelled traffic: the rows as they were asked about, with what became known later.</summary>
internal sealed class CollectJob() : JobWork<CollectSpec, CollectResult>(Name)
{
    public const string Name = "collect";

    public override async Task<CollectResult> RunAsync(JobContext context, CollectSpec spec, CancellationToken cancel)
    {
        using var database = await WorkerDuck.OpenAsync(context, spec.Traffic.Objects.Concat(spec.Kept.Select(segment => segment.Object)).Concat(spec.Others.Values.SelectMany(objects => objects)), [], cancel);
        using var duck = database.Connect();
        await using var stop = cancel.Register(duck.Interrupt);
        context.Report(0.1, "joining predictions and labels");
        var (until, time) = (spec.Window.To, spec.Declared.Time);
        var relation = await LabelledTraffic.RelationAsync(context, spec.Traffic, spec.Columns, spec.Declared.Label!.Name, time, new TruthsAsked(until, spec.Epochs, spec.Window.From), cancel);
        var (staged, notes) = (new List<StagedSegment>(), new List<string>());
        try
        {
            var fresh = Stage(duck, spec, relation, spec.Window, Path.Combine(context.Scratch, "traffic.parquet"));
            if (fresh.Segment.Rows > 0)
            {
                staged.Add(fresh);
                notes.Add($"{fresh.Segment.Rows:N0} labelled predictions of {spec.Deployment}, labelled until {Micros.Time(until):yyyy-MM-dd HH:mm} UTC");
            }

            var corrected = spec.Earlier.Count == 0 ? [] : Corrected(duck, relation, spec.Window.From);
            foreach (var window in spec.Earlier)
            {
                if (corrected.Where(row => row.Labelled > window.From && row.Labelled <= window.To).Sum(row => row.Count) is not (> 0 and var count)) continue;
                staged.Add(Stage(duck, spec, relation, window, Path.Combine(context.Scratch, $"traffic-{staged.Count}.parquet")));
                notes.Add($"labels of {spec.Deployment} that were corrected among those collected until {Micros.Time(window.To):yyyy-MM-dd HH:mm} UTC: {count:N0}");
            }
        }
        catch (DuckDbException wrong)
        {
            throw new JobFailedException($"The labelled traffic of {spec.Deployment} cannot be read: {wrong.Reason}");
        }

        if (staged.Count == 0) return new CollectResult(null, "", 0);
        var kept = spec.Kept.Where(segment => !staged.Exists(other => other.Segment.File == segment.File)).ToList();
        var content = await VersionBuild.RunAsync(context, duck, spec.Declared, staged, kept, spec.SourceColumns, notes, spec.Others, cancel);
        return new CollectResult(content, VersionDigest.Of(content.Segments, content.Columns), staged.Where(segment => segment.Segment.File == spec.Window.File).Sum(segment => segment.Segment.Rows));
    }

    private static StagedSegment Stage(DuckDbConnection duck, CollectSpec spec, string relation, CollectWindow window, string path)
    {
        var (time, taken) = (DuckDbText.Quote(spec.Declared.Time), $"{relation} where {In(window)}");
        var columns = Columns(duck, spec, taken);
        // ids are random: by them the same traffic would give another order of rows, and another model
        duck.Execute($"copy (select {columns} from {taken} order by {time}, _flyball_row, _flyball_id) to {DuckDbText.Literal(path)} (format parquet, compression zstd)");
        using var bounds = duck.Query($"select count(*), min({time})::timestamp, max({time})::timestamp from {DuckDbFiles.Parquet(path)}");
        var row = bounds.Rows()[0];
        return new StagedSegment(path, new Segment(window.File, "", "", 0, (long)row[0]!, At(row[1]), At(row[2]), DatasetRecipe.OfLabel(spec.Declared)));
    }

    /// <summary>How many predictions have another label than they had when the newest window began, by the time (µs) at which they were first labelled.</summary>
    private static List<(long Labelled, long Count)> Corrected(DuckDbConnection duck, string relation, long until)
    {
        using var found = duck.Query($"select _flyball_labelled, count(*) from {relation} where _flyball_corrected and _flyball_labelled <= {Text(until)} group by _flyball_labelled");
        return [.. found.Rows().Select(row => ((long)row[0]!, (long)row[1]!))];
    }

    private static string In(CollectWindow window) => $"_flyball_labelled > {Text(window.From)} and _flyball_labelled <= {Text(window.To)}";

    /// <summary>The dataset's columns; the label keeps its type where every truth fits it, and is a double where one does not.</summary>
    private static string Columns(DuckDbConnection duck, CollectSpec spec, string taken)
    {
        var label = spec.Columns.FirstOrDefault(column => column.Name.Equals(spec.Declared.Label!.Name, StringComparison.OrdinalIgnoreCase) && ColumnTypes.IsNumeric(column));
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
        if (result.Content is not { } content)
        {
            await versions.UnchangedAsync(tx, spec.Project, spec.Declared.Name);
            return;
        }

        var version = await versions.CreateAsync(tx, spec.Project, spec.Declared.Name, result.Digest, VersionOrigin.Traffic, content, [], spec.Parent, new Ref("job", job.Id), spec.Cause);
        await tx.ExecuteAsync(
            "insert into collections (id, deployment, dataset, label, dataset_version, label_from, label_to, rows) values (@id, @Deployment, @dataset, @label, @version, @From, @To, @Rows)",
            new { id = ids.New(), spec.Deployment, dataset = spec.Declared.Name, label = DatasetRecipe.OfLabel(spec.Declared), version = version.Id, spec.Window.From, spec.Window.To, result.Rows });
    }

    public override Task FailedAsync(Tx tx, Job job, CollectSpec spec, string error) => versions.FailedAsync(tx, spec.Project, spec.Declared.Name, error);
}
