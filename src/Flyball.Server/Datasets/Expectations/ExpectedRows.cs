using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>The rows that an expectation is about, for questions of its own.</summary>
/// <param name="relation">All rows of the suite, as SQL.</param>
/// <param name="placed">The same with their places.</param>
/// <param name="condition">SQL of those that count, or null.</param>
/// <param name="values">What the shared scan found of what was asked of it.</param>
internal sealed class ExpectedRows(DuckDbConnection duck, string relation, string placed, string? condition, object?[] values)
{
    /// <summary>The column of <see cref="InOrder"/> that holds a row's place among all rows, from 0 on.</summary>
    public const string Place = "_flyball_place";

    public DuckDbConnection Duck => duck;

    public object?[] Values => values;

    public string? Condition => condition;

    /// <summary>The rows, as SQL.</summary>
    public string Relation => condition is null ? relation : $"(select * from {relation} where {condition})";

    /// <summary>The rows with their places, as SQL.</summary>
    public string InOrder => condition is null ? placed : $"(select * from {placed} where {condition})";

    public IReadOnlyList<object?[]> Rows(string sql)
    {
        using var result = duck.Query(sql);
        return result.Rows();
    }

    public object?[] Row(string sql) => Rows(sql)[0];

    public long Number(string sql) => Convert.ToInt64(Row(sql)[0], CultureInfo.InvariantCulture);
}
