using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Microsoft.Extensions.FileSystemGlobbing;

namespace Flyball.Server.Datasets;

/// <summary>The files that a source pattern names, in name order.</summary>
internal static class SourceFiles
{
    private static readonly string[] Lenient = ["strict_mode = false"];

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

    /// <summary>
    /// How DuckDB reads a file, and its columns. A text file has no types: where its values fit those that the dataset has already, they are taken for them,
    /// whatever this file alone would suggest.
    /// </summary>
    public static (string Reader, IReadOnlyList<Column> Columns) Open(DuckDbConnection duck, string path, IReadOnlyList<Column> known, string? name = null)
    {
        name ??= Path.GetFileName(path);
        var (reader, isText, isCsv) = Reader(path, name);
        // a line alone would be taken for a row without a header
        if (isCsv && Path.GetExtension(name) is not (".gz" or ".zst") && !HoldsRows(path)) throw new JobFailedException($"{name} holds no rows. Nothing of this ingest was kept.");
        var found = VersionBuild.Describe(duck, reader);
        Names(name, found);
        if (!isText || known.Count == 0) return (reader, found);
        string? Known(Column column) => known.FirstOrDefault(old => old.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase))?.Type;
        var texts = found.Where(column => column.Type != "VARCHAR" && Known(column) is { } type && !SourceColumns.Agree(type, column.Type)).ToList();
        if (isCsv && texts.Count > 0)
        {
            reader = Reader(path, name, $"types = {{{string.Join(", ", texts.Select(column => $"{DuckDbText.Literal(column.Name)}: 'VARCHAR'"))}}}").Reader;
            found = VersionBuild.Describe(duck, reader);
        }

        return (reader, [.. found.Select(column => column.Type is "VARCHAR" or "JSON" && Known(column) is { } type && type != column.Type && Holds(duck, reader, column.Name, type) ? column with { Type = type } : column)]);
    }

    /// <summary>Refuses names that cannot stand in SQL.</summary>
    private static void Names(string file, IReadOnlyList<Column> found)
    {
        if (found.FirstOrDefault(column => column.Name.Contains('\0', StringComparison.Ordinal)) is { } column) throw new JobFailedException($"{file}: the column '{Refusal.Shown(column.Name)}' has a NUL character in its name; call it something else. Nothing of this ingest was kept.");
    }

    private static bool HoldsRows(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4096];
        if (file.Length > start.Length) return true;
        var text = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)].Trim("\r\n\t "u8);
        return text.ContainsAny((byte)'\n', (byte)'\r');
    }

    /// <summary>Whether lines end with CR and LF and the last one with LF alone, as where a line was appended: the engine takes such a file only when it is not strict.</summary>
    private static bool EndsOtherwise(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> part = stackalloc byte[4096];
        if (!part[..file.ReadAtLeast(part, part.Length, throwOnEndOfStream: false)].Contains((byte)'\n') || file.Length < 2) return false;
        var line = part.IndexOf((byte)'\n');
        if (line < 1 || part[line - 1] != '\r') return false;
        file.Seek(-2, SeekOrigin.End);
        return file.ReadAtLeast(part[..2], 2, throwOnEndOfStream: false) == 2 && part[0] != '\r' && part[1] == '\n';
    }

    private static bool Holds(DuckDbConnection duck, string reader, string column, string type)
    {
        var quoted = DuckDbText.Quote(column);
        using var misfits = duck.Query($"select count(*) from {reader} where {quoted} is not null and try_cast({quoted} as {type}) is null");
        return misfits.Scalar<long>() == 0;
    }

    /// <param name="file">The name by whose ending it is known how to read what lies at the path.</param>
    private static (string Reader, bool IsText, bool IsCsv) Reader(string path, string file, params string[] options)
    {
        var compression = Path.GetExtension(file).ToLowerInvariant() switch { ".gz" => "gzip", ".zst" => "zstd", _ => null };
        var name = compression is null ? file : Path.GetFileNameWithoutExtension(file);
        string[] more = compression is null ? [] : [$"compression = '{compression}'"];
        return Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".csv" or ".tsv" or ".txt" => (DuckDbFiles.Csv(path, ["sample_size = 100000", .. more, .. compression is null && EndsOtherwise(path) ? Lenient : [], .. options]), true, true),
            ".json" or ".ndjson" or ".jsonl" => (DuckDbFiles.Json([path], ["maximum_depth = 16", .. more]), true, false),
            ".parquet" => (DuckDbFiles.Parquet(path), false, false),
            var other => throw new JobFailedException($"{file} is of no kind that can be read ({other}); use Parquet, CSV or JSON."),
        };
    }
}
