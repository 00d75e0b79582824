namespace Flyball.Server.Datasets;

/// <summary>
/// Counts values in a table of 768 places. While there are no more different ones, all counts are exact. A full table takes the median of its counts from each and drops what is left with none
/// (Misra and Gries 1982 with the purge of Anderson et al. 2017), so a count is too low by at most <see cref="Undercount"/>, which is at most 1/384 of all that was added.
/// </summary>
/// <typeparam name="T">What is kept beside a count.</typeparam>
internal sealed class FrequentValues<T>
    where T : struct
{
    /// <summary>Places of a table.</summary>
    public const int Most = 768;

    private const int Slots = 2048;

    /// <summary>One more than the place of the value whose hash leads here; 0 for none.</summary>
    private readonly ushort[] slots = new ushort[Slots];
    private readonly ulong[] keys = new ulong[Most];
    private readonly long[] counts = new long[Most];
    private readonly T[] kept = new T[Most];

    public int Count { get; private set; }

    public bool IsFull => Count == Most;

    /// <summary>By how much a count may be too low, and how often a value without one may have occurred.</summary>
    public long Undercount { get; private set; }

    public bool IsExact => Undercount == 0;

    /// <summary>Adds to the count of a value. One that is new needs a table that is not full, and its <typeparamref name="T"/> filled in.</summary>
    public ref T Add(ulong key, long times, out bool isNew)
    {
        var at = (int)key & (Slots - 1);
        for (int place; (place = slots[at] - 1) >= 0; at = (at + 1) & (Slots - 1))
        {
            if (keys[place] != key) continue;
            counts[place] += times;
            isNew = false;
            return ref kept[place];
        }

        slots[at] = (ushort)(Count + 1);
        keys[Count] = key;
        counts[Count] = times;
        isNew = true;
        return ref kept[Count++];
    }

    /// <summary>Makes room for at least half as many values as there are places.</summary>
    /// <param name="move">What becomes of what is kept beside a value that stays, given its new count.</param>
    public void Purge(Func<T, long, T>? move = null)
    {
        var median = Median();
        Undercount += median;
        Array.Clear(slots);
        var left = 0;
        for (var place = 0; place < Count; place++)
        {
            if (counts[place] <= median) continue;
            keys[left] = keys[place];
            counts[left] = counts[place] - median;
            kept[left] = move is null ? kept[place] : move(kept[place], counts[left]);
            var at = (int)keys[left] & (Slots - 1);
            while (slots[at] != 0) at = (at + 1) & (Slots - 1);
            slots[at] = (ushort)++left;
        }

        Count = left;
    }

    /// <summary>Each value that has a count.</summary>
    public IEnumerable<(ulong Key, long Count, T Kept)> All() => Enumerable.Range(0, Count).Select(place => (keys[place], counts[place], kept[place]));

    /// <summary>Visits each value; what is kept beside it may be changed.</summary>
    public void Each(Visit visit)
    {
        for (var place = 0; place < Count; place++) visit(counts[place], ref kept[place]);
    }

    public delegate void Visit(long count, ref T kept);

    private long Median()
    {
        // in a column of ever new values most occur once
        var all = counts.AsSpan(0, Count);
        if (all.Count(1) * 2 > Count) return 1;
        Span<long> sorted = stackalloc long[Most];
        all.CopyTo(sorted);
        sorted = sorted[..Count];
        sorted.Sort();
        return sorted[(Count - 1) / 2];
    }
}
