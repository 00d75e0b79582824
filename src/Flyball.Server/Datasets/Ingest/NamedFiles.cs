using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary>Files that a verb reads by itself, without a server or a project: Parquet, CSV or JSON, several as one relation by the names of their columns.</summary>
internal static class NamedFiles
{
    /// <summary>The paths of all files that the patterns name, each once.</summary>
    /// <exception cref="VerbException">A pattern names none.</exception>
    public static List<string> Find(IEnumerable<string> patterns) =>
        [.. patterns.SelectMany(pattern => SourceFiles.Find(Verbs.Named(pattern, "The name of a file")) is { Count: > 0 } found ? found : throw new VerbException($"There is no file {Refusal.Shown(pattern)}.")).Select(file => file.Path).Distinct(StringComparer.Ordinal)];

    public static bool AreParquet(IReadOnlyList<string> paths) => paths.All(path => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase));

    /// <summary>Files as one relation of SQL; a column that some of them lack is null there.</summary>
    public static string Relation(DuckDbConnection duck, IReadOnlyList<string> paths)
    {
        if (AreParquet(paths)) return DuckDbFiles.Parquet(paths, byName: true);
        var readers = paths.Select(path => SourceFiles.Open(duck, path, []).Reader).ToList();
        return readers.Count == 1 ? readers[0] : $"({string.Join(" union all by name ", readers.Select(reader => $"select * from {reader}"))})";
    }

    /// <summary>Does <paramref name="work"/> with an engine that reads and writes these files and its scratch folder, and nothing else.</summary>
    /// <exception cref="VerbException">The engine refused, in its own words.</exception>
    /// <exception cref="OperationCanceledException">The work was interrupted.</exception>
    public static T With<T>(IReadOnlyList<string> paths, Func<DuckDbConnection, T> work, CancellationToken cancel)
    {
        var scratch = Directory.CreateTempSubdirectory("flyball-files-").FullName;
        try
        {
            using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { TempDirectory = scratch, LockDown = true, AllowedFolders = [scratch], AllowedFiles = paths });
            using var duck = database.Connect();
            using var interrupted = cancel.Register(duck.Interrupt);
            cancel.ThrowIfCancellationRequested();
            return work(duck);
        }
        catch (JobFailedException wrong)
        {
            throw new VerbException(wrong.Message.Replace(" Nothing of this ingest was kept.", "", StringComparison.Ordinal));
        }
        catch (DuckDbException wrong)
        {
            cancel.ThrowIfCancellationRequested();
            throw new VerbException(wrong.Reason);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
