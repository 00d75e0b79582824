using System.Globalization;
using Flyball.Numerics;

namespace Flyball.Server.Datasets;

/// <summary>
/// Two profiles as one of all their rows, without the rows. Counts, bins, extremes and, while all values are listed, quantiles, distinct values and top values are exact; moments up to rounding (Chan, Golub and LeVeque 1979);
/// distinct estimates as of one sketch over both; top values between their two counts; shapes at least as often as told.
/// </summary>
internal static class ProfileMerge
{
    private const int ToldShapes = 20;

    /// <exception cref="ArgumentException">They are not of the same columns, or were counted into different edges.</exception>
    public static DatasetProfile Merge(this DatasetProfile one, DatasetProfile other)
    {
        if (!one.Columns.Select(column => (column.Name, column.Kind)).SequenceEqual(other.Columns.Select(column => (column.Name, column.Kind)))) throw new ArgumentException("Profiles merge whose columns have the same names and kinds, in the same order.", nameof(other));
        if (!one.Correlations.Select(pair => (pair.A, pair.B)).SequenceEqual(other.Correlations.Select(pair => (pair.A, pair.B)))) throw new ArgumentException("Profiles merge that correlate the same columns.", nameof(other));
        return new DatasetProfile(
            one.Rows + other.Rows, one.Bytes + other.Bytes, [.. one.Columns.Zip(other.Columns, Merge)],
            [.. one.Correlations.Zip(other.Correlations, Both)]);
    }

    /// <summary>The pair's co-moments over the rows of both.</summary>
    public static Comoments Both(Comoments one, Comoments other)
    {
        if (other.Count == 0) return one;
        if (one.Count == 0) return other with { A = one.A, B = one.B };
        var count = one.Count + other.Count;
        var (a, b) = (other.MeanA - one.MeanA, other.MeanB - one.MeanB);
        var (part, weight) = ((double)other.Count / count, (double)one.Count * other.Count / count);
        return one with
        {
            Count = count,
            MeanA = one.MeanA + (a * part),
            MeanB = one.MeanB + (b * part),
            SquaresA = one.SquaresA + other.SquaresA + (a * a * weight),
            SquaresB = one.SquaresB + other.SquaresB + (b * b * weight),
            Products = one.Products + other.Products + (a * b * weight),
        };
    }

    private static ColumnProfile Merge(ColumnProfile one, ColumnProfile other)
    {
        if (other.Count == 0) return one with { Nulls = one.Nulls + other.Nulls, Nans = one.Nans + other.Nans };
        if (one.Count == 0) return other with { Type = one.Type, Nulls = one.Nulls + other.Nulls, Nans = one.Nans + other.Nans };
        var (top, unlisted) = Top(one, other);
        var sketch = DistinctSketch.Read(one.Sketch).Merge(DistinctSketch.Read(other.Sketch));
        var isListed = one.IsListed && other.IsListed;
        var (distinct, isExact) = isListed && unlisted == 0 ? (top.Count, true) : (Math.Min(one.Count + other.Count, (long)Math.Round(sketch.Estimate())), false);
        var merged = one with
        {
            Type = one.Type == other.Type ? one.Type : $"{one.Type}, {other.Type}",
            Count = one.Count + other.Count,
            Nulls = one.Nulls + other.Nulls,
            Nans = one.Nans + other.Nans,
            Distinct = distinct,
            IsDistinctExact = isExact,
            True = one.True + other.True,
            Top = top,
            Unlisted = unlisted,
            Sketch = sketch.Text(),
        };
        if (one.Numbers is { } numbers && other.Numbers is { } more)
        {
            var isLess = (more.Min ?? double.PositiveInfinity) < (numbers.Min ?? double.PositiveInfinity);
            var isMore = (more.Max ?? double.NegativeInfinity) > (numbers.Max ?? double.NegativeInfinity);
            return merged with { Numbers = Merge(merged, numbers, more), Min = isLess ? other.Min : one.Min, Max = isMore ? other.Max : one.Max };
        }

        return merged with
        {
            Texts = one.Texts is { } texts && other.Texts is { } others ? Merge(texts, one.Count, others, other.Count) : one.Texts ?? other.Texts,
            Min = string.CompareOrdinal(other.Min, one.Min) < 0 ? other.Min : one.Min,
            Max = string.CompareOrdinal(other.Max, one.Max) > 0 ? other.Max : one.Max,
        };
    }

