namespace Flyball.Native.DuckDb;

/// <summary>How an engine instance is set up.</summary>
public sealed record DuckDbOptions
{
    /// <summary>Worker threads; the engine's default is one per core.</summary>
    public int? Threads { get; init; }

    /// <summary>Memory limit such as <c>512MB</c>; the engine's default is 80 % of the machine.</summary>
    public string? MemoryLimit { get; init; }

    /// <summary>Folder for what does not fit into memory.</summary>
    public string? TempDirectory { get; init; }

    /// <summary>Refuses SQL that reads or writes files other than those named below, loads extensions or changes settings: for SQL that others wrote.</summary>
    public bool LockDown { get; init; }

    /// <summary>Folders that may be read and written all the same, with what is below them.</summary>
    public IReadOnlyList<string> AllowedFolders { get; init; } = [];

    /// <summary>Files that may be read and written all the same.</summary>
    public IReadOnlyList<string> AllowedFiles { get; init; } = [];

    /// <summary>Opens a database file for reading only, so that several processes may share it.</summary>
    public bool ReadOnly { get; init; }

    internal IEnumerable<(string Name, string Value)> Settings()
    {
        if (Threads is { } threads) yield return ("threads", threads.ToString());
        if (MemoryLimit is { } memory) yield return ("memory_limit", memory);
        if (TempDirectory is { } folder) yield return ("temp_directory", folder);
        if (ReadOnly) yield return ("access_mode", "READ_ONLY");
        // nothing is fetched from the network behind the program's back
        yield return ("autoinstall_known_extensions", "false");
    }
}
