using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Flyball.Server.Tracking;

/// <summary>
/// The points of one call as one value: for each metric the length of its name (2 bytes), its name in UTF-8, the number of points (4 bytes) and the points (see <see cref="Point"/>), little-endian. So a call costs one
/// row, however many metrics it has; <see cref="FoldPointsLoop"/> moves them to where they are read fastest.
/// </summary>
internal static class PointLog
{
    public delegate void Each(string key, ReadOnlySpan<Point> points);

    public static byte[] Encode(Dictionary<string, List<Point>> metrics)
    {
        var size = 0;
        foreach (var (key, points) in metrics) size += 6 + Encoding.UTF8.GetByteCount(key) + (points.Count * Point.Size);
        var data = new byte[size];
        var left = data.AsSpan();
        foreach (var (key, points) in metrics)
        {
            var length = Encoding.UTF8.GetBytes(key, left[2..]);
            BinaryPrimitives.WriteUInt16LittleEndian(left, (ushort)length);
            left = left[(2 + length)..];
            BinaryPrimitives.WriteInt32LittleEndian(left, points.Count);
            MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(points)).CopyTo(left[4..]);
            left = left[(4 + (points.Count * Point.Size))..];
        }

        return data;
    }

    /// <summary>Calls <paramref name="each"/> for each metric, or for one alone.</summary>
    public static void Decode(ReadOnlySpan<byte> data, string? only, Each each)
    {
        Span<byte> wanted = stackalloc byte[only is null ? 0 : Encoding.UTF8.GetByteCount(only)];
        if (only is not null) Encoding.UTF8.GetBytes(only, wanted);
        while (data.Length > 0)
        {
            var name = data.Slice(2, BinaryPrimitives.ReadUInt16LittleEndian(data));
            data = data[(2 + name.Length)..];
            var points = data.Slice(4, BinaryPrimitives.ReadInt32LittleEndian(data) * Point.Size);
            data = data[(4 + points.Length)..];
            if (only is null || name.SequenceEqual(wanted)) each(only ?? Encoding.UTF8.GetString(name), MemoryMarshal.Cast<byte, Point>(points));
        }
    }
}
