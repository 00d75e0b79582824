using System.Runtime.CompilerServices;

namespace Flyball.Server.Tracking;

/// <summary>
/// Values of runs by slot, in blocks that exist only where there is a value: an experiment's own metrics cost nothing in the others. A block with few values holds those alone, in the order of their slots:
/// names that hardly any run has cost some bytes a value, however many such names there are.
/// </summary>
internal class BlockColumn<T>
    where T : struct
{
    private const int Bits = 12;
    private const int Size = 1 << Bits;
    private const int Mask = Size - 1;

    /// <summary>A block with more values has a place for each slot.</summary>
    private const int MostFew = Size / 16;

    /// <summary>Stands behind all slots, where a block of few values has room left.</summary>
    private const ushort Free = ushort.MaxValue;

    private readonly T absent;
    private T[]?[] blocks = [];
    private ushort[]?[] places = [];

    /// <param name="absent">What a slot without a value holds.</param>
    public BlockColumn(T absent) => this.absent = absent;

    public T this[int slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var all = blocks;
            var block = slot >> Bits;
            return (uint)block < (uint)all.Length && all[block] is { } values ? values.Length == Size ? values[slot & Mask] : Few(block, slot, values) : absent;
        }

        set
        {
            var block = slot >> Bits;
            if (block >= blocks.Length)
            {
                var length = Math.Max(block + 1, blocks.Length * 2);
                Array.Resize(ref blocks, length);
                Array.Resize(ref places, length);
            }

            if (blocks[block] is { Length: Size } values) values[slot & Mask] = value;
            else SetFew(block, slot & Mask, value);
        }
    }

    /// <summary>Values for which there is room, whether slots have them or not.</summary>
    protected long Room => blocks.Sum(values => (long)(values?.Length ?? 0));

    /// <summary>Puts other values in place of all.</summary>
    protected void Replace(Func<T, T> other)
    {
        foreach (var values in blocks)
        {
            for (var i = 0; i < values?.Length; i++) values[i] = other(values[i]);
        }
    }

    private T Few(int block, int slot, T[] values) => places[block].AsSpan().BinarySearch((ushort)(slot & Mask)) is var at and >= 0 ? values[at] : absent;

    private void SetFew(int block, int place, T value)
    {
        var (values, slots) = (blocks[block] ?? [], places[block] ?? []);
        var at = slots.AsSpan().BinarySearch((ushort)place);
        if (at >= 0)
        {
            values[at] = value;
            return;
        }

        at = ~at;
        if (slots.Length == 0 || slots[^1] != Free)
        {
            if (slots.Length == MostFew)
            {
                var whole = new T[Size];
                Array.Fill(whole, absent);
                for (var i = 0; i < slots.Length; i++) whole[slots[i]] = values[i];
                whole[place] = value;
                (blocks[block], places[block]) = (whole, null);
                return;
            }

            var (had, length) = (slots.Length, Math.Max(2, slots.Length * 2));
            Array.Resize(ref values, length);
            Array.Resize(ref slots, length);
            Array.Fill(values, absent, had, length - had);
            Array.Fill(slots, Free, had, length - had);
            (blocks[block], places[block]) = (values, slots);
        }

        Array.Copy(values, at, values, at + 1, values.Length - at - 1);
        Array.Copy(slots, at, slots, at + 1, slots.Length - at - 1);
        (values[at], slots[at]) = (value, (ushort)place);
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
