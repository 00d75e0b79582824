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
    public string? Place => NamedFiles.AreParquet(Paths) ? DuckDbFiles.Place(Duck, Paths) : null;

    /// <inheritdoc cref="Read{T}(IEnumerable{string}, IReadOnlyList{ValueTuple{string, string}}, Func{GivenFiles, T}, CancellationToken)"/>
    public static T Read<T>(IEnumerable<string> patterns, Func<GivenFiles, T> read, CancellationToken cancel) => Read(patterns, [], read, cancel);

    /// <summary>Reads files, or those that patterns name; columns of one name are one column.</summary>
    /// <param name="tables">Other tables that are views of their names.</param>
    /// <exception cref="VerbException">There is no such file, or one cannot be read.</exception>
    public static T Read<T>(IEnumerable<string> patterns, IReadOnlyList<(string Name, string Pattern)> tables, Func<GivenFiles, T> read, CancellationToken cancel)
    {
        var (paths, others) = (NamedFiles.Find(patterns), tables.Select(table => (table.Name, Paths: NamedFiles.Find([table.Pattern]))).ToList());
        return NamedFiles.With<T>(
            [.. paths, .. others.SelectMany(other => other.Paths)],
            duck =>
            {
                var relation = NamedFiles.Relation(duck, paths);
                foreach (var (name, files) in others) duck.Execute($"create temporary view {DuckDbText.Quote(name)} as select * from {NamedFiles.Relation(duck, files)}");
                return read(new GivenFiles(duck, relation, VersionBuild.Describe(duck, relation), paths, paths.Sum(path => new FileInfo(path).Length), others.ToDictionary(other => other.Name, other => DuckDbText.Quote(other.Name))));
            },
            cancel);
    }
}
