namespace Flyball.Native.DuckDb;

/// <summary>Up to 2,048 rows, column by column; valid until the next chunk is asked for.</summary>
public sealed class DuckDbChunk : IDisposable
{
    private readonly ChunkHandle handle;
    private readonly DuckDbLogicalType[] types;
    private readonly DuckDbVector?[] vectors;

    internal DuckDbChunk(ChunkHandle handle, DuckDbLogicalType[] types)
    {
        this.handle = handle;
        this.types = types;
        vectors = new DuckDbVector?[types.Length];
        Count = (int)DuckDbNative.ChunkSize(handle);
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    internal bool IsGone => handle.IsClosed;

    public DuckDbVector this[int column] =>
        vectors[column] ??= new DuckDbVector(DuckDbNative.ChunkVector(handle, (ulong)column), types[column], Count, this);

    public void Dispose() => handle.Dispose();
}
