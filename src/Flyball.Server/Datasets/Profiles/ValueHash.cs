using System.Buffers.Binary;

namespace Flyball.Server.Datasets;

/// <summary>64-bit hashes of values, the same on every machine and in every run, so that sketches made apart merge. Not keyed: who chooses values can make them collide, and so distort estimates of their own data.</summary>
internal static class ValueHash
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong Odd = 0xD6E8FEB86659FD93;

    /// <summary>One hash per number: the finalizer can be inverted, so different numbers never share one.</summary>
    public static ulong Of(long bits)
    {
        var hash = (ulong)bits + Golden;
        hash = (hash ^ (hash >> 32)) * Odd;
        hash = (hash ^ (hash >> 32)) * Odd;
        return hash ^ (hash >> 32);
    }

    public static ulong Of(Int128 bits) => Of((long)(ulong)bits ^ (long)Of((long)(bits >> 64)));

    /// <summary>Eight bytes at a time are multiplied into 128 bits and folded.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Golden ^ ((ulong)bytes.Length * Odd);
        while (bytes.Length >= 8)
        {
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        ulong rest = 0;
        for (var i = 0; i < bytes.Length; i++) rest |= (ulong)bytes[i] << (8 * i);
        return Of((long)Fold(hash ^ rest));
    }

    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value ^ Odd, Golden, out var low);
        return high ^ low;
    }
}
