using System.Globalization;
using System.Numerics;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>Scalars of a project file as SQL and as the text that DuckDB's cast to varchar gives.</summary>
internal static class Scalar
{
    public static string Sql(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        string text => DuckDbText.Literal(text),
        _ => Text(value),
    };

    /// <summary>A value as results hold it: numbers as they are, everything else that is no flag as text.</summary>
    public static object? Plain(object? value) => value switch
    {
        DateTime at => at.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        null or string or bool or sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal => value,
        Int128 large when large >= long.MinValue && large <= long.MaxValue => (long)large,
        Int128 or UInt128 or BigInteger => Bounds.Number(value),
        IReadOnlyDictionary<string, object?> => value,
        IEnumerable<object?> list => list.Select(Plain).ToList(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    public static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        double number when double.IsFinite(number) && number == Math.Floor(number) && Math.Abs(number) < 1e15 => number.ToString("0.0", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
