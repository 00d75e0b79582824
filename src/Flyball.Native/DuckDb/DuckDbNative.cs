using System.Runtime.InteropServices;

namespace Flyball.Native.DuckDb;

/// <summary><c>duckdb_result</c>: only the engine looks inside.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeResult
{
    public nint A, B, C, D, E, F;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NativeProgress
{
    public double Percentage;
    public ulong Done, Total;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NativeDecimal
{
    public byte Width, Scale;
    public ulong Lower;
    public long Upper;
}

/// <summary>The part of the engine's C API that is used; state 0 is success.</summary>
internal static unsafe partial class DuckDbNative
{
    private const string Library = NativeLibraries.DuckDb;

    [LibraryImport(Library, EntryPoint = "duckdb_library_version")] public static partial nint LibraryVersion();
    [LibraryImport(Library, EntryPoint = "duckdb_free")] public static partial void Free(nint memory);

    [LibraryImport(Library, EntryPoint = "duckdb_create_config")] public static partial int CreateConfig(out nint config);
    [LibraryImport(Library, EntryPoint = "duckdb_set_config", StringMarshalling = StringMarshalling.Utf8)] public static partial int SetConfig(nint config, string name, string value);
    [LibraryImport(Library, EntryPoint = "duckdb_destroy_config")] public static partial void DestroyConfig(ref nint config);
    [LibraryImport(Library, EntryPoint = "duckdb_open_ext", StringMarshalling = StringMarshalling.Utf8)] public static partial int Open(string? path, out nint database, nint config, out nint error);
    [LibraryImport(Library, EntryPoint = "duckdb_close")] public static partial void Close(ref nint database);
    [LibraryImport(Library, EntryPoint = "duckdb_connect")] public static partial int Connect(DatabaseHandle database, out nint connection);
    [LibraryImport(Library, EntryPoint = "duckdb_disconnect")] public static partial void Disconnect(ref nint connection);
    [LibraryImport(Library, EntryPoint = "duckdb_interrupt")] public static partial void Interrupt(ConnectionHandle connection);
    [LibraryImport(Library, EntryPoint = "duckdb_query_progress")] public static partial NativeProgress QueryProgress(ConnectionHandle connection);

    [LibraryImport(Library, EntryPoint = "duckdb_query", StringMarshalling = StringMarshalling.Utf8)] public static partial int Query(ConnectionHandle connection, string sql, ResultHandle result);
    [LibraryImport(Library, EntryPoint = "duckdb_prepare", StringMarshalling = StringMarshalling.Utf8)] public static partial int Prepare(ConnectionHandle connection, string sql, out nint statement);
    [LibraryImport(Library, EntryPoint = "duckdb_prepare_error")] public static partial nint PrepareError(StatementHandle statement);
    [LibraryImport(Library, EntryPoint = "duckdb_destroy_prepare")] public static partial void DestroyPrepare(ref nint statement);
    [LibraryImport(Library, EntryPoint = "duckdb_nparams")] public static partial ulong ParameterCount(StatementHandle statement);
    [LibraryImport(Library, EntryPoint = "duckdb_clear_bindings")] public static partial int ClearBindings(StatementHandle statement);
    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_count")] public static partial ulong StatementColumnCount(StatementHandle statement);
    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_name")] public static partial nint StatementColumnName(StatementHandle statement, ulong index);
    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_logical_type")] public static partial nint StatementColumnType(StatementHandle statement, ulong index);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_boolean")] public static partial int BindBoolean(StatementHandle statement, ulong index, byte value);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_int32")] public static partial int BindInt32(StatementHandle statement, ulong index, int value);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_int64")] public static partial int BindInt64(StatementHandle statement, ulong index, long value);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_uint64")] public static partial int BindUInt64(StatementHandle statement, ulong index, ulong value);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_float")] public static partial int BindFloat(StatementHandle statement, ulong index, float value);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_double")] public static partial int BindDouble(StatementHandle statement, ulong index, double value);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_date")] public static partial int BindDate(StatementHandle statement, ulong index, int days);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_timestamp")] public static partial int BindTimestamp(StatementHandle statement, ulong index, long micros);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_decimal")] public static partial int BindDecimal(StatementHandle statement, ulong index, NativeDecimal value);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_varchar_length")] public static partial int BindVarchar(StatementHandle statement, ulong index, byte* value, ulong length);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_blob")] public static partial int BindBlob(StatementHandle statement, ulong index, byte* value, ulong length);
    [LibraryImport(Library, EntryPoint = "duckdb_bind_null")] public static partial int BindNull(StatementHandle statement, ulong index);
    [LibraryImport(Library, EntryPoint = "duckdb_execute_prepared")] public static partial int ExecutePrepared(StatementHandle statement, ResultHandle result);
    [LibraryImport(Library, EntryPoint = "duckdb_execute_prepared_streaming")] public static partial int ExecuteStreaming(StatementHandle statement, ResultHandle result);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_result")] public static partial void DestroyResult(NativeResult* result);
    [LibraryImport(Library, EntryPoint = "duckdb_result_error")] public static partial nint ResultError(ResultHandle result);
    [LibraryImport(Library, EntryPoint = "duckdb_result_error_type")] public static partial int ResultErrorType(ResultHandle result);
    [LibraryImport(Library, EntryPoint = "duckdb_rows_changed")] public static partial ulong RowsChanged(ResultHandle result);
    [LibraryImport(Library, EntryPoint = "duckdb_row_count")] public static partial ulong RowCount(ResultHandle result);
    [LibraryImport(Library, EntryPoint = "duckdb_column_count")] public static partial ulong ColumnCount(ResultHandle result);
    [LibraryImport(Library, EntryPoint = "duckdb_column_name")] public static partial nint ColumnName(ResultHandle result, ulong column);
    [LibraryImport(Library, EntryPoint = "duckdb_column_logical_type")] public static partial nint ColumnLogicalType(ResultHandle result, ulong column);
    [LibraryImport(Library, EntryPoint = "duckdb_result_chunk_count")] public static partial ulong ChunkCount(NativeResult result);
    [LibraryImport(Library, EntryPoint = "duckdb_result_get_chunk")] public static partial nint GetChunk(NativeResult result, ulong index);
    [LibraryImport(Library, EntryPoint = "duckdb_fetch_chunk")] public static partial nint FetchChunk(NativeResult result);
    [LibraryImport(Library, EntryPoint = "duckdb_destroy_data_chunk")] public static partial void DestroyChunk(ref nint chunk);
    [LibraryImport(Library, EntryPoint = "duckdb_data_chunk_get_size")] public static partial ulong ChunkSize(ChunkHandle chunk);
    [LibraryImport(Library, EntryPoint = "duckdb_data_chunk_get_vector")] public static partial nint ChunkVector(ChunkHandle chunk, ulong column);

    [LibraryImport(Library, EntryPoint = "duckdb_vector_get_data")] public static partial nint VectorData(nint vector);
    [LibraryImport(Library, EntryPoint = "duckdb_vector_get_validity")] public static partial nint VectorValidity(nint vector);
    [LibraryImport(Library, EntryPoint = "duckdb_list_vector_get_child")] public static partial nint ListChild(nint vector);
    [LibraryImport(Library, EntryPoint = "duckdb_list_vector_get_size")] public static partial ulong ListSize(nint vector);
    [LibraryImport(Library, EntryPoint = "duckdb_array_vector_get_child")] public static partial nint ArrayChild(nint vector);
    [LibraryImport(Library, EntryPoint = "duckdb_struct_vector_get_child")] public static partial nint StructChild(nint vector, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_logical_type")] public static partial void DestroyLogicalType(ref nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_get_type_id")] public static partial int TypeId(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_logical_type_get_alias")] public static partial nint TypeAlias(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_decimal_width")] public static partial byte DecimalWidth(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_decimal_scale")] public static partial byte DecimalScale(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_decimal_internal_type")] public static partial int DecimalInternalType(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_enum_internal_type")] public static partial int EnumInternalType(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_enum_dictionary_size")] public static partial uint EnumSize(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_enum_dictionary_value")] public static partial nint EnumValue(nint type, ulong index);
    [LibraryImport(Library, EntryPoint = "duckdb_list_type_child_type")] public static partial nint ListChildType(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_array_type_child_type")] public static partial nint ArrayChildType(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_array_type_array_size")] public static partial ulong ArraySize(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_map_type_key_type")] public static partial nint MapKeyType(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_map_type_value_type")] public static partial nint MapValueType(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_struct_type_child_count")] public static partial ulong StructCount(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_struct_type_child_name")] public static partial nint StructName(nint type, ulong index);
    [LibraryImport(Library, EntryPoint = "duckdb_struct_type_child_type")] public static partial nint StructType(nint type, ulong index);
    [LibraryImport(Library, EntryPoint = "duckdb_union_type_member_count")] public static partial ulong UnionCount(nint type);
    [LibraryImport(Library, EntryPoint = "duckdb_union_type_member_name")] public static partial nint UnionName(nint type, ulong index);
    [LibraryImport(Library, EntryPoint = "duckdb_union_type_member_type")] public static partial nint UnionType(nint type, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_appender_create", StringMarshalling = StringMarshalling.Utf8)] public static partial int AppenderCreate(ConnectionHandle connection, string? schema, string table, out nint appender);
    [LibraryImport(Library, EntryPoint = "duckdb_appender_error")] public static partial nint AppenderError(AppenderHandle appender);
    [LibraryImport(Library, EntryPoint = "duckdb_appender_flush")] public static partial int AppenderFlush(AppenderHandle appender);
    [LibraryImport(Library, EntryPoint = "duckdb_appender_close")] public static partial int AppenderClose(AppenderHandle appender);
    [LibraryImport(Library, EntryPoint = "duckdb_appender_destroy")] public static partial int AppenderDestroy(ref nint appender);
    [LibraryImport(Library, EntryPoint = "duckdb_appender_end_row")] public static partial int AppenderEndRow(AppenderHandle appender);
    [LibraryImport(Library, EntryPoint = "duckdb_append_bool")] public static partial int AppendBool(AppenderHandle appender, byte value);
    [LibraryImport(Library, EntryPoint = "duckdb_append_int32")] public static partial int AppendInt32(AppenderHandle appender, int value);
    [LibraryImport(Library, EntryPoint = "duckdb_append_int64")] public static partial int AppendInt64(AppenderHandle appender, long value);
    [LibraryImport(Library, EntryPoint = "duckdb_append_double")] public static partial int AppendDouble(AppenderHandle appender, double value);
    [LibraryImport(Library, EntryPoint = "duckdb_append_timestamp")] public static partial int AppendTimestamp(AppenderHandle appender, long micros);
    [LibraryImport(Library, EntryPoint = "duckdb_append_varchar_length")] public static partial int AppendVarchar(AppenderHandle appender, byte* value, ulong length);
    [LibraryImport(Library, EntryPoint = "duckdb_append_null")] public static partial int AppendNull(AppenderHandle appender);

    /// <summary>Copies a text that the engine keeps.</summary>
    public static string? Text(nint utf8) => Marshal.PtrToStringUTF8(utf8);

    /// <summary>Copies a text that the engine hands over, and frees it.</summary>
    public static string? TakeText(nint utf8)
    {
        if (utf8 == 0) return null;
        var text = Marshal.PtrToStringUTF8(utf8);
        Free(utf8);
        return text;
    }
}
