namespace Flyball.Server.Datasets;

/// <summary>
/// Exact counts in buckets that are narrow where numbers are likely to differ: 128 to each doubling of the distance from 0, and from an anchor (the median of the first rows), whichever is nearer.
/// A bucket is at most 1/128 as wide as that distance. What bins to keep is chosen from them once all numbers are known, and their counts are exact.
/// </summary>
internal sealed class FineBuckets(double anchor)
{
    private const int Bits = 7;
    private const int Region = 1 << (11 + Bits);
    private readonly bool mirrored = anchor < 0;
    private readonly double anchor = Math.Abs(anchor);
    private readonly double half = Math.Abs(anchor) / 2;
    private readonly long[]?[] pages = new long[4 * Region >> Bits][];

    public void Add(ReadOnlySpan<double> finite)
    {
        foreach (var value in finite)
        {
            var place = Place(value) + Region;
            (pages[place >> Bits] ??= new long[1 << Bits])[place & ((1 << Bits) - 1)]++;
        }
    }

    /// <summary>
    /// Cuts between the buckets such that a bin holds about a hundredth of the values, less towards the ends (a tenth of what is beyond it, down to 0.05 %), and that a bucket which holds more stands alone.
    /// </summary>
    public (IReadOnlyList<double> Cuts, IReadOnlyList<long> Counts) Bins()
    {
        var used = new List<(int Place, long Count)>();
        for (var page = 0; page < pages.Length; page++)
        {
            if (pages[page] is not { } filled) continue;
            for (var i = 0; i < filled.Length; i++)
            {
                if (filled[i] > 0) used.Add(((page << Bits) + i - Region, filled[i]));
            }
        }

        // of negative anchors the buckets lie the other way round
        if (mirrored) used = [.. used.AsEnumerable().Reverse().Select(bucket => (-bucket.Place, bucket.Count))];
        var total = used.Sum(bucket => bucket.Count);
        var (cuts, counts) = (new List<double>(), new List<long>());
        long before = 0, here = 0;
        for (var i = 0; i < used.Count; i++)
        {
            var (place, count) = used[i];
            var share = (before + (0.5 * here)) / total;
            var most = Math.Clamp(Math.Min(share, 1 - share) / 10, 0.0005, 0.01) * total;
            if (here > 0 && here + count > most)
            {
                // in the middle of what is empty between two buckets that are apart
                var after = used[i - 1].Place + 1;
                cuts.Add(Start(after));
                counts.Add(here);
                before += here;
                here = 0;
                if (place > after && count > most && Start(place) is var start && start > cuts[^1])
                {
                    cuts.Add(start);
                    counts.Add(0);
                }
            }

            here += count;
        }

        counts.Add(here);
        return (cuts, counts);
    }

    /// <summary>The bucket of a number, ascending with it.</summary>
    private int Place(double value)
    {
        // not its negative, which of 0 is another 0
        if (mirrored) value = 0 - value;
        if (value < 0) return -1 - Log(-value, !mirrored);
        if (value < half) return Log(value, mirrored);
        return value < anchor ? (2 * Region) - 1 - Log(anchor - value, !mirrored) : (2 * Region) + Log(value - anchor, mirrored);
    }

    /// <param name="isDown">Whether larger distances are smaller numbers: a bucket then ends with its largest distance, so that it begins with its least number either way. The distance 0 is alone.</param>
    private static int Log(double distance, bool isDown) => isDown ? (int)((BitConverter.DoubleToInt64Bits(distance) - 1) >> (52 - Bits)) + 1 : (int)(BitConverter.DoubleToInt64Bits(distance) >> (52 - Bits));

    /// <summary>The least number whose bucket, from below, is this one or a later one: found by halving the ordered bits of all numbers.</summary>
    private double Start(int place)
    {
        var (low, high) = (Order(double.MinValue), Order(double.MaxValue));
        while (low < high)
        {
            // the mean, rounded down, without the sum
            var middle = (low & high) + ((low ^ high) >> 1);
            var found = Place(FromOrder(middle));
            if ((mirrored ? -found : found) >= place) high = middle;
            else low = middle + 1;
        }

        return FromOrder(low);
    }

    private static long Order(double value) => BitConverter.DoubleToInt64Bits(value) is var bits and < 0 ? long.MinValue - bits : BitConverter.DoubleToInt64Bits(value);

    private static double FromOrder(long order) => BitConverter.Int64BitsToDouble(order < 0 ? long.MinValue - order : order);
}
