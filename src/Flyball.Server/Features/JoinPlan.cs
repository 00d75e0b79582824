using Flyball.Native.DuckDb;

namespace Flyball.Server.Features;

/// <summary>
/// A join as statements for one connection, whose engine keeps the order of rows (as it does unless told otherwise). They make temporary tables, and ask nothing of the files that is not in the order they are in.
/// </summary>
/// <param name="Prepare">Run in turn before anything else.</param>
/// <param name="Rows">The query of the result: every row asked for, once, in its order, with its columns and its features.</param>
/// <param name="Counts">Per view a query of how many rows found one, none, or only one that had expired.</param>
/// <param name="Tables">The temporary tables that are left.</param>
internal sealed record JoinPlan(IReadOnlyList<string> Prepare, string Rows, IReadOnlyList<(string View, string Sql)> Counts, IReadOnlyList<string> Tables)
{
    /// <summary>Finds the features and writes the rows to a Parquet file.</summary>
    /// <exception cref="DuckDbException">The engine refused, or was interrupted.</exception>
    public (long Rows, IReadOnlyList<JoinCounts> Counts) Write(DuckDbConnection duck, string path)
    {
        foreach (var statement in Prepare) duck.Execute(statement);
        var rows = duck.Execute($"copy ({Rows}) to {DuckDbText.Literal(path)} (format parquet, compression zstd, use_tmp_file false)");
        var counts = Counts.Select(one => Count(duck, one.View, one.Sql)).ToList();
        foreach (var table in Tables) duck.Execute($"drop table {table}");
        return (rows, counts);
    }

    public static JoinCounts Count(DuckDbConnection duck, string view, string sql)
    {
        using var result = duck.Query(sql);
        return result.Rows()[0] is [var found, var none, var expired] ? new JoinCounts(view, (long)found!, (long)none!, (long)expired!) : throw new InvalidOperationException("a count has three columns");
    }
}
