using System.Numerics;

namespace Flyball.Numerics;

/// <summary>A seeded source of chance that gives the same sequence on every platform: xoshiro256** filled by SplitMix64.</summary>
/// <remarks>
/// Generator: Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021). Logarithms and exponentials come from
/// <see cref="PortableMath"/>, because those of the C library differ in the last bit between platforms. Not thread-safe; not for secrets.
/// </remarks>
public sealed partial class Seeded
{
    private ulong s0;
    private ulong s1;
    private ulong s2;
    private ulong s3;
    private double spareNormal = double.NaN;

    public Seeded(ulong seed)
    {
        s0 = SplitMix64(ref seed);
        s1 = SplitMix64(ref seed);
        s2 = SplitMix64(ref seed);
        s3 = SplitMix64(ref seed);
    }

    private Seeded(ulong a, ulong b, ulong c, ulong d) => (s0, s1, s2, s3) = (a, b, c, d);

    /// <summary>The generator at a given state; an all-zero state throws, because it would only ever give zero.</summary>
    public static Seeded FromState(ulong a, ulong b, ulong c, ulong d) =>
        (a | b | c | d) == 0 ? throw new ArgumentException("the state of xoshiro256** must not be all zero") : new Seeded(a, b, c, d);

    /// <summary>One step of SplitMix64 (Steele, Lea, Flood 2014): advances the state and returns 64 mixed bits.</summary>
    public static ulong SplitMix64(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A source for one named purpose: the same name gives the same stream, however much of this source is used up afterwards.</summary>
    public Seeded Fork(string name)
    {
        var hash = 14695981039346656037UL;      // FNV-1a over UTF-16 units: string.GetHashCode differs between processes
        foreach (var unit in name) hash = (hash ^ unit) * 1099511628211UL;
        return new Seeded(hash ^ s0 ^ BitOperations.RotateLeft(s1, 17) ^ BitOperations.RotateLeft(s2, 31) ^ BitOperations.RotateLeft(s3, 47));
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        var t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1) with 53 random bits.</summary>
    public double Uniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Uniform(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>A whole number in [0, bound), each equally likely; throws where bound &lt; 1. Lemire, "Fast random integer generation in an interval" (2019).</summary>
    public long Below(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var range = (ulong)bound;
        var high = Math.BigMul(NextBits(), range, out var low);
        if (low < range)
        {
            var tooLow = (0 - range) % range;
            while (low < tooLow) high = Math.BigMul(NextBits(), range, out low);
        }

        return (long)high;
    }

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => Uniform() < probability;

    /// <summary>An index, drawn in proportion to its weight (≥ 0); throws where no weight is positive.</summary>
    public int Choice(ReadOnlySpan<double> weights)
    {
        var sum = 0.0;
        var last = -1;
        for (var i = 0; i < weights.Length; i++)
        {
            if (!(weights[i] >= 0) || double.IsInfinity(weights[i])) throw new ArgumentException($"weight {i} is {weights[i]:R}; weights are finite and not negative");
            if (weights[i] > 0) last = i;
            sum += weights[i];
        }

        if (last < 0) throw new ArgumentException("no weight is positive");
        var left = Uniform() * sum;
        for (var i = 0; i < last; i++)
        {
            left -= weights[i];
            if (left < 0) return i;
        }

        return last;
    }

    /// <summary>One of the items, each equally likely.</summary>
    public T Choice<T>(IReadOnlyList<T> items) => items[(int)Below(items.Count)];

    /// <summary>Puts the items into random order (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = (int)Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
