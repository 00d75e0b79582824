using System.Runtime.InteropServices;

namespace Flyball.Native.OnnxRuntime;

/// <summary>What a value is; the numbers are those of the engine's C API.</summary>
public enum OnnxKind
{
    Unknown = 0,
    Tensor = 1,
    Sequence = 2,
    Map = 3,
    Opaque = 4,
    SparseTensor = 5,
    Optional = 6,
}

/// <summary>The elements of a tensor; the numbers are those of the format (TensorProto.DataType).</summary>
public enum OnnxElement
{
    Undefined = 0,
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
}

/// <summary>A value that goes into or comes out of a model.</summary>
public abstract record OnnxValue;

/// <summary>Values one after the other.</summary>
public sealed record OnnxSequence(IReadOnlyList<OnnxValue> Items) : OnnxValue;

/// <summary>Keys and what they stand for, as two tensors of one dimension.</summary>
public sealed record OnnxMap(OnnxTensor Keys, OnnxTensor Values) : OnnxValue;

/// <summary>Elements of one type in a shape, the last index running fastest.</summary>
public sealed record OnnxTensor : OnnxValue
{
    private OnnxTensor(Array values, OnnxElement element, IReadOnlyList<long> shape)
    {
        Values = values;
        Element = element;
        Shape = shape;
    }

    /// <summary>The elements as an array of their own type.</summary>
    public Array Values { get; }

    public OnnxElement Element { get; }

    public IReadOnlyList<long> Shape { get; }

    /// <summary>A tensor over the array, which is not copied: float, double, whole numbers, bool, string, <see cref="Half"/>.</summary>
    /// <exception cref="ArgumentException">The shape does not hold so many elements, or there is no element type for T.</exception>
    public static OnnxTensor Of<T>(T[] values, params long[] shape)
    {
        ArgumentNullException.ThrowIfNull(values);
        var held = 1L;
        foreach (var size in shape) held = size >= 0 ? checked(held * size) : throw new ArgumentException("A size is negative.", nameof(shape));
        if (held != values.Length) throw new ArgumentException($"A tensor of shape [{string.Join(", ", shape)}] holds {held} elements, not {values.Length}.", nameof(values));
        return new OnnxTensor(values, ElementOf(typeof(T)), shape);
    }

    /// <summary>The elements.</summary>
    /// <exception cref="InvalidCastException">The elements are of another type.</exception>
    public ReadOnlySpan<T> Span<T>() => Values is T[] values ? values : throw new InvalidCastException($"The tensor holds {Element} elements, not {typeof(T).Name}.");

    internal static int Size(OnnxElement element) => element switch
    {
        OnnxElement.Bool or OnnxElement.Int8 or OnnxElement.UInt8 => 1,
        OnnxElement.Int16 or OnnxElement.UInt16 or OnnxElement.Float16 => 2,
        OnnxElement.Float or OnnxElement.Int32 or OnnxElement.UInt32 => 4,
        OnnxElement.Double or OnnxElement.Int64 or OnnxElement.UInt64 => 8,
        _ => throw new OnnxException($"Elements of type {element} are not supported."),
    };

    /// <summary>Copies the engine's elements.</summary>
    internal static unsafe OnnxTensor Copy(OnnxElement element, long[] shape, nint data, long count)
    {
        var length = checked((int)count);
        Array values = element switch
        {
            OnnxElement.Bool => new bool[length],
            OnnxElement.Int8 => new sbyte[length],
            OnnxElement.UInt8 => new byte[length],
            OnnxElement.Int16 => new short[length],
            OnnxElement.UInt16 => new ushort[length],
            OnnxElement.Float16 => new Half[length],
            OnnxElement.Float => new float[length],
            OnnxElement.Int32 => new int[length],
            OnnxElement.UInt32 => new uint[length],
            OnnxElement.Double => new double[length],
            OnnxElement.Int64 => new long[length],
            OnnxElement.UInt64 => new ulong[length],
            _ => throw new OnnxException($"Elements of type {element} are not supported."),
        };
        var bytes = (long)length * Size(element);
        fixed (byte* target = &MemoryMarshal.GetArrayDataReference(values)) Buffer.MemoryCopy((void*)data, target, bytes, bytes);
        return new OnnxTensor(values, element, shape);
    }

    private static OnnxElement ElementOf(Type type) => type switch
    {
        _ when type == typeof(float) => OnnxElement.Float,
        _ when type == typeof(double) => OnnxElement.Double,
        _ when type == typeof(long) => OnnxElement.Int64,
        _ when type == typeof(int) => OnnxElement.Int32,
        _ when type == typeof(bool) => OnnxElement.Bool,
        _ when type == typeof(string) => OnnxElement.String,
        _ when type == typeof(byte) => OnnxElement.UInt8,
        _ when type == typeof(sbyte) => OnnxElement.Int8,
        _ when type == typeof(short) => OnnxElement.Int16,
        _ when type == typeof(ushort) => OnnxElement.UInt16,
        _ when type == typeof(uint) => OnnxElement.UInt32,
        _ when type == typeof(ulong) => OnnxElement.UInt64,
        _ when type == typeof(Half) => OnnxElement.Float16,
        _ => throw new ArgumentException($"A tensor cannot hold {type.Name}."),
    };
}
