using System.Runtime.InteropServices;
using System.Text;

namespace Flyball.Native.OnnxRuntime;

/// <summary>A native value over a tensor's own array, for the time of one run.</summary>
internal sealed unsafe class OnnxBorrowedTensor : IDisposable
{
    private PinnedGCHandle<Array> pin;

    public OnnxBorrowedTensor(OnnxTensor tensor, nint memory)
    {
        if (tensor.Element == OnnxElement.String)
        {
            Value = Texts(tensor);
            return;
        }

        pin = new PinnedGCHandle<Array>(tensor.Values);
        var data = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(tensor.Values));
        try
        {
            Value = OnnxApi.CreateTensor(memory, data, tensor.Values.LongLength * OnnxTensor.Size(tensor.Element), [.. tensor.Shape], tensor.Element);
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    public nint Value { get; }

    public void Dispose()
    {
        OnnxApi.ReleaseValue(Value);
        pin.Dispose();
    }

    /// <summary>The engine copies texts, one after the other, each up to its zero.</summary>
    private static nint Texts(OnnxTensor tensor)
    {
        var texts = tensor.Span<string>();
        var starts = new int[texts.Length];
        var bytes = new List<byte>();
        for (var i = 0; i < texts.Length; i++)
        {
            starts[i] = bytes.Count;
            bytes.AddRange(Encoding.UTF8.GetBytes(texts[i]));
            bytes.Add(0);
        }

        var addresses = new nint[texts.Length + 1];
        fixed (byte* all = bytes.ToArray())
        fixed (nint* pointers = addresses)
        {
            for (var i = 0; i < starts.Length; i++) addresses[i] = (nint)(all + starts[i]);
            return OnnxApi.CreateStringTensor([.. tensor.Shape], (byte**)pointers, texts.Length);
        }
    }
}
