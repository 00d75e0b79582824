namespace Flyball.Server.Datasets;

/// <summary>
/// Counts values in a table of 768 places. While there are no more different ones, all counts are exact. A full table takes the median of its counts from each and drops what is left with none
/// (Misra and Gries 1982 with the purge of Anderson et al. 2017), so a count is too low by at most <see cref="Undercount"/>, which is at most 1/384 of all that was added.
/// </summary>
/// <typeparam name="T">What is kept beside a count.</typeparam>
internal sealed class FrequentValues<T>
    where T : struct
{
    private const int Slots = 2048;
    private const int Most = 768;
    private ulong[] keys = new ulong[Slots];
    private long[] counts = new long[Slots];
    private T[] kept = new T[Slots];
    private ulong[] spareKeys = new ulong[Slots];
    private long[] spareCounts = new long[Slots];
    private T[] spareKept = new T[Slots];

    public int Count { get; private set; }

    public bool IsFull => Count == Most;

    /// <summary>By how much a count may be too low, and how often a value without one may have occurred.</summary>
    public long Undercount { get; private set; }

    public bool IsExact => Undercount == 0;

    /// <summary>Adds to the count of a value. One that is new needs a table that is not full, and its <typeparamref name="T"/> filled in.</summary>
    public ref T Add(ulong key, long times, out bool isNew)
    {
        // 0 marks a free place
        if (key == 0) key = 1;
        var at = (int)(key & (Slots - 1));
        while (true)
        {
            var there = keys[at];
            if (there == key)
            {
                counts[at] += times;
                isNew = false;
                return ref kept[at];
            }

            if (there == 0)
            {
                keys[at] = key;
                counts[at] = times;
                Count++;
                isNew = true;
                return ref kept[at];
            }

            at = (at + 1) & (Slots - 1);
        }
    }

    /// <summary>Makes room for at least half as many values as there are places.</summary>
    /// <param name="move">What becomes of what is kept beside a value that stays, given its new count.</param>
    public void Purge(Func<T, long, T>? move = null)
    {
        var median = Median();
        Undercount += median;
        Array.Clear(spareKeys);
        Count = 0;
        for (var i = 0; i < Slots; i++)
        {
            if (keys[i] == 0 || counts[i] <= median) continue;
            var at = (int)(keys[i] & (Slots - 1));
            while (spareKeys[at] != 0) at = (at + 1) & (Slots - 1);
            spareKeys[at] = keys[i];
            spareCounts[at] = counts[i] - median;
            spareKept[at] = move is null ? kept[i] : move(kept[i], spareCounts[at]);
            Count++;
        }

        (keys, spareKeys, counts, spareCounts, kept, spareKept) = (spareKeys, keys, spareCounts, counts, spareKept, kept);
    }

    /// <summary>Each value that has a count.</summary>
    public IEnumerable<(ulong Key, long Count, T Kept)> All()
    {
        for (var i = 0; i < Slots; i++)
        {
            if (keys[i] != 0) yield return (keys[i], counts[i], kept[i]);
        }
    }

    /// <summary>Visits each value; what is kept beside it may be changed.</summary>
    public void Each(Visit visit)
    {
        for (var i = 0; i < Slots; i++)
        {
            if (keys[i] != 0) visit(counts[i], ref kept[i]);
        }
    }

    public delegate void Visit(long count, ref T kept);

    private long Median()
    {
        // in a column of ever new values most occur once
        var used = 0;
        var ones = 0;
        Span<long> all = stackalloc long[Most];
        for (var i = 0; i < Slots; i++)
        {
            if (keys[i] == 0) continue;
            all[used++] = counts[i];
            if (counts[i] == 1) ones++;
        }

        if (ones * 2 > used) return 1;
        all = all[..used];
        all.Sort();
        return all[(used - 1) / 2];
    }
}
