using System.Numerics;

namespace Flyball.Server.Datasets;

/// <summary>Co-moments of every pair of numeric columns, batch by batch: each batch is centred at its own means, then merged (Chan, Golub and LeVeque 1979).</summary>
internal sealed class PairMoments
{
    private readonly IReadOnlyList<(Column Column, double[] Rows)> columns;
    private readonly double[][] off;
    private readonly double[]?[] present;
    private readonly double[] means;
    private readonly double[] squares;
    private readonly Comoments[][] pairs;

    /// <param name="columns">With the rows of a batch, NaN where there is no value.</param>
    public PairMoments(IReadOnlyList<(Column Column, double[] Rows)> columns)
    {
        this.columns = columns;
        off = [.. columns.Select(column => new double[column.Rows.Length])];
        present = new double[]?[columns.Count];
        means = new double[columns.Count];
        squares = new double[columns.Count];
        pairs = [.. columns.Select((a, i) => columns.Take(i).Select(b => new Comoments(b.Column.Name, a.Column.Name, 0, 0, 0, 0, 0, 0)).ToArray())];
    }

    /// <summary>Takes the first so many rows of the batch.</summary>
    public void Add(int rows)
    {
        Parallel.For(0, columns.Count, i => Centre(i, rows));
        Parallel.For(0, columns.Count, i =>
        {
            for (var j = 0; j < i; j++) pairs[i][j] = ProfileMerge.Both(pairs[i][j], Batch(j, i, rows));
        });
    }

    public IReadOnlyList<Comoments> All() => [.. from j in Enumerable.Range(0, columns.Count) from i in Enumerable.Range(j + 1, columns.Count - j - 1) select pairs[i][j]];

    private void Centre(int column, int rows)
    {
        var values = columns[column].Rows.AsSpan(0, rows);
        var there = 0;
        var sum = 0.0;
        foreach (var value in values)
        {
            if (double.IsNaN(value)) continue;
            sum += value;
            there++;
        }

        var mean = means[column] = there == 0 ? 0 : sum / there;
        var centred = off[column].AsSpan(0, rows);
        if (there == rows)
        {
            present[column] = null;
            for (var row = 0; row < rows; row++) centred[row] = values[row] - mean;
        }
        else
        {
            var flags = (present[column] ??= new double[columns[column].Rows.Length]).AsSpan(0, rows);
            for (var row = 0; row < rows; row++) (centred[row], flags[row]) = double.IsNaN(values[row]) ? (0, 0) : (values[row] - mean, 1);
        }

        squares[column] = Dot(centred, centred);
    }

    private Comoments Batch(int a, int b, int rows)
    {
        var one = off[a].AsSpan(0, rows);
        var two = off[b].AsSpan(0, rows);
        var products = Dot(one, two);
        var (hasOne, hasTwo) = (present[a], present[b]);
        if (hasOne is null && hasTwo is null) return new Comoments("", "", rows, means[a], means[b], squares[a], squares[b], products);
        var (count, sumA, sumB, squaresA, squaresB) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var row = 0; row < rows; row++)
        {
            var both = (hasOne is null ? 1 : hasOne[row]) * (hasTwo is null ? 1 : hasTwo[row]);
            var (x, y) = (one[row] * both, two[row] * both);
            count += both;
            sumA += x;
            sumB += y;
            squaresA += x * x;
            squaresB += y * y;
        }

        if (count == 0) return new Comoments("", "", 0, 0, 0, 0, 0, 0);
        return new Comoments(
            "", "", (long)count, means[a] + (sumA / count), means[b] + (sumB / count),
            Math.Max(0, squaresA - (sumA * sumA / count)), Math.Max(0, squaresB - (sumB * sumB / count)), products - (sumA * sumB / count));
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sums = Vector<double>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<double>.Count; i += Vector<double>.Count) sums += new Vector<double>(a[i..]) * new Vector<double>(b[i..]);
        var sum = Vector.Sum(sums);
        for (; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
