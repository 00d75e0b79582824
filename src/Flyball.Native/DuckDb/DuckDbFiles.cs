namespace Flyball.Native.DuckDb;

/// <summary>Files as relations of SQL. What a file says is in the file: the names of the folders it lies in are never columns of it, whatever they look like.</summary>
public static class DuckDbFiles
{
    // left alone, the engine takes a folder called a=b for a column that replaces the file's own
    private const string Plain = "hive_partitioning = false";

    /// <summary>Parquet files; with <paramref name="byName"/> a column that some of them lack is null there.</summary>
    /// <exception cref="ArgumentException">A path holds a NUL character.</exception>
    public static string Parquet(IEnumerable<string> paths, bool byName = false) => $"read_parquet({List(paths)}, union_by_name = {(byName ? "true" : "false")}, {Plain})";

    /// <inheritdoc cref="Parquet(IEnumerable{string}, bool)"/>
    public static string Parquet(string path) => Parquet([path]);

    /// <summary>Files of comma-separated values and their like, with further options as <c>name = value</c>.</summary>
    /// <exception cref="ArgumentException">A path holds a NUL character.</exception>
    public static string Csv(string path, params string[] options) => $"read_csv({List([path])}, {string.Join(", ", [Plain, .. options])})";

    /// <summary>Files of JSON, with further options as <c>name = value</c>.</summary>
    /// <exception cref="ArgumentException">A path holds a NUL character.</exception>
    public static string Json(IEnumerable<string> paths, params string[] options) => $"read_json({List(paths)}, {string.Join(", ", [Plain, .. options])})";

    private static string List(IEnumerable<string> paths) => $"[{string.Join(", ", paths.Select(DuckDbText.Literal))}]";
}
