using System.Runtime.InteropServices;

namespace Flyball.Native.DuckDb;

internal abstract class DuckDbHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
}

internal sealed class DatabaseHandle : DuckDbHandle
{
    public DatabaseHandle(nint database)
    {
        SetHandle(database);
        DuckDbUse.Opened();
    }

    protected override bool ReleaseHandle()
    {
        DuckDbNative.Close(ref handle);
        DuckDbUse.Closed();
        return true;
    }
}

internal sealed class ConnectionHandle : DuckDbHandle
{
    public ConnectionHandle(nint connection) => SetHandle(connection);

    protected override bool ReleaseHandle()
    {
        DuckDbNative.Disconnect(ref handle);
        return true;
    }
}

internal sealed class StatementHandle : DuckDbHandle
{
    public StatementHandle(nint statement) => SetHandle(statement);

    protected override bool ReleaseHandle()
    {
        DuckDbNative.DestroyPrepare(ref handle);
        return true;
    }
}

internal sealed class AppenderHandle : DuckDbHandle
{
    public AppenderHandle(nint appender) => SetHandle(appender);

    protected override bool ReleaseHandle()
    {
        _ = DuckDbNative.AppenderDestroy(ref handle);
        return true;
    }
}

internal sealed class ChunkHandle : DuckDbHandle
{
    public ChunkHandle(nint chunk) => SetHandle(chunk);

    protected override bool ReleaseHandle()
    {
        DuckDbNative.DestroyChunk(ref handle);
        return true;
    }
}

/// <summary>Owns the memory of a <c>duckdb_result</c>, which the caller has to provide, and what the engine hangs into it.</summary>
internal sealed unsafe class ResultHandle : DuckDbHandle
{
    public ResultHandle() => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult)));

    /// <summary>The struct for those functions that take it by value.</summary>
    public NativeResult Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return *(NativeResult*)handle;
        }
    }

    protected override bool ReleaseHandle()
    {
        DuckDbNative.DestroyResult((NativeResult*)handle);
        NativeMemory.Free((void*)handle);
        return true;
    }
}
