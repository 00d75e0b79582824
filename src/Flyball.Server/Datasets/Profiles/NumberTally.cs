using Flyball.Native.DuckDb;
using Flyball.Numerics;

namespace Flyball.Server.Datasets;

/// <summary>A column of numbers or times.</summary>
/// <param name="cuts">Where bins meet, or null where they are chosen once all values are known.</param>
internal sealed class NumberTally(Column column, NumberReading reading, IReadOnlyList<double>? cuts) : ColumnTally(column)
{
    /// <summary>Numbers beyond this are left out of moments: their squares, and sums of those over any number of rows, would be no numbers.</summary>
    public const double Measurable = 1e140;

    private const int Rows = 2048;
    private readonly long[] raw = new long[Rows];
    private readonly double[] numbers = new double[Rows];
    private readonly double[] finite = new double[Rows];
    private readonly FrequentValues<(long Raw, double Number)> values = new();
    private readonly double[]? given = cuts is null ? null : [.. cuts];
    private readonly long[]? counted = cuts is null ? null : new long[cuts.Count + 1];
    private FineBuckets? buckets;
    private RunningMoments moments;
    private (long Raw, double Number) min = (long.MaxValue, double.PositiveInfinity);
    private (long Raw, double Number) max = (long.MinValue, double.NegativeInfinity);
    private long all, nans, up, down, zeros, negative, leftOut;

    public ColumnKind Kind => reading.Kind;

    /// <summary>Where the numbers of the rows are also written, NaN for what has no part in correlations; null for nowhere.</summary>
    public double[]? Pairs { get; set; }

    public override void Add(DuckDbVector vector) => Add(vector, 0);

    /// <param name="row">Where the chunk's rows begin in <see cref="Pairs"/>.</param>
    public void Add(DuckDbVector vector, int row)
    {
        var rows = vector.Count;
        if (rows == 0) return;
        reading.Read(vector, raw.AsSpan(0, rows), numbers.AsSpan(0, rows));
        Count += rows;
        if (Pairs is { } pairs) Pair(vector.Validity, pairs.AsSpan(row, rows));
        var kept = Compact(vector.Validity, rows);
        Number(raw.AsSpan(0, kept.Values));
        var here = finite.AsSpan(0, kept.Finite);
        if (here.Length > 0)
        {
            if (given is null) (buckets ??= new FineBuckets(Middle(here))).Add(here);
            else NumberBins.Count(given, here, counted);
            Measure(here);
        }

        all += kept.Finite;
    }

    public override ColumnProfile Profile()
    {
        var listed = values.All().Select(value => new TopValue(reading.Text(value.Kept.Raw, value.Kept.Number), value.Count, value.Count + values.Undercount));
        var (top, unlisted) = Most(listed, values.Undercount);
        var (bins, counts) = given is not null ? (given, counted!) : buckets?.Bins() ?? ([], [0]);
        var isEmpty = all == 0;
        var quantiles = values.IsExact
            ? NumberBins.Quantiles([.. values.All().Select(value => (value.Kept.Number, value.Count)).Where(value => double.IsFinite(value.Number)).OrderBy(value => value.Number)])
            : NumberBins.Quantiles(bins, counts, min.Number, max.Number, reading.IsWhole, values.All().Select(value => (value.Kept.Number, value.Count)).Where(value => double.IsFinite(value.Number)));
        var isMeasured = reading.Kind == ColumnKind.Number && moments.Count > 0;
        var profile = new NumberProfile(
            all, isEmpty ? null : min.Number, isEmpty ? null : max.Number, isMeasured ? moments.Mean : null, isMeasured && moments.Count > 1 ? Math.Sqrt(moments.SampleVariance) : null,
            leftOut, zeros, negative, up, down, quantiles, bins, counts);
        return new ColumnProfile(
            Column.Name, Column.Type, reading.Kind, Count - Nulls - nans, Nulls, nans, values.IsExact ? values.Count : Estimate(Count - Nulls - nans), values.IsExact,
            isEmpty ? null : reading.Text(min.Raw, min.Number), isEmpty ? null : reading.Text(max.Raw, max.Number), profile, null, null, top, unlisted, Sketch.Text());
    }

    /// <summary>Moves what is there together, and the finite numbers apart.</summary>
    private (int Values, int Finite) Compact(ReadOnlySpan<ulong> validity, int rows)
    {
        var (there, ended) = (0, 0);
        for (var row = 0; row < rows; row++)
        {
            if (IsNull(validity, row))
            {
                Nulls++;
                continue;
            }

            var number = numbers[row];
            if (double.IsFinite(number))
            {
                if (Before(raw[row], number, min)) min = (raw[row], number);
                if (Before(max.Raw, max.Number, (raw[row], number))) max = (raw[row], number);
                finite[ended++] = number;
            }
            else if (double.IsNaN(number))
            {
                nans++;
                continue;
            }
            else if (number > 0)
            {
                up++;
            }
            else
            {
                down++;
            }

            numbers[there] = number;
            raw[there++] = raw[row];
        }

        return (there, ended);
    }

    /// <summary>By their numbers; where those are the same, by all digits of whole ones.</summary>
    private bool Before(long one, double number, (long Raw, double Number) other) => number < other.Number || (number == other.Number && !reading.IsFloat && one < other.Raw);

    private void Number(ReadOnlySpan<long> there)
    {
        for (var i = 0; i < there.Length; i++)
        {
            var value = there[i];
            var times = 1;
            while (i + 1 < there.Length && there[i + 1] == value) (i, times) = (i + 1, times + 1);
            if (values.IsFull) values.Purge();
            var hash = ValueHash.Of(value);
            ref var kept = ref values.Add(hash, times, out var isNew);
            if (!isNew) continue;
            Sketch.Add(hash);
            kept = (value, numbers[i]);
        }
    }

    private void Measure(Span<double> here)
    {
        var (used, sum) = (0, 0.0);
        foreach (var value in here)
        {
            if (value == 0) zeros++;
            if (value < 0) negative++;
            if (Math.Abs(value) <= Measurable)
            {
                here[used++] = value;
                sum += value;
            }
        }

        leftOut += here.Length - used;
        if (used == 0 || reading.Kind != ColumnKind.Number) return;
        var (mean, squares, rest) = (sum / used, 0.0, 0.0);
        foreach (var value in here[..used])
        {
            var off = value - mean;
            squares += off * off;
            rest += off;
        }

        // what the mean lost to rounding (the corrected two-pass algorithm of Chan, Golub and LeVeque 1983)
        moments = moments.Merge(new RunningMoments(used, mean + (rest / used), squares - (rest * rest / used), 0, 0));
    }

    private void Pair(ReadOnlySpan<ulong> validity, Span<double> pairs)
    {
        for (var row = 0; row < pairs.Length; row++) pairs[row] = !IsNull(validity, row) && Math.Abs(numbers[row]) <= Measurable ? numbers[row] : double.NaN;
    }

    private static double Middle(ReadOnlySpan<double> first)
    {
        var sorted = first.ToArray();
        Array.Sort(sorted);
        return sorted[sorted.Length / 2];
    }
}
