using System.Security.Cryptography;
using System.Text;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>Reads new source files into segments, validates what is new and profiles the whole. All files are taken or none.</summary>
internal sealed class IngestJob() : JobWork<IngestSpec, IngestResult>(Name)
{
    public const string Name = "ingest";

    public override async Task<IngestResult> RunAsync(JobContext context, IngestSpec spec, CancellationToken cancel)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { TempDirectory = context.Scratch });
        using var duck = database.Connect();
        await using var stop = cancel.Register(duck.Interrupt);
        var required = Required(duck, spec);
        var (columns, notes, staged, kept) = (spec.SourceColumns, new List<string>(), new List<StagedSegment>(), new List<Segment>());
        for (var i = 0; i < spec.Files.Count; i++)
        {
            var file = spec.Files[i];
            context.Report(0.7 * i / spec.Files.Count, $"reading {file.Name} ({i + 1} of {spec.Files.Count})");
            var digest = await DigestAsync(file, cancel);
            if (spec.Known.FirstOrDefault(segment => segment.SourceDigest == digest) is { } known)
            {
                kept.Add(known);
                continue;
            }

            columns = Stage(duck, spec, file, digest, columns, required, notes, staged, Path.Combine(context.Scratch, $"segment-{i}.parquet"));
        }

        if (staged.Count == 0) return new IngestResult(null, "", 0, []);
        context.Report(0.75, "checking expectations");
        var fresh = Relation(staged.Select(segment => segment.Path));
        var segmentColumns = Describe(duck, fresh);
        var validation = new Suite(duck, fresh, segmentColumns).Validate(spec.Declared.Expect);
        context.Report(0.85, "profiling");
        foreach (var segment in kept) staged.Insert(0, new StagedSegment(await context.Objects.LocalPathAsync(segment.Object, cancel), segment));
        var all = Relation(staged.Select(segment => segment.Path));
        var allColumns = Describe(duck, all);
        var profile = Profiler.Profile(duck, all, allColumns);
        context.Report(0.95, "storing");
        var segments = new List<Segment>();
        foreach (var (path, segment) in staged)
        {
            if (segment.Object.Length > 0) segments.Add(segment);
            else
            {
                var stored = await context.Objects.PutFileAsync(path, cancel);
                segments.Add(segment with { Object = stored.Digest, Bytes = stored.Size });
            }
        }

        segments = [.. segments.OrderBy(segment => segment.File, StringComparer.Ordinal)];
        var content = new DatasetContent(segments, columns, allColumns, profile, validation, notes);
        return new IngestResult(content, VersionDigest.Of(segments, allColumns), segments.Sum(segment => segment.Rows), [.. spec.Files.Where(file => !kept.Any(segment => segment.File == file.Name)).Select(file => file.Name)]);
    }

    internal static string Relation(IEnumerable<string> paths) => $"read_parquet([{string.Join(", ", paths.Select(DuckDbText.Literal))}], union_by_name=true)";

    internal static IReadOnlyList<Column> Describe(DuckDbConnection duck, string relation)
    {
        using var result = duck.Query($"describe select * from {relation}");
        return [.. result.Rows().Select(row => new Column((string)row[0]!, (string)row[1]!))];
    }

    private static IReadOnlyList<Column> Stage(
        DuckDbConnection duck, IngestSpec spec, SourceFile file, string digest, IReadOnlyList<Column> columns, IReadOnlyDictionary<string, string> required, List<string> notes, List<StagedSegment> staged, string path)
    {
        try
        {
            var reader = Reader(file.Path);
            var found = Describe(duck, reader);
            // with a transform the project's expressions read its output; the sources are then its own affair
            columns = SourceColumns.Merge(columns, found, spec.Declared.Transform is null ? required : new Dictionary<string, string>(), file.Name, notes);
            var select = string.Join(", ", columns.Select(column => SourceColumns.Fits(column, found)
                ? $"cast({DuckDbText.Quote(column.Name)} as {column.Type}) as {DuckDbText.Quote(column.Name)}"
                : $"cast(null as {column.Type}) as {DuckDbText.Quote(column.Name)}"));
            var relation = $"(select {select} from {reader})";
            if (spec.Declared.Transform is { } transform)
            {
                relation = $"(with source as {relation} select * from ({transform}))";
                _ = SourceColumns.Merge([], Describe(duck, relation), required, $"{file.Name} after the transform", []);
            }

            var label = spec.Declared.Label is { } declared ? $", ({declared.Sql}) as {DuckDbText.Quote(declared.Name)}" : "";
            duck.Execute($"copy (select *{label} from {relation}) to {DuckDbText.Literal(path)} (format parquet, compression zstd)");
            var time = DuckDbText.Quote(spec.Declared.Time);
            using var bounds = duck.Query($"select count(*), min({time})::timestamp, max({time})::timestamp from read_parquet({DuckDbText.Literal(path)})");
            var row = bounds.Rows()[0];
            if ((long)row[0]! == 0) throw new JobFailedException($"{file.Name} holds no rows. Nothing of this ingest was kept.");
            AllNull(duck, file, path, required);
            staged.Add(new StagedSegment(path, new Segment(file.Name, digest, "", 0, (long)row[0]!, At(row[1]), At(row[2]))));
            return columns;
        }
        catch (DuckDbException broken)
        {
            throw new JobFailedException($"{file.Name} cannot be read: {broken.Reason.Replace(file.Path, file.Name, StringComparison.Ordinal).Replace(path, "its segment", StringComparison.Ordinal)} Nothing of this ingest was kept.");
        }
    }

    private static void AllNull(DuckDbConnection duck, SourceFile file, string path, IReadOnlyDictionary<string, string> required)
    {
        if (required.Count == 0) return;
        using var result = duck.Query($"select {string.Join(", ", required.Keys.Select(name => $"count({DuckDbText.Quote(name)})"))} from read_parquet({DuckDbText.Literal(path)})");
        var counts = result.Rows()[0];
        var empty = required.Where((_, i) => (long)counts[i]! == 0).ToList();
        if (empty.Count > 0) throw new JobFailedException($"{file.Name}: column {empty[0].Key}, which {empty[0].Value} reads, is null in every row. Nothing of this ingest was kept.");
    }

    private static Dictionary<string, string> Required(DuckDbConnection duck, IngestSpec spec)
    {
        var required = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [spec.Declared.Time] = "the dataset's time" };
        foreach (var (use, sql) in spec.Expressions)
        {
            foreach (var column in SqlColumns.Of(duck, sql))
            {
                if (!column.Equals(spec.Declared.Label?.Name, StringComparison.OrdinalIgnoreCase)) required.TryAdd(column, use);
            }
        }

        return required;
    }

    private static string Reader(string path)
    {
        var literal = DuckDbText.Literal(path);
        var name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ? Path.GetFileNameWithoutExtension(path) : path;
        return Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".csv" or ".tsv" or ".txt" => $"read_csv({literal}, sample_size=100000)",
            ".json" or ".ndjson" or ".jsonl" => $"read_json({literal})",
            ".parquet" => $"read_parquet({literal})",
            var other => throw new JobFailedException($"{Path.GetFileName(path)} is of no kind that can be read ({other}); use Parquet, CSV or JSON."),
        };
    }

    private static async Task<string> DigestAsync(SourceFile file, CancellationToken cancel)
    {
        try
        {
            await using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true);
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
        }
        catch (FileNotFoundException)
        {
            throw new JobFailedException($"{file.Name} disappeared while it was being read.");
        }
    }

    private static DateTimeOffset? At(object? value) => value is DateTime at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null;

    private sealed record StagedSegment(string Path, Segment Segment);
}

/// <summary>The digest of a version: what it holds, not when or by whom it was made.</summary>
internal static class VersionDigest
{
    public static string Of(IEnumerable<Segment> segments, IEnumerable<Column> columns) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', segments.Select(segment => segment.Object).Order(StringComparer.Ordinal).Concat(columns.Select(column => $"{column.Name} {column.Type}"))))));
}
