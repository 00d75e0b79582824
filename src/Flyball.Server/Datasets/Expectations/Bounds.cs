using System.Globalization;
using System.Numerics;

namespace Flyball.Server.Datasets;

/// <summary>The bounds that an observed value must keep; each may be absent, and strict ones are not values themselves.</summary>
internal sealed record Bounds(object? Min, object? Max, bool StrictMin, bool StrictMax)
{
    /// <exception cref="ExpectationException">The lower bound is above the upper.</exception>
    public static Bounds Of(Arguments arguments)
    {
        var bounds = Whatever(arguments);
        if (bounds is { Min: { } low, Max: { } high })
        {
            if ((low is string) != (high is string)) throw arguments.Wrong("max_value", "of the same kind as min_value");
            if (low is string ? Compare(Moment(low) ?? low, Moment(low) is null ? high : Moment(high) ?? high) > 0 : Compare(low, high) > 0) throw new ExpectationException("min_value cannot be greater than max_value");
        }

        return bounds;
    }

    /// <summary>Bounds of which the lower may be above the upper: no value keeps them then.</summary>
    public static Bounds Whatever(Arguments arguments) => new(arguments["min_value"], arguments["max_value"], arguments.Flag("strict_min"), arguments.Flag("strict_max"));

    /// <summary>Whether an observed value keeps the bounds; what is absent does not.</summary>
    /// <exception cref="ExpectationException">It cannot be compared with them.</exception>
    public bool Hold(object? observed) => observed is not null and not double.NaN
        && (Min is null || Compare(observed, Min) is var low && (StrictMin ? low > 0 : low >= 0))
        && (Max is null || Compare(observed, Max) is var high && (StrictMax ? high < 0 : high <= 0));

    /// <summary>Bounds of a value of SQL.</summary>
    /// <param name="bound">A bound as SQL.</param>
    public string Sql(string value, Func<object, string> bound)
    {
        var parts = new List<string>();
        if (Min is { } min) parts.Add($"{value} {(StrictMin ? ">" : ">=")} {bound(min)}");
        if (Max is { } max) parts.Add($"{value} {(StrictMax ? "<" : "<=")} {bound(max)}");
        return parts.Count == 0 ? "true" : string.Join(" and ", parts);
    }

    private static int Compare(object one, object other)
    {
        if (one is string text && other is string with) return string.CompareOrdinal(text, with);
        if (one is DateTime at) return at.CompareTo(Moment(other) ?? throw Incomparable(one, other));
        if (one is DateOnly day) return day.ToDateTime(TimeOnly.MinValue).CompareTo(Moment(other) ?? throw Incomparable(one, other));
        if (Number(one) is { } number && Number(other) is { } bound) return number.CompareTo(bound);
        throw Incomparable(one, other);
    }

    private static DateTime? Moment(object value) => value switch
    {
        DateTime at => at,
        DateOnly day => day.ToDateTime(TimeOnly.MinValue),
        string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) => at.UtcDateTime,
        _ => null,
    };

    public static double? Number(object? value) => value switch
    {
        null or string => null,
        bool flag => flag ? 1 : 0,
        Int128 large => (double)large,
        UInt128 large => (double)large,
        BigInteger large => (double)large,
        IConvertible number and not (DateTime or char) => Convert.ToDouble(number, CultureInfo.InvariantCulture),
        _ => null,
    };

    private static ExpectationException Incomparable(object one, object other) => new($"Error: {Scalar.Text(Scalar.Plain(one))} cannot be compared with {(other is string ? $"the text '{other}'" : Scalar.Text(other))}.");
}
