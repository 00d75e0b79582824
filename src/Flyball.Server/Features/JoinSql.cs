using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Server.Features;

/// <summary>Lists of columns as SQL.</summary>
internal static class JoinSql
{
    public static string Quote(Column column) => DuckDbText.Quote(column.Name);

    public static string Quote(string column) => DuckDbText.Quote(column);

    public static string List(IEnumerable<string> columns, string of = "") => string.Join(", ", columns.Select(column => of + column));

    /// <summary>What follows other columns, and may be nothing.</summary>
    public static string Also(IEnumerable<string> columns, string of = "") => string.Concat(columns.Select(column => $", {of}{column}"));

    public static string All(IEnumerable<string> columns, Func<string, string> condition) => string.Join(" and ", columns.Select(condition));
}
