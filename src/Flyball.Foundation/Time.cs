namespace Flyball.Foundation;

/// <summary>Times as the database and the wire hold them: microseconds since 1970 in UTC.</summary>
public static class Micros
{
    private const long Epoch = 621_355_968_000_000_000;

    public static long Of(DateTimeOffset at) => (at.UtcTicks - Epoch) / 10;

    public static DateTimeOffset Time(long micros) => new(Epoch + (micros * 10), TimeSpan.Zero);

    public static DateTimeOffset? Time(long? micros) => micros is { } m ? Time(m) : null;

    public static long Now(this TimeProvider time) => Of(time.GetUtcNow());
}

/// <summary>
/// A clock that whoever replays history moves by hand. Only decisions follow it; leases, heartbeats and time-outs of processes always follow the wall clock.
/// </summary>
public sealed class ReplayTime(DateTimeOffset start) : TimeProvider
{
    private long now = start.UtcTicks;
    private long released;

    public override DateTimeOffset GetUtcNow()
    {
        var from = Volatile.Read(ref released);
        return new(Volatile.Read(ref now) + (from == 0 ? 0 : System.GetUtcNow().UtcTicks - from), TimeSpan.Zero);
    }

    /// <summary>Moves the clock forward to <paramref name="to"/>; a time in the past leaves it where it is.</summary>
    public void AdvanceTo(DateTimeOffset to)
    {
        if (to.UtcTicks > Volatile.Read(ref now)) Volatile.Write(ref now, to.UtcTicks);
    }

    public void Advance(TimeSpan by) => Volatile.Write(ref now, Volatile.Read(ref now) + by.Ticks);

    /// <summary>From here on the clock runs at the speed of the wall clock.</summary>
    public void Release() => Volatile.Write(ref released, System.GetUtcNow().UtcTicks);
}
