using System.Security.Cryptography;
using System.Text;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>A new segment as a file on this machine, before it is stored.</summary>
/// <param name="Aside">What of its source was set aside; null for nothing.</param>
internal sealed record StagedSegment(string Path, Segment Segment, StagedAside? Aside = null);

/// <summary>Rows that were set aside, as a file on this machine.</summary>
internal sealed record StagedAside(string Path, long Rows, IReadOnlyDictionary<string, long> Reasons);

/// <summary>What every new version goes through, wherever its rows come from: expectations on what is new (on the whole where nothing is), a profile of the whole, storing.</summary>
internal static class VersionBuild
{
    public static async Task<DatasetContent> RunAsync(
        JobContext context, DuckDbConnection duck, DatasetSpec declared, IReadOnlyList<StagedSegment> fresh, IReadOnlyList<Segment> kept, IReadOnlyList<Column> sourceColumns, IReadOnlyList<string> notes, IReadOnlyDictionary<string, IReadOnlyList<string>> others, CancellationToken cancel)
    {
        context.Report(0.75, "checking expectations");
        var paths = new List<string>();
        foreach (var segment in kept) paths.Add(await context.Objects.LocalPathAsync(segment.Object, cancel));
        IReadOnlyList<string> judged = fresh.Count > 0 ? [.. fresh.Select(segment => segment.Path)] : paths;
        var relation = Relation(judged);
        var validation = new Suite(duck, relation, Describe(duck, relation), tables: await OtherTables.ViewAsync(context, duck, others, cancel), place: DuckDbFiles.Place(duck, judged)).Validate(declared.Expect);
        if (VolumeCheck.Judge(declared.Volume, [.. kept.Where(segment => !segment.IsTraffic).Select(segment => segment.Rows)], [.. fresh.Where(segment => !segment.Segment.IsTraffic).Select(segment => (segment.Segment.File, segment.Segment.Rows))]) is { } volume)
            validation = validation with { Results = [.. validation.Results, volume] };
        context.Report(0.85, "profiling");
        var all = Relation(paths.Concat(fresh.Select(segment => segment.Path)));
        var columns = Describe(duck, all);
        var profile = Profiler.Profile(duck, all, columns);
        context.Report(0.95, "storing");
        var segments = new List<Segment>(kept);
        foreach (var (path, segment, _) in fresh)
        {
            var stored = await context.Objects.PutFileAsync(path, cancel);
            segments.Add(segment with { Object = stored.Digest, Bytes = stored.Size });
        }

        return new DatasetContent([.. segments.OrderBy(segment => segment.File, StringComparer.Ordinal)], sourceColumns, columns, profile, validation, notes);
    }

    public static string Relation(IEnumerable<string> paths) => DuckDbFiles.Parquet(paths, byName: true);

    public static IReadOnlyList<Column> Describe(DuckDbConnection duck, string relation)
    {
        using var result = duck.Query($"describe select * from {relation}");
        return [.. result.Rows().Select(row => new Column((string)row[0]!, (string)row[1]!))];
    }
}

/// <summary>The digest of a version: what it holds, not when or by whom it was made.</summary>
internal static class VersionDigest
{
    public static string Of(IEnumerable<Segment> segments, IEnumerable<Column> columns) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', segments.Select(segment => segment.Object).Order(StringComparer.Ordinal).Concat(columns.Select(column => $"{column.Name} {column.Type}"))))));
}
