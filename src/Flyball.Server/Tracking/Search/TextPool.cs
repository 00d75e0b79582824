using System.Collections;

namespace Flyball.Server.Tracking;

/// <summary>
/// Texts, each once, by the code it was given: from 1, in the order in which they came; 0 stands for none. Their characters lie one behind the other in large pieces, so that whoever collects memory finds a few
/// objects and not millions. Several may read at a time, and nobody while one is added.
/// </summary>
internal sealed class TextPool : IReadOnlyList<string>
{
    private const int Bits = 16;
    private const int LargestPiece = 1 << Bits;
    private const int SmallestPiece = 64;
    private const int Remembered = 64;
    private readonly List<char[]> pieces = [[]];

    /// <summary>Where each text begins, by its code: the number of its piece and the place in it.</summary>
    private long[] starts = new long[4];
    private int[] lengths = new int[4];

    /// <summary>Codes by the hashes of their texts (open addressing); 0: free.</summary>
    private int[] places = new int[8];

    /// <summary>Texts that were asked for lately. Whoever reads one looks whether it is the one: several write here at a time.</summary>
    private string?[]? recent;
    private int count = 1;
    private int used;

    /// <summary>How many codes there are, 0 included.</summary>
    public int Count => count;

    public string this[int code]
    {
        get
        {
            var characters = Span(code);
            if (characters.Length == 0) return "";
            var known = recent ??= new string?[Remembered];
            if (known[code % Remembered] is { } text && characters.SequenceEqual(text)) return text;
            return known[code % Remembered] = new string(characters);
        }
    }

    public ReadOnlySpan<char> Span(int code) => pieces[(int)(starts[code] >> Bits)].AsSpan((int)(starts[code] & (LargestPiece - 1)), lengths[code]);

    /// <summary>The code of a text; 0 where it is none of these.</summary>
    public int Find(ReadOnlySpan<char> text) => places[PlaceOf(text)];

    /// <summary>The code of a text that is added where it is none of these yet.</summary>
    public int Add(ReadOnlySpan<char> text)
    {
        var place = PlaceOf(text);
        if (places[place] is var known and > 0) return known;
        if (count == starts.Length)
        {
            Array.Resize(ref starts, 2 * count);
            Array.Resize(ref lengths, 2 * count);
        }

        (starts[count], lengths[count]) = (Keep(text), text.Length);
        places[place] = count++;
        if (2 * count > places.Length) Spread();
        return count - 1;
    }

    public IEnumerator<string> GetEnumerator()
    {
        for (var code = 0; code < count; code++) yield return this[code];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The place of a text's code, or the free one where it belongs.</summary>
    private int PlaceOf(ReadOnlySpan<char> text)
    {
        // of a seed that nobody knows: texts come from outside
        for (var place = string.GetHashCode(text) & (places.Length - 1); ; place = (place + 1) & (places.Length - 1))
        {
            if (places[place] is var code && (code == 0 || Span(code).SequenceEqual(text))) return place;
        }
    }

    private void Spread()
    {
        places = new int[2 * places.Length];
        for (var code = 1; code < count; code++) places[PlaceOf(Span(code))] = code;
    }

    private long Keep(ReadOnlySpan<char> text)
    {
        if (text.Length == 0) return 0;
        if (text.Length > pieces[^1].Length - used)
        {
            pieces.Add(new char[Math.Max(text.Length, Math.Clamp(2 * pieces[^1].Length, SmallestPiece, LargestPiece))]);
            used = 0;
        }

        text.CopyTo(pieces[^1].AsSpan(used));
        var start = ((long)(pieces.Count - 1) << Bits) | (long)used;
        used += text.Length;
        return start;
    }
}
