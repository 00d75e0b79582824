using System.Runtime.CompilerServices;

namespace Flyball.Server.Tracking;

/// <summary>Values of runs by slot, in blocks that exist only where there is a value: an experiment's own metrics cost nothing in the others.</summary>
internal class BlockColumn<T>
    where T : struct
{
    private const int Bits = 12;
    private const int Size = 1 << Bits;
    private readonly T absent;
    private T[]?[] blocks = new T[16][];

    /// <param name="absent">What a slot without a value holds.</param>
    public BlockColumn(T absent) => this.absent = absent;

    public T this[int slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var all = blocks;
            var block = slot >> Bits;
            return (uint)block < (uint)all.Length && all[block] is { } values ? values[slot & (Size - 1)] : absent;
        }

        set
        {
            var block = slot >> Bits;
            if (block >= blocks.Length) Array.Resize(ref blocks, Math.Max(block + 1, blocks.Length * 2));
            if (blocks[block] is not { } values)
            {
                values = new T[Size];
                Array.Fill(values, absent);
                blocks[block] = values;
            }

            values[slot & (Size - 1)] = value;
        }
    }

    /// <summary>Slots for which there is room, whether they have values or not.</summary>
    protected int Room => blocks.Count(block => block is not null) * Size;

    /// <summary>Puts other values in place of all.</summary>
    protected void Replace(Func<T, T> other)
    {
        foreach (var values in blocks)
        {
            for (var i = 0; i < values?.Length; i++) values[i] = other(values[i]);
        }
    }
}

/// <summary>The newest values of one metric. A quiet NaN of its own marks a run without the metric; a logged NaN is another.</summary>
internal sealed class NumberColumn() : BlockColumn<double>(Absent)
{
    private const long AbsentBits = 0x7FF8_F1B0_0000_0001;

    public static readonly double Absent = BitConverter.Int64BitsToDouble(AbsentBits);

    public static bool IsAbsent(double value) => BitConverter.DoubleToInt64Bits(value) == AbsentBits;
}

/// <summary>One param, tag or attribute: each text once, and its code by slot. Code 0: no value. Codes hold until a text is set: when no run has most of the texts any more, those are left out and the others get new codes.</summary>
internal sealed class TextColumn() : BlockColumn<int>(0)
{
    /// <summary>Fewer texts that no run has are not worth the work.</summary>
    private const int Slack = 1024;

    /// <summary>For each of so many slots a text must have fallen out of use, so that new codes cost each change little.</summary>
    private const int SlotsPerText = 64;

    private readonly Lock ordering = new();
    private TextPool texts = new();

    /// <summary>How many slots have each text, by its code.</summary>
    private List<int> uses = [0];
    private int unused;
    private TextRow row = new();
    private Order order = new([], []);

    /// <summary>The texts that runs have, and some that none has any more; index is the code, from 1.</summary>
    public TextPool Texts => texts;

    public void Set(int slot, string? text)
    {
        var (before, after) = (this[slot], text is null ? 0 : Code(text));
        if (before == after) return;
        this[slot] = after;
        if (after > 0 && uses[after]++ == 0) unused--;
        if (before == 0 || --uses[before] > 0) return;
        unused++;
        if (unused > Slack && unused > texts.Count / 2 && (long)unused * SlotsPerText > Room) Compact();
    }

    public string? Text(int slot) => this[slot] is var code and > 0 ? texts[code] : null;

    /// <summary>Marks the codes of texts that are like a pattern; false where every text must be judged instead.</summary>
    public bool TryFindLike(string pattern, bool ignoreCase, bool[] fits) => row.TryFind(texts, pattern, ignoreCase, fits);

    public int? Find(string text) => texts.Find(text) is var code and > 0 ? code : null;

    /// <summary>The place of each code among the texts in ordinal order, from 1.</summary>
    public int[] Ranks() => Ordered().Ranks;

    /// <summary>Searches that go on at the same time may all be the first to ask for an order: one makes it, and both its parts are there at once.</summary>
    private Order Ordered()
    {
        if (Volatile.Read(ref order) is var known && known.Ranks.Length == texts.Count) return known;
        lock (ordering)
        {
            if (order.Ranks.Length == texts.Count) return order;
            int[] sorted = [.. Enumerable.Range(1, texts.Count - 1)];
            Array.Sort(sorted, (one, other) => texts.Span(one).SequenceCompareTo(texts.Span(other)));
            var ranks = new int[texts.Count];
            for (var i = 0; i < sorted.Length; i++) ranks[sorted[i]] = i + 1;
            var made = new Order(ranks, sorted);
            Volatile.Write(ref order, made);
            return made;
        }
    }

    /// <summary>How many texts come before <paramref name="text"/>, and whether it is one of them.</summary>
    public (int Before, bool Known) Place(string text)
    {
        var sorted = Ordered().Sorted;
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (texts.Span(sorted[middle]).SequenceCompareTo(text) < 0) low = middle + 1;
            else high = middle;
        }

        return (low, low < sorted.Length && texts.Span(sorted[low]).SequenceEqual(text));
    }

    /// <param name="Ranks">By code.</param>
    /// <param name="Sorted">Codes in order.</param>
    private sealed record Order(int[] Ranks, int[] Sorted);

    private int Code(string text)
    {
        var code = texts.Add(text);
        if (code < uses.Count) return code;
        uses.Add(0);
        unused++;
        return code;
    }

    /// <summary>Leaves out what no slot has. Whoever sets a text is alone with the column, so nobody looks at it meanwhile.</summary>
    private void Compact()
    {
        var (moved, kept, counts) = (new int[texts.Count], new TextPool(), new List<int> { 0 });
        for (var code = 1; code < texts.Count; code++)
        {
            if (uses[code] == 0) continue;
            moved[code] = kept.Add(texts.Span(code));
            counts.Add(uses[code]);
        }

        Replace(code => moved[code]);
        (texts, uses, unused, row, order) = (kept, counts, 0, new TextRow(), new Order([], []));
    }
}
