using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary>Files that a verb was given, as one relation in an engine that reads nothing else.</summary>
/// <param name="Relation">SQL.</param>
/// <param name="Bytes">Size of the files together.</param>
internal sealed record GivenFiles(DuckDbConnection Duck, string Relation, IReadOnlyList<Column> Columns, IReadOnlyList<string> Paths, long Bytes)
{
    /// <summary>What the argument of a verb says that takes files.</summary>
    public const string Told = "Files, or patterns with * and **: Parquet, CSV or JSON, also as .gz or .zst.";

    /// <summary>Reads files, or those that patterns name; columns of one name are one column.</summary>
    /// <exception cref="VerbException">There is no such file, or one cannot be read.</exception>
    public static T Read<T>(IEnumerable<string> patterns, Func<GivenFiles, T> read)
    {
        var found = patterns.SelectMany(pattern => SourceFiles.Find(pattern) is { Count: > 0 } files ? files : throw new VerbException($"There is no file {pattern}.")).DistinctBy(file => file.Path, StringComparer.Ordinal).ToList();
        var paths = found.ConvertAll(file => file.Path);
        var scratch = Directory.CreateTempSubdirectory("flyball-files-").FullName;
        try
        {
            using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { TempDirectory = scratch, LockDown = true, AllowedFolders = [scratch], AllowedFiles = paths });
            using var duck = database.Connect();
            var relation = Of(duck, paths);
            return read(new GivenFiles(duck, relation, VersionBuild.Describe(duck, relation), paths, found.Sum(file => file.Bytes)));
        }
        catch (JobFailedException wrong)
        {
            throw new VerbException(wrong.Message.Replace(" Nothing of this ingest was kept.", "", StringComparison.Ordinal));
        }
        catch (DuckDbException wrong)
        {
            throw new VerbException(wrong.Reason);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static string Of(DuckDbConnection duck, List<string> paths)
    {
        if (paths.TrueForAll(path => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase))) return DuckDbFiles.Parquet(paths, byName: true);
        var readers = paths.ConvertAll(path => SourceFiles.Open(duck, path, []).Reader);
        return readers.Count == 1 ? readers[0] : $"({string.Join(" union all by name ", readers.Select(reader => $"select * from {reader}"))})";
    }
}
