using System.Runtime.InteropServices;
using System.Text;

namespace Flyball.Native.OnnxRuntime;

/// <summary>How a model is run.</summary>
public sealed record OnnxOptions
{
    /// <summary>Threads inside one operator; 1 uses the calling thread alone, which suits many small requests at once.</summary>
    public int Threads { get; init; } = 1;
}

/// <summary>An input or output of a model. Sizes of −1 are open; where the model names them, <see cref="DimensionNames"/> holds the name, otherwise "".</summary>
public sealed record OnnxPort(string Name, OnnxKind Kind, OnnxElement Element, IReadOnlyList<long> Shape, IReadOnlyList<string> DimensionNames);

/// <summary>A model, ready to run. Safe for use from several threads at once.</summary>
public sealed unsafe class OnnxSession : IDisposable
{
    private static readonly Lock Opening = new();
    private static nint environment;
    private static nint memory;

    private readonly SessionHandle handle;

    private OnnxSession(SessionHandle handle)
    {
        this.handle = handle;
        var session = handle.DangerousGetHandle();
        Inputs = Ports(session, inputs: true);
        Outputs = Ports(session, inputs: false);
    }

    /// <summary>The engine's version, such as <c>1.27.0</c>.</summary>
    public static string EngineVersion => OnnxApi.EngineVersion;

    public IReadOnlyList<OnnxPort> Inputs { get; }

    public IReadOnlyList<OnnxPort> Outputs { get; }

    /// <summary>Reads a model; the bytes may go once this returns.</summary>
    /// <exception cref="OnnxException">The bytes are not a model, or one that this engine cannot run.</exception>
    /// <exception cref="NativeLibraryMissingException">The engine is not installed.</exception>
    public static OnnxSession Load(ReadOnlySpan<byte> model, OnnxOptions? options = null)
    {
        var native = OnnxApi.CreateSessionOptions();
        try
        {
            OnnxApi.SetThreads(native, (options ?? new OnnxOptions()).Threads, 1);
            var handle = new SessionHandle(OnnxApi.CreateSession(Environment(), model, native));
            try
            {
                return new OnnxSession(handle);
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        }
        finally
        {
            OnnxApi.ReleaseSessionOptions(native);
        }
    }

    /// <summary>Reads a model file.</summary>
    /// <exception cref="OnnxException">The file is not a model, or one that this engine cannot run.</exception>
    public static OnnxSession LoadFile(string path, OnnxOptions? options = null) => Load(File.ReadAllBytes(path), options);

    /// <summary>Computes all outputs, or those named.</summary>
    /// <exception cref="OnnxException">An input is missing, unknown, or of the wrong type or shape; or an operator failed.</exception>
    public IReadOnlyDictionary<string, OnnxValue> Run(IReadOnlyDictionary<string, OnnxTensor> inputs, params IReadOnlyList<string> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (outputs.Count == 0) outputs = [.. Outputs.Select(output => output.Name)];
        var borrowed = new List<OnnxBorrowedTensor>(inputs.Count);
        var results = new nint[outputs.Count];
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            foreach (var tensor in inputs.Values) borrowed.Add(new OnnxBorrowedTensor(tensor, memory));
            using var inputNames = new Utf8Names(inputs.Keys);
            using var outputNames = new Utf8Names(outputs);
            fixed (nint* values = borrowed.Select(tensor => tensor.Value).ToArray())
            fixed (nint* computed = results)
            {
                OnnxApi.Run(handle.DangerousGetHandle(), inputNames.Pointers, values, inputs.Count, outputNames.Pointers, outputs.Count, computed);
            }

            return outputs.Zip(results).ToDictionary(output => output.First, output => OnnxReader.Read(output.Second), StringComparer.Ordinal);
        }
        finally
        {
            foreach (var tensor in borrowed) tensor.Dispose();
            foreach (var result in results)
            {
                if (result != 0) OnnxApi.ReleaseValue(result);
            }

            if (held) handle.DangerousRelease();
        }
    }

    public void Dispose() => handle.Dispose();

    /// <summary>One for the whole process, as the engine wants it; it lives as long as the process.</summary>
    private static nint Environment()
    {
        lock (Opening)
        {
            if (environment != 0) return environment;
            memory = OnnxApi.CreateMemoryInfo();
            return environment = OnnxApi.CreateEnvironment();
        }
    }

    private static OnnxPort[] Ports(nint session, bool inputs)
    {
        var ports = new OnnxPort[OnnxApi.Count(session, inputs)];
        for (var i = 0; i < ports.Length; i++)
        {
            var name = OnnxApi.Name(session, i, inputs);
            var type = OnnxApi.TypeInfo(session, i, inputs);
            try
            {
                var kind = OnnxApi.KindOfType(type);
                // the tensor's part belongs to the whole
                var tensor = kind == OnnxKind.Tensor ? OnnxApi.TensorInfo(type) : 0;
                ports[i] = tensor == 0
                    ? new OnnxPort(name, kind, OnnxElement.Undefined, [], [])
                    : new OnnxPort(name, kind, OnnxApi.Element(tensor), OnnxApi.Shape(tensor), OnnxApi.DimensionNames(tensor));
            }
            finally
            {
                OnnxApi.ReleaseTypeInfo(type);
            }
        }

        return ports;
    }

    private sealed class SessionHandle : SafeHandle
    {
        public SessionHandle(nint session)
            : base(0, ownsHandle: true) => SetHandle(session);

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            OnnxApi.ReleaseSession(handle);
            return true;
        }
    }

    /// <summary>Zero-terminated names and their addresses.</summary>
    private readonly ref struct Utf8Names : IDisposable
    {
        private readonly nint memory;

        public Utf8Names(IEnumerable<string> names)
        {
            var texts = names.Select(name => Encoding.UTF8.GetBytes(name + '\0')).ToArray();
            memory = (nint)NativeMemory.Alloc((nuint)((texts.Length * sizeof(nint)) + texts.Sum(text => text.Length) + 1));
            var next = (byte*)memory + (texts.Length * sizeof(nint));
            for (var i = 0; i < texts.Length; i++)
            {
                ((byte**)memory)[i] = next;
                texts[i].CopyTo(new Span<byte>(next, texts[i].Length));
                next += texts[i].Length;
            }
        }

        public byte** Pointers => (byte**)memory;

        public void Dispose() => NativeMemory.Free((void*)memory);
    }
}
