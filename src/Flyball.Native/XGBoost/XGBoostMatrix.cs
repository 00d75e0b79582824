using System.Text;

namespace Flyball.Native.XGBoost;

/// <summary>Rows to train on or to predict, copied into the engine's own form.</summary>
public sealed unsafe class XGBoostMatrix : IDisposable
{
    private XGBoostMatrix(nint matrix, int rows, int columns)
    {
        Handle = new MatrixHandle(matrix);
        Rows = rows;
        Columns = columns;
    }

    public int Rows { get; }

    public int Columns { get; }

    internal MatrixHandle Handle { get; }

    /// <summary>From row-major values of shape rows × columns; threads 0 means all cores.</summary>
    /// <exception cref="ArgumentException">There are not rows × columns values.</exception>
    public static XGBoostMatrix FromDense(ReadOnlySpan<float> values, int rows, int columns, float missing = float.NaN, int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (values.Length != (long)rows * columns) throw new ArgumentException($"{rows} rows of {columns} columns need {(long)rows * columns} values, not {values.Length}.", nameof(values));
        fixed (float* data = values)
        {
            XGBoostException.Check(XGBoostNative.XGDMatrixCreateFromMat_omp(data, (ulong)rows, (ulong)columns, missing, out var matrix, threads));
            return new XGBoostMatrix(matrix, rows, columns);
        }
    }

    /// <summary>From compressed sparse rows: row i holds the entries from rowStarts[i] up to rowStarts[i + 1]; what is not there is missing.</summary>
    /// <exception cref="ArgumentException">The three arrays do not fit each other.</exception>
    public static XGBoostMatrix FromCsr(ReadOnlySpan<ulong> rowStarts, ReadOnlySpan<uint> indices, ReadOnlySpan<float> values, int columns)
    {
        CheckCsr(rowStarts, indices, values, columns);
        var none = 0f;
        fixed (ulong* starts = rowStarts)
        fixed (uint* index = indices)
        fixed (float* value = values)
        fixed (byte* startsJson = ArrayJson(starts, "<u8", rowStarts.Length))
        fixed (byte* indexJson = ArrayJson(index is null ? &none : index, "<u4", indices.Length))
        fixed (byte* valueJson = ArrayJson(value is null ? &none : value, "<f4", values.Length))
        fixed (byte* config = "{\"missing\":NaN}\0"u8)
        {
            XGBoostException.Check(XGBoostNative.XGDMatrixCreateFromCSR(startsJson, indexJson, valueJson, (ulong)columns, config, out var matrix));
            return new XGBoostMatrix(matrix, rowStarts.Length - 1, columns);
        }
    }

    /// <summary>The value to learn, one per row.</summary>
    public void SetLabels(ReadOnlySpan<float> labels) => SetRowInfo("label", labels);

    /// <summary>How much each row counts.</summary>
    public void SetWeights(ReadOnlySpan<float> weights) => SetRowInfo("weight", weights);

    public void SetFeatureNames(IReadOnlyList<string> names) => SetColumnInfo("feature_name", names);

    /// <summary>One of <c>float</c>, <c>int</c>, <c>i</c> (indicator), <c>q</c> (quantitative) and <c>c</c> (category) per column.</summary>
    public void SetFeatureTypes(IReadOnlyList<string> types) => SetColumnInfo("feature_type", types);

    public void Dispose() => Handle.Dispose();

    private static byte[] ArrayJson(void* data, string type, int length) =>
        Encoding.UTF8.GetBytes($"{{\"data\":[{(ulong)data},true],\"shape\":[{length}],\"typestr\":\"{type}\",\"version\":3}}\0");

    /// <summary>The engine trusts these numbers as addresses.</summary>
    private static void CheckCsr(ReadOnlySpan<ulong> rowStarts, ReadOnlySpan<uint> indices, ReadOnlySpan<float> values, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (rowStarts.IsEmpty || rowStarts[0] != 0) throw new ArgumentException("The first row starts at 0.", nameof(rowStarts));
        for (var i = 1; i < rowStarts.Length; i++)
        {
            if (rowStarts[i] < rowStarts[i - 1]) throw new ArgumentException($"Row {i - 1} ends before it starts.", nameof(rowStarts));
        }

        if (rowStarts[^1] != (ulong)values.Length || indices.Length != values.Length)
        {
            throw new ArgumentException($"The rows end at {rowStarts[^1]}, with {indices.Length} indices and {values.Length} values.", nameof(values));
        }

        foreach (var index in indices)
        {
            if (index >= (uint)columns) throw new ArgumentException($"Column {index} of {columns}.", nameof(indices));
        }
    }

    private void SetRowInfo(string field, ReadOnlySpan<float> values)
    {
        if (values.Length != Rows) throw new ArgumentException($"{values.Length} values for {Rows} rows.", nameof(values));
        fixed (float* data = values) XGBoostException.Check(XGBoostNative.XGDMatrixSetFloatInfo(Handle, field, data, (ulong)values.Length));
    }

    private void SetColumnInfo(string field, IReadOnlyList<string> values)
    {
        if (values.Count != Columns) throw new ArgumentException($"{values.Count} values for {Columns} columns.", nameof(values));
        XGBoostException.Check(XGBoostNative.XGDMatrixSetStrFeatureInfo(Handle, field, [.. values], (ulong)values.Count));
    }
}
