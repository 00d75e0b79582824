using System.Text;

namespace Flyball.Native.OnnxRuntime;

/// <summary>Copies values out of the engine.</summary>
internal static class OnnxReader
{
    public static OnnxValue Read(nint value) => OnnxApi.KindOfValue(value) switch
    {
        OnnxKind.Tensor => Tensor(value),
        OnnxKind.Sequence => new OnnxSequence([.. Enumerable.Range(0, OnnxApi.PartCount(value)).Select(index => Part(value, index))]),
        OnnxKind.Map => new OnnxMap((OnnxTensor)Part(value, 0), (OnnxTensor)Part(value, 1)),
        var kind => throw new OnnxException($"An output of kind {kind} is not supported."),
    };

    private static OnnxValue Part(nint value, int index)
    {
        var part = OnnxApi.Part(value, index);
        try
        {
            return Read(part);
        }
        finally
        {
            OnnxApi.ReleaseValue(part);
        }
    }

    private static OnnxTensor Tensor(nint value)
    {
        var info = OnnxApi.TensorTypeAndShape(value);
        try
        {
            var shape = OnnxApi.Shape(info);
            var element = OnnxApi.Element(info);
            var count = OnnxApi.ElementCount(info);
            return element == OnnxElement.String ? OnnxTensor.Of(Texts(value, (int)count), shape) : OnnxTensor.Copy(element, shape, OnnxApi.TensorData(value), count);
        }
        finally
        {
            OnnxApi.ReleaseTensorInfo(info);
        }
    }

    private static string[] Texts(nint value, int count)
    {
        if (count == 0) return [];
        var content = new byte[OnnxApi.StringBytes(value)];
        var offsets = new nuint[count];
        OnnxApi.StringContent(value, content, offsets);
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            var end = i + 1 < count ? (int)offsets[i + 1] : content.Length;
            texts[i] = Encoding.UTF8.GetString(content, (int)offsets[i], end - (int)offsets[i]);
        }

        return texts;
    }
}
