using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Flyball.Tests.Native;

/// <summary>Reads float tensors of ONNX's test data: protobuf fields dims (1), data_type (2), float_data (4), raw_data (9).</summary>
internal static class TensorProto
{
    public static (long[] Shape, float[] Values) ReadFloats(ReadOnlySpan<byte> proto)
    {
        var shape = new List<long>();
        var values = Array.Empty<float>();
        while (!proto.IsEmpty)
        {
            var tag = Varint(ref proto);
            switch (tag & 7)
            {
                case 0:
                    var number = Varint(ref proto);
                    if (tag >> 3 == 1) shape.Add((long)number);
                    if (tag >> 3 == 2) Assert.Equal(1UL, number);
                    break;
                case 2:
                    var bytes = Take(ref proto, (int)Varint(ref proto));
                    if (tag >> 3 == 1)
                    {
                        while (!bytes.IsEmpty) shape.Add((long)Varint(ref bytes));
                    }

                    if (tag >> 3 is 4 or 9) values = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
                    break;
                case 5:
                    var single = BinaryPrimitives.ReadSingleLittleEndian(Take(ref proto, 4));
                    if (tag >> 3 == 4) values = [.. values, single];
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }

        return ([.. shape], values);
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = Take(ref bytes, 1)[0];
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        var taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }
}
