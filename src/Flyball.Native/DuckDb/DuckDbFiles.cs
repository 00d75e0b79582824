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

    /// <summary>SQL over <see cref="Parquet(IEnumerable{string}, bool)"/> of the same files: a row's place among all rows of them, from 0 on. Null where a column of theirs is called like those that the engine has for it.</summary>
    /// <exception cref="DuckDbException">A file is no Parquet file.</exception>
    public static string? Place(DuckDbConnection duck, IReadOnlyList<string> paths)
    {
        using var named = duck.Query($"select count(*) from parquet_schema({List(paths)}) where lower(name) in ('file_row_number', 'file_index')");
        if (named.Scalar<long>() > 0) return null;
        if (paths.Count == 1) return "file_row_number";
        using var counted = duck.Query($"select file_name, num_rows from parquet_file_metadata({List(paths)})");
        var rows = counted.Rows().ToDictionary(row => (string)row[0]!, row => Convert.ToInt64(row[1], System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);
        var (starts, start) = (new List<long>(), 0L);
        foreach (var path in paths)
        {
            if (!rows.TryGetValue(path, out var count)) return null;
            starts.Add(start);
            start += count;
        }

        return $"(file_row_number + [{string.Join(", ", starts)}][(file_index + 1)::bigint])";
    }

    /// <summary>Files of comma-separated values and their like, with further options as <c>name = value</c>.</summary>
    /// <exception cref="ArgumentException">A path holds a NUL character.</exception>
    public static string Csv(string path, params string[] options) => $"read_csv({List([path])}, {string.Join(", ", [Plain, .. options])})";

    /// <summary>Files of JSON, with further options as <c>name = value</c>.</summary>
    /// <exception cref="ArgumentException">A path holds a NUL character.</exception>
    public static string Json(IEnumerable<string> paths, params string[] options) => $"read_json({List(paths)}, {string.Join(", ", [Plain, .. options])})";

    private static string List(IEnumerable<string> paths) => $"[{string.Join(", ", paths.Select(DuckDbText.Literal))}]";
}
