namespace Flyball.Foundation;

/// <summary>
/// New identifiers: UUID version 7 as 32 hex digits. They sort in the order in which this process made them, also within a millisecond and while a replayed clock stands still
/// (a counter in the 12 bits after the time: RFC 9562, section 6.2, method 1).
/// </summary>
public sealed class Ids(TimeProvider time)
{
    private const int Counters = 1 << 12;

    private readonly Lock gate = new();
    private long last;
    private int counter;

    public string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        var (milliseconds, count) = Next(time.GetUtcNow().ToUnixTimeMilliseconds());
        Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)).TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[6] = (byte)(0x70 | (count >> 8));
        bytes[7] = (byte)count;
        return Convert.ToHexStringLower(bytes);
    }

    private (long Milliseconds, int Counter) Next(long now)
    {
        lock (gate)
        {
            if (now > last) (last, counter) = (now, 0);
            else if (++counter == Counters) (last, counter) = (last + 1, 0);
            return (last, counter);
        }
    }
}
