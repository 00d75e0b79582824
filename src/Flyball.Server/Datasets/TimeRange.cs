namespace Flyball.Server.Datasets;

/// <summary>The times that everything which reads a dataset can hold: the years 1 to 9999. The engine's own range is wider, and has infinities.</summary>
internal static class TimeRange
{
    /// <summary>SQL that is true for a timestamp within the range, false for one outside, and null for null.</summary>
    public static string Sql(string timestamp) => $"({timestamp}) between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999'";
}
