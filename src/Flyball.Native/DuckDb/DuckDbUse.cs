namespace Flyball.Native.DuckDb;

/// <summary>Counts the open databases; some seconds after the last one was closed, the engine's code (some 50 MB) is given back.</summary>
internal static class DuckDbUse
{
    private static readonly TimeSpan Unused = TimeSpan.FromSeconds(2);
    private static readonly ITimer Later = TimeProvider.System.CreateTimer(_ => ReleaseIfUnused(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    private static int open;

    public static void Opened() => Interlocked.Increment(ref open);

    public static void Closed()
    {
        if (Interlocked.Decrement(ref open) == 0) Later.Change(Unused, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A database that is opened meanwhile loses nothing: what it needs of the code is read again.</summary>
    private static void ReleaseIfUnused()
    {
        if (Volatile.Read(ref open) == 0) LibraryCode.Release("libduckdb.so");
    }
}
