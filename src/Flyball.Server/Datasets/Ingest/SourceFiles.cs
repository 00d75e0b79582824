using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Microsoft.Extensions.FileSystemGlobbing;

namespace Flyball.Server.Datasets;

/// <summary>The files that a source pattern names, in name order.</summary>
internal static class SourceFiles
{
    public static IReadOnlyList<SourceFile> Find(string pattern)
    {
        var full = Path.GetFullPath(pattern);
        var fixedPart = Path.GetDirectoryName(full[..((full.IndexOf('*') is var star and >= 0 ? star : full.Length))])!;
        if (!Directory.Exists(fixedPart)) return [];
        var matcher = new Matcher(StringComparison.Ordinal).AddInclude(Path.GetRelativePath(fixedPart, full));
        return
        [
            .. matcher.GetResultsInFullPath(fixedPart).Select(path => new FileInfo(path))
                .Select(file => new SourceFile(Path.GetRelativePath(fixedPart, file.FullName), file.FullName, file.Length, file.LastWriteTimeUtc.Ticks))
                .OrderBy(file => file.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>How DuckDB reads a file, by its ending.</summary>
    public static string Reader(string path)
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
}
