namespace Flyball.Server.Features;

/// <summary>Times of every type that is one, made comparable: those without a zone are UTC.</summary>
internal static class JoinTimes
{
    private const string Nanoseconds = "TIMESTAMP_NS";
    private const string Zoned = "TIMESTAMP WITH TIME ZONE";

    public static bool IsTime(string type) => type is "DATE" or "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" or Nanoseconds or Zoned or JoinKeys.NoType;

    /// <summary>Whether times of these types are compared in nanoseconds.</summary>
    public static bool AreFine(params IEnumerable<string?> types) => types.Contains(Nanoseconds);

    /// <summary>SQL of a time as TIMESTAMP in UTC, or as TIMESTAMP_NS where it is compared with one. There, what lies outside the years 1677 to 2262 counts as their end.</summary>
    public static string Sql(string time, string type, bool fine)
    {
        var utc = type switch
        {
            "TIMESTAMP" or Nanoseconds => time,
            // AT TIME ZONE takes forty times as long, and is needed for infinities alone
            Zoned => $"case when isfinite({time}) then make_timestamp(epoch_us({time})) else {time} at time zone 'UTC' end",
            _ => $"cast({time} as timestamp)",
        };
        return !fine || type == Nanoseconds ? utc
            : $"case when ({utc}) < timestamp '1677-09-22' then timestamp_ns '1677-09-22' when ({utc}) > timestamp '2262-04-11' then timestamp_ns '2262-04-11' else cast(({utc}) as timestamp_ns) end";
    }

    /// <summary>SQL that is true where a row of this event time, which is not after the time asked for, is not older than the TTL.</summary>
    public static string Fresh(string asked, string happened, TimeSpan ttl, bool fine)
    {
        if (ttl == TimeSpan.Zero) return "true";
        var (epoch, units) = fine ? ("epoch_ns", (Int128)ttl.Ticks * 100) : ("epoch_us", (Int128)ttl.Ticks / 10);
        // differences of far times exceed 64 bits, and those of infinite times are null
        return $"coalesce({epoch}({asked})::hugeint - {epoch}({happened}) <= {units}::hugeint, {asked} = {happened})";
    }
}
