namespace Flyball.Native.DuckDb;

/// <summary>The rows of a statement, column by column. Holds native memory until disposed.</summary>
public sealed class DuckDbResult : IDisposable
{
    private const int InterruptError = 29;

    private readonly ResultHandle handle;
    private readonly bool streaming;
    private DuckDbLogicalType[]? types;
    private DuckDbColumn[]? columns;
    private bool streamed;

    private DuckDbResult(ResultHandle handle, bool streaming)
    {
        this.handle = handle;
        this.streaming = streaming;
    }

    public IReadOnlyList<DuckDbColumn> Columns => columns ??= ReadColumns();

    /// <summary>Rows inserted, updated or deleted; 0 for a query.</summary>
    public long RowsChanged => (long)DuckDbNative.RowsChanged(handle);

    /// <summary>Number of rows held; 0 for a streamed result, whose rows are not known before they are read.</summary>
    public long RowCount => streaming ? 0 : (long)DuckDbNative.RowCount(handle);

    internal DuckDbLogicalType[] Types => types ??= ReadTypes();

    /// <summary>The rows in pieces of up to 2,048. A chunk and its spans are valid until the next one is asked for. A streamed result can be read once.</summary>
    /// <exception cref="DuckDbException">Computing the next rows of a streamed result failed.</exception>
    public IEnumerable<DuckDbChunk> Chunks()
    {
        if (streaming)
        {
            if (streamed) throw new InvalidOperationException("A streamed result can be read once.");
            streamed = true;
        }

        var count = streaming ? ulong.MaxValue : DuckDbNative.ChunkCount(handle.Value);
        for (var i = 0UL; i < count; i++)
        {
            var native = streaming ? DuckDbNative.FetchChunk(handle.Value) : DuckDbNative.GetChunk(handle.Value, i);
            if (native == 0)
            {
                if (DuckDbNative.ResultError(handle) is not 0 and var error) throw Failure(handle, error);
                yield break;
            }

            using var chunk = new DuckDbChunk(new ChunkHandle(native), Types);
            yield return chunk;
        }
    }

    /// <summary>The next rows of a streamed result, or null at its end. The chunk is the caller's: it and its spans are valid until it is disposed, also beside later ones.</summary>
    /// <exception cref="DuckDbException">Computing them failed.</exception>
    public DuckDbChunk? Take()
    {
        if (!streaming) throw new InvalidOperationException("Only the chunks of a streamed result can be taken.");
        streamed = true;
        var native = DuckDbNative.FetchChunk(handle.Value);
        if (native != 0) return new DuckDbChunk(new ChunkHandle(native), Types);
        return DuckDbNative.ResultError(handle) is not 0 and var error ? throw Failure(handle, error) : null;
    }

    /// <summary>The first value of the first row, converted to a number, text or time type; null or no row is only for a type that can be null.</summary>
    /// <exception cref="InvalidOperationException">There is no row or no value.</exception>
    public T Scalar<T>()
    {
        foreach (var chunk in Chunks())
        {
            if (chunk.Count > 0) return DuckDbValues.To<T>(chunk[0].Value(0));
        }

        return default(T) is null ? default! : throw new InvalidOperationException("The query answered no row.");
    }

    /// <summary>All rows, each value as an object (see <see cref="DuckDbVector.Value"/>).</summary>
    public IReadOnlyList<object?[]> Rows()
    {
        var rows = new List<object?[]>();
        foreach (var chunk in Chunks())
        {
            for (var row = 0; row < chunk.Count; row++)
            {
                var values = new object?[Types.Length];
                for (var column = 0; column < values.Length; column++) values[column] = chunk[column].Value(row);
                rows.Add(values);
            }
        }

        return rows;
    }

    /// <summary>A numeric column; nulls are NaN.</summary>
    public double[] Doubles(int column) => Column(column, static (vector, row) => vector.AsDouble(row));

    /// <summary>A text column.</summary>
    public string?[] Strings(int column) => Column(column, static (vector, row) => vector.IsNull(row) ? null : vector.String(row));

    /// <summary>A column of whole numbers.</summary>
    /// <exception cref="InvalidOperationException">A value is null.</exception>
    /// <exception cref="OverflowException">A value does not fit 64 bits.</exception>
    public long[] Longs(int column) => Column(column, static (vector, row) => vector.AsLong(row));

    public void Dispose() => handle.Dispose();

    /// <summary>Takes over a result that a call filled; a failed one is freed and thrown.</summary>
    internal static DuckDbResult Of(ResultHandle handle, int state, bool streaming)
    {
        if (state == 0) return new DuckDbResult(handle, streaming);
        using (handle)
        {
            throw Failure(handle, DuckDbNative.ResultError(handle));
        }
    }

    private static DuckDbException Failure(ResultHandle handle, nint error) =>
        new(DuckDbNative.Text(error) ?? "The statement failed.", DuckDbNative.ResultErrorType(handle) == InterruptError);

    private T[] Column<T>(int column, Func<DuckDbVector, int, T> read)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Types.Length);
        var values = new List<T>((int)Math.Min(RowCount, Array.MaxLength));
        foreach (var chunk in Chunks())
        {
            var vector = chunk[column];
            for (var row = 0; row < chunk.Count; row++) values.Add(read(vector, row));
        }

        return [.. values];
    }

    private DuckDbLogicalType[] ReadTypes()
    {
        var read = new DuckDbLogicalType[DuckDbNative.ColumnCount(handle)];
        for (var i = 0; i < read.Length; i++) read[i] = DuckDbLogicalType.Take(DuckDbNative.ColumnLogicalType(handle, (ulong)i));
        return read;
    }

    private DuckDbColumn[] ReadColumns()
    {
        var read = new DuckDbColumn[Types.Length];
        for (var i = 0; i < read.Length; i++) read[i] = new DuckDbColumn(DuckDbNative.Text(DuckDbNative.ColumnName(handle, (ulong)i)) ?? "", Types[i].Id, Types[i].SqlName);
        return read;
    }
}
