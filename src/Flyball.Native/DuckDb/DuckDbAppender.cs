using System.Buffers;
using System.Text;

namespace Flyball.Native.DuckDb;

/// <summary>Appends rows to a table, value by value in column order. Disposing writes what is pending and throws where that fails.</summary>
public sealed unsafe class DuckDbAppender : IDisposable
{
    private readonly AppenderHandle handle;
    private bool failed;

    internal DuckDbAppender(AppenderHandle handle) => this.handle = handle;

    public void AppendDouble(double value) => Check(DuckDbNative.AppendDouble(handle, value));

    public void AppendLong(long value) => Check(DuckDbNative.AppendInt64(handle, value));

    public void AppendInt(int value) => Check(DuckDbNative.AppendInt32(handle, value));

    public void AppendBool(bool value) => Check(DuckDbNative.AppendBool(handle, value ? (byte)1 : (byte)0));

    public void AppendString(string? value)
    {
        if (value is null)
        {
            AppendNull();
            return;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var buffer = most <= 512 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(most);
        var length = Encoding.UTF8.GetBytes(value, buffer);
        fixed (byte* utf8 = buffer) Check(DuckDbNative.AppendVarchar(handle, utf8, (ulong)length));
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>A TIMESTAMP; a local time is converted to UTC first.</summary>
    public void AppendTimestamp(DateTime value) => AppendTimestamp(DuckDbTime.Micros(value));

    /// <summary>A TIMESTAMP in microseconds since 1970-01-01 UTC.</summary>
    public void AppendTimestamp(long micros) => Check(DuckDbNative.AppendTimestamp(handle, micros));

    public void AppendNull() => Check(DuckDbNative.AppendNull(handle));

    /// <summary>Ends the row; all columns must have been given a value.</summary>
    public void EndRow() => Check(DuckDbNative.AppenderEndRow(handle));

    /// <summary>Writes what is pending to the table.</summary>
    public void Flush() => Check(DuckDbNative.AppenderFlush(handle));

    public void Dispose()
    {
        if (handle.IsClosed) return;
        try
        {
            // a failure that was thrown already must not hide behind its consequence
            if (!failed) Check(DuckDbNative.AppenderClose(handle));
        }
        finally
        {
            handle.Dispose();
        }
    }

    private void Check(int state)
    {
        if (state == 0) return;
        failed = true;
        throw new DuckDbException(DuckDbNative.Text(DuckDbNative.AppenderError(handle)) ?? "The row cannot be appended.");
    }
}
