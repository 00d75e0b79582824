using System.Buffers.Binary;
using System.Text;

namespace Flyball.Native.XGBoost;

/// <summary>Reads a model file of Universal Binary JSON, as far as the engine writes it, into what the checks need.</summary>
internal ref struct XGBoostUbjReader
{
    private const int MostLevels = 64;

    private ReadOnlySpan<byte> rest;

    public static ModelObject Read(ReadOnlySpan<byte> ubj)
    {
        var reader = new XGBoostUbjReader { rest = ubj };
        var document = reader.Value((char)reader.Take(1)[0], 0) as ModelObject;
        if (!reader.rest.IsEmpty) throw XGBoostModelFile.Damaged("something follows its end");
        return document ?? throw XGBoostModelFile.Damaged("it is no object");
    }

    private object? Value(char mark, int level) => mark switch
    {
        _ when level > MostLevels => throw XGBoostModelFile.Damaged("it is nested too deep"),
        '{' => Members(level),
        '[' => Elements(level),
        'S' => Text(),
        'T' => 1.0,
        'F' => 0.0,
        'Z' => null,
        _ => Number(mark),
    };

    private double Number(char mark) => mark switch
    {
        'i' => (double)(sbyte)Take(1)[0],
        'U' => Take(1)[0],
        'I' => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
        'l' => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
        'L' => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
        'd' => BinaryPrimitives.ReadSingleBigEndian(Take(4)),
        _ => throw XGBoostModelFile.Damaged($"there is no value of kind {(int)mark}"),
    };

    private ModelObject Members(int level)
    {
        var members = new ModelObject();
        while (rest is not [(byte)'}', ..]) members.Add(Text(), Value((char)Take(1)[0], level + 1));
        Take(1);
        return members;
    }

    private object Elements(int level)
    {
        if (rest is [(byte)'$', ..])
        {
            var mark = (char)Take(2)[1];
            var numbers = new double[Count(mark switch { 'i' or 'U' => 1, 'I' => 2, 'l' or 'd' => 4, 'L' => 8, _ => throw XGBoostModelFile.Damaged("an array is of an unknown kind") })];
            for (var i = 0; i < numbers.Length; i++) numbers[i] = Number(mark);
            return numbers;
        }

        var elements = new List<object?>();
        if (rest is [(byte)'#', ..])
        {
            var count = Count(1);
            for (var i = 0; i < count; i++) elements.Add(Value((char)Take(1)[0], level + 1));
        }
        else
        {
            while (rest is not [(byte)']', ..]) elements.Add(Value((char)Take(1)[0], level + 1));
            Take(1);
        }

        return elements.TrueForAll(element => element is double) ? elements.ConvertAll(element => (double)element!).ToArray() : elements.ToArray();
    }

    /// <summary>A count that the rest of the file can hold.</summary>
    private int Count(int width)
    {
        if (Take(2) is not [(byte)'#', (byte)'L']) throw XGBoostModelFile.Damaged("an array has no count");
        var count = BinaryPrimitives.ReadInt64BigEndian(Take(8));
        return count >= 0 && count <= rest.Length / width ? (int)count : throw XGBoostModelFile.Damaged($"an array of {count} elements is longer than the file");
    }

    private string Text()
    {
        if (Take(1)[0] != 'L') throw XGBoostModelFile.Damaged("a text has no length");
        var length = BinaryPrimitives.ReadInt64BigEndian(Take(8));
        if (length < 0 || length > rest.Length) throw XGBoostModelFile.Damaged($"a text of {length} bytes is longer than the file");
        return Encoding.UTF8.GetString(Take((int)length));
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length) throw XGBoostModelFile.Damaged("it ends too early");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
