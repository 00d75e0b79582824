using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary>Files that a verb was given, as one relation in an engine that reads nothing else.</summary>
/// <param name="Relation">SQL.</param>
/// <param name="Bytes">Size of the files together.</param>
/// <param name="Tables">Other tables by name, as SQL.</param>
internal sealed record GivenFiles(DuckDbConnection Duck, string Relation, IReadOnlyList<Column> Columns, IReadOnlyList<string> Paths, long Bytes, IReadOnlyDictionary<string, string> Tables)
{
    /// <summary>What the argument of a verb says that takes files.</summary>
    public const string Told = "Files, or patterns with * and **: Parquet, CSV or JSON, also as .gz or .zst.";

    /// <summary>SQL of a row's place among all rows, from 0 on, where the files tell it.</summary>
    public string? Place => AreParquet(Paths) ? DuckDbFiles.Place(Duck, Paths) : null;

    /// <inheritdoc cref="Read{T}(IEnumerable{string}, IReadOnlyList{ValueTuple{string, string}}, Func{GivenFiles, T})"/>
    public static T Read<T>(IEnumerable<string> patterns, Func<GivenFiles, T> read) => Read(patterns, [], read);

    /// <summary>Reads files, or those that patterns name; columns of one name are one column.</summary>
    /// <exception cref="VerbException">There is no such file, or one cannot be read.</exception>
    /// <param name="tables">Other tables that are views of their names.</param>
    public static T Read<T>(IEnumerable<string> patterns, IReadOnlyList<(string Name, string Pattern)> tables, Func<GivenFiles, T> read)
    {
        var found = Find(patterns);
        var others = tables.Select(table => (table.Name, Paths: Find([table.Pattern]).ConvertAll(file => file.Path))).ToList();
        var paths = found.ConvertAll(file => file.Path);
        var scratch = Directory.CreateTempSubdirectory("flyball-files-").FullName;
        try
        {
            using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { TempDirectory = scratch, LockDown = true, AllowedFolders = [scratch], AllowedFiles = [.. paths, .. others.SelectMany(other => other.Paths)] });
            using var duck = database.Connect();
            var relation = Of(duck, paths);
            foreach (var (name, files) in others) duck.Execute($"create temporary view {DuckDbText.Quote(name)} as select * from {Of(duck, files)}");
            return read(new GivenFiles(duck, relation, VersionBuild.Describe(duck, relation), paths, found.Sum(file => file.Bytes), others.ToDictionary(other => other.Name, other => DuckDbText.Quote(other.Name))));
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

    private static List<SourceFile> Find(IEnumerable<string> patterns) =>
        [.. patterns.SelectMany(pattern => SourceFiles.Find(pattern) is { Count: > 0 } files ? files : throw new VerbException($"There is no file {pattern}.")).DistinctBy(file => file.Path, StringComparer.Ordinal)];

    private static bool AreParquet(IReadOnlyList<string> paths) => paths.All(path => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase));

    private static string Of(DuckDbConnection duck, List<string> paths)
    {
        if (AreParquet(paths)) return DuckDbFiles.Parquet(paths, byName: true);
        var readers = paths.ConvertAll(path => SourceFiles.Open(duck, path, []).Reader);
        return readers.Count == 1 ? readers[0] : $"({string.Join(" union all by name ", readers.Select(reader => $"select * from {reader}"))})";
    }
}
