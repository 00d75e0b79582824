using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>The rows that an expectation is about, for questions of its own.</summary>
/// <param name="relation">All rows of the suite, as SQL.</param>
/// <param name="condition">SQL of those that count, or null.</param>
internal sealed class ExpectedRows(DuckDbConnection duck, string relation, string? condition)
{
    /// <summary>The column of <see cref="InOrder"/> that holds a row's place among all rows, from 0 on.</summary>
    public const string Place = "_flyball_place";

    public DuckDbConnection Duck => duck;

    /// <summary>The rows, as SQL.</summary>
    public string Relation => condition is null ? relation : $"(select * from {relation} where {condition})";

    /// <summary>The rows with their places, as SQL.</summary>
    public string InOrder => $"(select * from (select *, row_number() over () - 1 as \"{Place}\" from {relation}){(condition is null ? "" : $" where {condition}")})";

    public IReadOnlyList<object?[]> Rows(string sql)
    {
        using var result = duck.Query(sql);
        return result.Rows();
    }

    public object?[] Row(string sql) => Rows(sql)[0];

    public long Number(string sql) => Convert.ToInt64(Row(sql)[0], CultureInfo.InvariantCulture);
}
