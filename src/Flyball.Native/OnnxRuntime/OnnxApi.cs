using System.Runtime.InteropServices;

namespace Flyball.Native.OnnxRuntime;

/// <summary>The engine's C API is a table of functions whose places never change; this names those that are used.</summary>
internal static unsafe partial class OnnxApi
{
    /// <summary>The version of the table asked for: what is used has been there since version 1.</summary>
    private const uint Version = 17;

    private static nint* table;

    public static nint* Table => table is not null ? table : table = Open();

    /// <summary>The engine's version, such as <c>1.27.0</c>.</summary>
    public static string EngineVersion
    {
        get
        {
            var bases = (nint*)OrtGetApiBase();
            return Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)bases[1])()) ?? "";
        }
    }

    public static nint CreateEnvironment()
    {
        const int Fatal = 4;
        nint environment;
        fixed (byte* name = "flyball\0"u8) Check(((delegate* unmanaged<int, byte*, nint*, nint>)Table[3])(Fatal, name, &environment));
        return environment;
    }

    public static nint CreateSession(nint environment, ReadOnlySpan<byte> model, nint options)
    {
        nint session;
        fixed (byte* bytes = model) Check(((delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)Table[8])(environment, bytes, (nuint)model.Length, options, &session));
        return session;
    }

    public static void Run(nint session, byte** inputNames, nint* inputs, int inputCount, byte** outputNames, int outputCount, nint* outputs) =>
        Check(((delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)Table[9])(session, 0, inputNames, inputs, (nuint)inputCount, outputNames, (nuint)outputCount, outputs));

    public static nint CreateSessionOptions()
    {
        nint options;
        Check(((delegate* unmanaged<nint*, nint>)Table[10])(&options));
        return options;
    }

    public static void SetThreads(nint options, int intraOp, int interOp)
    {
        Check(((delegate* unmanaged<nint, int, nint>)Table[24])(options, intraOp));
        Check(((delegate* unmanaged<nint, int, nint>)Table[25])(options, interOp));
    }

    public static int Count(nint session, bool inputs)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)Table[inputs ? 30 : 31])(session, &count));
        return (int)count;
    }

    public static nint TypeInfo(nint session, int index, bool inputs)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)Table[inputs ? 33 : 34])(session, (nuint)index, &info));
        return info;
    }

    public static string Name(nint session, int index, bool inputs)
    {
        nint name;
        Check(((delegate* unmanaged<nint, nuint, nint, nint*, nint>)Table[inputs ? 36 : 37])(session, (nuint)index, Allocator(), &name));
        var text = Marshal.PtrToStringUTF8(name) ?? "";
        Check(((delegate* unmanaged<nint, nint, nint>)Table[76])(Allocator(), name));
        return text;
    }

    public static nint CreateStringTensor(ReadOnlySpan<long> shape, byte** texts, int count)
    {
        nint value;
        fixed (long* sizes = shape) Check(((delegate* unmanaged<nint, long*, nuint, int, nint*, nint>)Table[48])(Allocator(), sizes, (nuint)shape.Length, (int)OnnxElement.String, &value));
        try
        {
            Check(((delegate* unmanaged<nint, byte**, nuint, nint>)Table[52])(value, texts, (nuint)count));
            return value;
        }
        catch
        {
            ReleaseValue(value);
            throw;
        }
    }

    public static nint CreateTensor(nint memory, nint data, long bytes, ReadOnlySpan<long> shape, OnnxElement element)
    {
        nint value;
        fixed (long* sizes = shape) Check(((delegate* unmanaged<nint, nint, nuint, long*, nuint, int, nint*, nint>)Table[49])(memory, data, (nuint)bytes, sizes, (nuint)shape.Length, (int)element, &value));
        return value;
    }

    public static nint TensorData(nint value)
    {
        nint data;
        Check(((delegate* unmanaged<nint, nint*, nint>)Table[51])(value, &data));
        return data;
    }

    public static int StringBytes(nint value)
    {
        nuint length;
        Check(((delegate* unmanaged<nint, nuint*, nint>)Table[53])(value, &length));
        return checked((int)length);
    }

    public static void StringContent(nint value, Span<byte> content, Span<nuint> offsets)
    {
        // the engine wants an address even where there is nothing
        byte none;
        fixed (byte* bytes = content)
        fixed (nuint* starts = offsets) Check(((delegate* unmanaged<nint, byte*, nuint, nuint*, nuint, nint>)Table[54])(value, bytes is null ? &none : bytes, (nuint)content.Length, starts, (nuint)offsets.Length));
    }

    public static nint TensorInfo(nint typeInfo)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)Table[55])(typeInfo, &info));
        return info;
    }

    public static OnnxKind KindOfType(nint typeInfo)
    {
        int kind;
        Check(((delegate* unmanaged<nint, int*, nint>)Table[56])(typeInfo, &kind));
        return (OnnxKind)kind;
    }

    public static OnnxElement Element(nint tensorInfo)
    {
        int element;
        Check(((delegate* unmanaged<nint, int*, nint>)Table[60])(tensorInfo, &element));
        return (OnnxElement)element;
    }

    public static long[] Shape(nint tensorInfo)
    {
        var shape = new long[Rank(tensorInfo)];
        fixed (long* sizes = shape) Check(((delegate* unmanaged<nint, long*, nuint, nint>)Table[62])(tensorInfo, sizes, (nuint)shape.Length));
        return shape;
    }

    public static string[] DimensionNames(nint tensorInfo)
    {
        var names = new nint[Rank(tensorInfo)];
        fixed (nint* texts = names) Check(((delegate* unmanaged<nint, nint*, nuint, nint>)Table[63])(tensorInfo, texts, (nuint)names.Length));
        return Array.ConvertAll(names, name => Marshal.PtrToStringUTF8(name) ?? "");
    }

    public static long ElementCount(nint tensorInfo)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)Table[64])(tensorInfo, &count));
        return (long)count;
    }

    public static nint TensorTypeAndShape(nint value)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)Table[65])(value, &info));
        return info;
    }

    public static OnnxKind KindOfValue(nint value)
    {
        int kind;
        Check(((delegate* unmanaged<nint, int*, nint>)Table[67])(value, &kind));
        return (OnnxKind)kind;
    }

    public static nint CreateMemoryInfo()
    {
        const int Device = 0, DefaultMemory = 0;
        nint info;
        Check(((delegate* unmanaged<int, int, nint*, nint>)Table[69])(Device, DefaultMemory, &info));
        return info;
    }

    public static nint Part(nint value, int index)
    {
        nint part;
        Check(((delegate* unmanaged<nint, int, nint, nint*, nint>)Table[80])(value, index, Allocator(), &part));
        return part;
    }

    public static int PartCount(nint value)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)Table[81])(value, &count));
        return (int)count;
    }

    public static void ReleaseSession(nint session) => ((delegate* unmanaged<nint, void>)Table[95])(session);

    public static void ReleaseValue(nint value) => ((delegate* unmanaged<nint, void>)Table[96])(value);

    public static void ReleaseTypeInfo(nint info) => ((delegate* unmanaged<nint, void>)Table[98])(info);

    public static void ReleaseTensorInfo(nint info) => ((delegate* unmanaged<nint, void>)Table[99])(info);

    public static void ReleaseSessionOptions(nint options) => ((delegate* unmanaged<nint, void>)Table[100])(options);

    private static nint Allocator()
    {
        nint allocator;
        Check(((delegate* unmanaged<nint*, nint>)Table[78])(&allocator));
        return allocator;
    }

    private static int Rank(nint tensorInfo)
    {
        nuint rank;
        Check(((delegate* unmanaged<nint, nuint*, nint>)Table[61])(tensorInfo, &rank));
        return (int)rank;
    }

    private static void Check(nint status)
    {
        if (status == 0) return;
        var message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)Table[2])(status)) ?? "";
        ((delegate* unmanaged<nint, void>)Table[93])(status);
        throw new OnnxException(message);
    }

    private static nint* Open()
    {
        var bases = (nint*)OrtGetApiBase();
        var found = ((delegate* unmanaged<uint, nint*>)bases[0])(Version);
        return found is not null ? found : throw new OnnxException($"ONNX Runtime {EngineVersion} is too old.");
    }

    [LibraryImport(NativeLibraries.OnnxRuntime)]
    private static partial nint OrtGetApiBase();
}
