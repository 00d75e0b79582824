namespace Flyball.Native.DuckDb;

/// <summary>One engine instance: in memory or on a file. Safe for use from several threads; connections are not.</summary>
public sealed class DuckDbDatabase : IDisposable
{
    private readonly DatabaseHandle handle;

    private DuckDbDatabase(DatabaseHandle handle) => this.handle = handle;

    /// <summary>The engine's version, such as <c>v1.5.6</c>.</summary>
    public static string EngineVersion => DuckDbNative.Text(DuckDbNative.LibraryVersion()) ?? "";

    /// <summary>Opens a database that lives in memory.</summary>
    /// <exception cref="DuckDbException">A setting is refused.</exception>
    /// <exception cref="NativeLibraryMissingException">The engine is not installed.</exception>
    public static DuckDbDatabase OpenInMemory(DuckDbOptions? options = null) => Open(":memory:", options);

    /// <summary>Opens a database file, creating it where it is absent; one process at a time may write it.</summary>
    /// <exception cref="DuckDbException">The file cannot be opened or a setting is refused.</exception>
    /// <exception cref="NativeLibraryMissingException">The engine is not installed.</exception>
    public static DuckDbDatabase Open(string path, DuckDbOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new DuckDbOptions();
        if (DuckDbNative.CreateConfig(out var config) != 0) throw new DuckDbException("The engine gave no configuration.");
        try
        {
            foreach (var (name, value) in options.Settings())
            {
                if (DuckDbNative.SetConfig(config, name, value) != 0) throw new DuckDbException($"The engine refuses the setting {name} = {value}.");
            }

            var state = DuckDbNative.Open(path, out var database, config, out var error);
            var message = DuckDbNative.TakeText(error);
            if (state != 0) throw new DuckDbException(message ?? $"{path} cannot be opened.");
            return Prepare(new DuckDbDatabase(new DatabaseHandle(database)), options);
        }
        finally
        {
            DuckDbNative.DestroyConfig(ref config);
        }
    }

    /// <summary>Opens a connection; it is used by one thread at a time.</summary>
    public DuckDbConnection Connect()
    {
        if (DuckDbNative.Connect(handle, out var connection) != 0) throw new DuckDbException("The engine gave no connection.");
        return new DuckDbConnection(new ConnectionHandle(connection));
    }

    public void Dispose() => handle.Dispose();

    private static DuckDbDatabase Prepare(DuckDbDatabase database, DuckDbOptions options)
    {
        try
        {
            using var connection = database.Connect();
            // results must not depend on where the machine stands
            connection.Execute("SET GLOBAL TimeZone = 'UTC'");
            if (options.AllowedFolders.Count > 0) connection.Execute($"SET GLOBAL allowed_directories = [{string.Join(", ", options.AllowedFolders.Select(DuckDbText.Literal))}]");
            if (options.AllowedFiles.Count > 0) connection.Execute($"SET GLOBAL allowed_paths = [{string.Join(", ", options.AllowedFiles.Select(DuckDbText.Literal))}]");
            if (options.LockDown) connection.Execute("SET GLOBAL enable_external_access = false; SET GLOBAL lock_configuration = true");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