    private static NumberProfile Merge(ColumnProfile column, NumberProfile one, NumberProfile other)
    {
        if (one.Finite > 0 && other.Finite > 0 && !one.Cuts.SequenceEqual(other.Cuts)) throw new ArgumentException($"The column {column.Name} was counted into different edges; make one profile with the edges of the other.", nameof(other));
        if (one.Finite == 0 || other.Finite == 0)
        {
            var there = one.Finite == 0 ? other : one;
            return there with { PositiveInfinities = one.PositiveInfinities + other.PositiveInfinities, NegativeInfinities = one.NegativeInfinities + other.NegativeInfinities };
        }

        var moments = Moments(one).Merge(Moments(other));
        var (min, max) = (Math.Min(one.Min!.Value, other.Min!.Value), Math.Max(one.Max!.Value, other.Max!.Value));
        var counts = one.Counts.Zip(other.Counts, (a, b) => a + b).ToList();
        return one with
        {
            Finite = one.Finite + other.Finite,
            Min = min,
            Max = max,
            Mean = moments.Count == 0 ? null : moments.Mean,
            Std = moments.Count < 2 ? null : Math.Sqrt(moments.SampleVariance),
            LeftOut = one.LeftOut + other.LeftOut,
            Zeros = one.Zeros + other.Zeros,
            Negative = one.Negative + other.Negative,
            PositiveInfinities = one.PositiveInfinities + other.PositiveInfinities,
            NegativeInfinities = one.NegativeInfinities + other.NegativeInfinities,
            Counts = counts,
            Quantiles = Quantiles(column, one.Cuts, counts, min, max),
        };
    }

    private static IReadOnlyList<double> Quantiles(ColumnProfile column, IReadOnlyList<double> cuts, IReadOnlyList<long> counts, double min, double max)
    {
        // times are listed as texts
        var values = column.Kind != ColumnKind.Number ? [] : column.Top.Select(top => (Value: double.Parse(top.Value, CultureInfo.InvariantCulture), top.Count)).Where(top => double.IsFinite(top.Value)).OrderBy(top => top.Value).ToList();
        var areWhole = column.Type.EndsWith("INT", StringComparison.Ordinal) || column.Type.EndsWith("INTEGER", StringComparison.Ordinal);
        return column is { Kind: ColumnKind.Number, IsListed: true } ? NumberBins.Quantiles(values) : NumberBins.Quantiles(cuts, counts, min, max, areWhole, values);
    }

    private static RunningMoments Moments(NumberProfile numbers) => numbers.Mean is { } mean && numbers.Finite - numbers.LeftOut is > 0 and var count
        ? new RunningMoments(count, mean, (numbers.Std ?? 0) * (numbers.Std ?? 0) * (count - 1), 0, 0)
        : default;

    private static TextProfile Merge(TextProfile one, long count, TextProfile other, long more) => new(
        Math.Min(one.MinLength, other.MinLength), ((one.MeanLength * count) + (other.MeanLength * more)) / (count + more), Math.Max(one.MaxLength, other.MaxLength),
        one.Empty + other.Empty, one.Numbers + other.Numbers, one.Dates + other.Dates, one.Uuids + other.Uuids, one.Emails + other.Emails, Merge(one.Shapes, other.Shapes), Merge(one.LooseShapes, other.LooseShapes));

    private static IReadOnlyList<ShapeCount> Merge(IReadOnlyList<ShapeCount> one, IReadOnlyList<ShapeCount> other) =>
        [.. one.Concat(other).GroupBy(shape => shape.Shape, StringComparer.Ordinal).Select(same => new ShapeCount(same.Key, same.Sum(shape => shape.Count))).OrderByDescending(shape => shape.Count).ThenBy(shape => shape.Shape, StringComparer.Ordinal).Take(ToldShapes)];

    /// <summary>A value that only one of them lists may have occurred in the other as often as its unlisted ones.</summary>
    private static (IReadOnlyList<TopValue> Top, long Unlisted) Top(ColumnProfile one, ColumnProfile other)
    {
        var there = other.Top.ToDictionary(value => (value.Value, value.Digest));
        var both = one.Top.Select(value => there.Remove((value.Value, value.Digest), out var same)
            ? value with { Count = value.Count + same.Count, AtMost = value.AtMost + same.AtMost }
            : value with { AtMost = value.AtMost + other.Unlisted }).ToList();
        return ColumnTally.Most(both.Concat(there.Values.Select(value => value with { AtMost = value.AtMost + one.Unlisted })), one.Unlisted + other.Unlisted);
    }
}
