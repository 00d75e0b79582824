using System.Text;
using Flyball.Native.OnnxRuntime;

namespace Flyball.Tests.Native;

/// <summary>Every element type goes through a model that hands its input back.</summary>
public sealed class Onnx_element_types
{
    public static TheoryData<OnnxElement> Elements => [.. Enum.GetValues<OnnxElement>().Where(element => element != OnnxElement.Undefined)];

    [Theory]
    [MemberData(nameof(Elements))]
    public void Come_back_as_they_went_in(OnnxElement element)
    {
        switch (element)
        {
            case OnnxElement.Float: Check(element, 1.5f, float.NaN, -0f); break;
            case OnnxElement.Double: Check(element, 0.1, double.MaxValue, double.NegativeInfinity); break;
            case OnnxElement.Int64: Check<long>(element, long.MinValue, 0, long.MaxValue); break;
            case OnnxElement.Int32: Check(element, int.MinValue, 0, int.MaxValue); break;
            case OnnxElement.Int16: Check<short>(element, short.MinValue, 0, short.MaxValue); break;
            case OnnxElement.Int8: Check<sbyte>(element, sbyte.MinValue, 0, sbyte.MaxValue); break;
            case OnnxElement.UInt64: Check<ulong>(element, 0, 1, ulong.MaxValue); break;
            case OnnxElement.UInt32: Check<uint>(element, 0, 1, uint.MaxValue); break;
            case OnnxElement.UInt16: Check<ushort>(element, 0, 1, ushort.MaxValue); break;
            case OnnxElement.UInt8: Check<byte>(element, 0, 1, byte.MaxValue); break;
            case OnnxElement.Bool: Check(element, true, false, true); break;
            case OnnxElement.Float16: Check(element, (Half)1.5, Half.MaxValue, Half.NaN); break;
            case OnnxElement.String: Check(element, "", "a text with 馬", "third"); break;
            default: throw new InvalidOperationException($"no case for {element}");
        }
    }

    [Fact]
    public void Are_fine_without_any_element()
    {
        using var session = OnnxSession.Load(Identity(OnnxElement.String));
        var output = (OnnxTensor)session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of(Array.Empty<string>(), 0) })["y"];
        Assert.Empty(output.Values);
    }

    private static void Check<T>(OnnxElement element, params T[] values)
    {
        using var session = OnnxSession.Load(Identity(element));
        Assert.Equal(element, session.Inputs[0].Element);
        Assert.Equal(["n"], session.Inputs[0].DimensionNames);
        var output = (OnnxTensor)session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of(values, values.Length) })["y"];
        Assert.Equal(element, output.Element);
        Assert.Equal([values.Length], output.Shape);
        Assert.Equal(values, output.Span<T>().ToArray());
    }

    /// <summary>ModelProto with one Identity node x → y of shape [n], written field by field.</summary>
    private static byte[] Identity(OnnxElement element)
    {
        static byte[] Field(int number, params byte[][] parts)
        {
            var content = parts.SelectMany(part => part).ToArray();
            return [(byte)((number << 3) | 2), (byte)content.Length, .. content];
        }

        static byte[] Number(int field, int value) => [(byte)(field << 3), (byte)value];
        static byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));
        byte[] Port(int field, string name) => Field(field, Text(1, name), Field(2, Field(1, Number(1, (int)element), Field(2, Field(1, Text(2, "n"))))));

        var node = Field(1, Text(1, "x"), Text(2, "y"), Text(4, "Identity"));
        var graph = Field(7, node, Text(2, "g"), Port(11, "x"), Port(12, "y"));
        return [.. Number(1, 8), .. graph, .. Field(8, Text(1, ""), Number(2, 16))];
    }
}
