using System.Runtime.InteropServices;

namespace Flyball.Native;

/// <summary>Gives memory back to the system that work of a kind that seldom comes has left behind: the garbage collector's and the C library's. Takes some tens of milliseconds.</summary>
public static partial class IdleMemory
{
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // a C library other than glibc keeps what it has
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")] private static partial int Trim(nuint keep);
}
