using System.Buffers;
using System.Text;

namespace Flyball.Native.DuckDb;

/// <summary>A prepared statement. Parameters are numbered from 1 as in <c>$1</c> and stay bound until bound again.</summary>
public sealed unsafe class DuckDbStatement : IDisposable
{
    private readonly StatementHandle handle;

    internal DuckDbStatement(StatementHandle handle) => this.handle = handle;

    public int ParameterCount => (int)DuckDbNative.ParameterCount(handle);

    /// <summary>The columns that running it would answer, without running it.</summary>
    public IReadOnlyList<DuckDbColumn> Columns
    {
        get
        {
            var columns = new DuckDbColumn[DuckDbNative.StatementColumnCount(handle)];
            for (var i = 0; i < columns.Length; i++)
            {
                var type = DuckDbLogicalType.Take(DuckDbNative.StatementColumnType(handle, (ulong)i));
                columns[i] = new DuckDbColumn(DuckDbNative.TakeText(DuckDbNative.StatementColumnName(handle, (ulong)i)) ?? "", type.Id, type.SqlName);
            }

            return columns;
        }
    }

    public void Bind(int index, long value) => Check(DuckDbNative.BindInt64(handle, (ulong)index, value), index);

    public void Bind(int index, int value) => Check(DuckDbNative.BindInt32(handle, (ulong)index, value), index);

    public void Bind(int index, double value) => Check(DuckDbNative.BindDouble(handle, (ulong)index, value), index);

    public void Bind(int index, bool value) => Check(DuckDbNative.BindBoolean(handle, (ulong)index, value ? (byte)1 : (byte)0), index);

    /// <summary>Binds a TIMESTAMP; a local time is converted to UTC first.</summary>
    public void Bind(int index, DateTime value) => BindTimestamp(index, DuckDbTime.Micros(value));

    public void Bind(int index, string? value)
    {
        if (value is null)
        {
            BindNull(index);
            return;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var buffer = most <= 512 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(most);
        var length = Encoding.UTF8.GetBytes(value, buffer);
        fixed (byte* utf8 = buffer) Check(DuckDbNative.BindVarchar(handle, (ulong)index, utf8, (ulong)length), index);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    public void Bind(int index, ReadOnlySpan<byte> blob)
    {
        // an empty span has no address, and the engine wants one
        byte none = 0;
        fixed (byte* bytes = blob) Check(DuckDbNative.BindBlob(handle, (ulong)index, bytes is null ? &none : bytes, (ulong)blob.Length), index);
    }

    public void Bind(int index, decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var scale = (byte)(bits[3] >> 16);
        var magnitude = new Int128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        var digits = (byte)1;
        for (var rest = magnitude / 10; rest != 0; rest /= 10) digits++;
        var signed = bits[3] < 0 ? -magnitude : magnitude;
        var native = new NativeDecimal { Width = Math.Max(digits, scale), Scale = scale, Lower = (ulong)signed, Upper = (long)(signed >> 64) };
        Check(DuckDbNative.BindDecimal(handle, (ulong)index, native), index);
    }

    /// <summary>Binds a TIMESTAMP in microseconds since 1970-01-01 UTC.</summary>
    public void BindTimestamp(int index, long micros) => Check(DuckDbNative.BindTimestamp(handle, (ulong)index, micros), index);

    /// <summary>Binds a DATE.</summary>
    public void Bind(int index, DateOnly value) => Check(DuckDbNative.BindDate(handle, (ulong)index, value.DayNumber - DuckDbTime.EpochDay), index);

    public void BindNull(int index) => Check(DuckDbNative.BindNull(handle, (ulong)index), index);

    /// <summary>Binds by the value's run-time type.</summary>
    /// <exception cref="ArgumentException">There is no SQL type for it.</exception>
    public void BindValue(int index, object? value)
    {
        switch (value)
        {
            case null or DBNull: BindNull(index); break;
            case long number: Bind(index, number); break;
            case int number: Bind(index, number); break;
            case double number: Bind(index, number); break;
            case string text: Bind(index, text); break;
            case bool flag: Bind(index, flag); break;
            case DateTime time: Bind(index, time); break;
            case DateTimeOffset time: BindTimestamp(index, DuckDbTime.Micros(time.UtcDateTime)); break;
            case DateOnly date: Bind(index, date); break;
            case float number: Check(DuckDbNative.BindFloat(handle, (ulong)index, number), index); break;
            case decimal number: Bind(index, number); break;
            case byte[] blob: Bind(index, blob.AsSpan()); break;
            case Guid id: Bind(index, id.ToString()); break;
            case ulong number: Check(DuckDbNative.BindUInt64(handle, (ulong)index, number), index); break;
            case uint number: Bind(index, (long)number); break;
            case short number: Bind(index, (int)number); break;
            case ushort number: Bind(index, (int)number); break;
            case byte number: Bind(index, (int)number); break;
            case sbyte number: Bind(index, (int)number); break;
            default: throw new ArgumentException($"Parameter {index}: no SQL type for {value.GetType().Name}.", nameof(value));
        }
    }

    /// <summary>Runs the statement with what is bound, and keeps the rows.</summary>
    /// <exception cref="DuckDbException">The engine's own message.</exception>
    public DuckDbResult ExecuteQuery()
    {
        var result = new ResultHandle();
        return DuckDbResult.Of(result, DuckDbNative.ExecutePrepared(handle, result), streaming: false);
    }

    /// <summary>Runs the statement and computes its rows while they are read, once.</summary>
    /// <exception cref="DuckDbException">The engine's own message.</exception>
    public DuckDbResult ExecuteStream()
    {
        var result = new ResultHandle();
        return DuckDbResult.Of(result, DuckDbNative.ExecuteStreaming(handle, result), streaming: true);
    }

    /// <summary>Runs the statement; answers the rows changed.</summary>
    /// <exception cref="DuckDbException">The engine's own message.</exception>
    public long Execute()
    {
        using var result = ExecuteQuery();
        return result.RowsChanged;
    }

    public void ClearBindings() => Check(DuckDbNative.ClearBindings(handle), 0);

    public void Dispose() => handle.Dispose();

    private void Check(int state, int index)
    {
        if (state == 0) return;
        throw new DuckDbException(DuckDbNative.Text(DuckDbNative.PrepareError(handle)) ?? $"Parameter {index} cannot be bound: the statement has {ParameterCount}.");
    }
}
