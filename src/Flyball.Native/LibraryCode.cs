using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Flyball.Native;

/// <summary>
/// Gives back the memory that a loaded library's code and constants take while it is not used. What was never written is in its file and comes back, page by page, when it is next called
/// (<c>madvise(2)</c>, MADV_DONTNEED, on the library's read-only segments); on other systems than Linux nothing happens.
/// </summary>
internal static unsafe partial class LibraryCode
{
    private const uint Loaded = 1;
    private const uint Writable = 2;
    private const int DontNeed = 4;

    /// <summary>Gives back the segments of the library whose file has this name; how many bytes of address space they span.</summary>
    public static long Release(string fileName)
    {
        if (!OperatingSystem.IsLinux()) return 0;
        fixed (byte* name = Encoding.UTF8.GetBytes("/" + fileName))
        {
            var search = new Search { Name = name, Length = fileName.Length + 1 };
            _ = IterateLibraries(&Visit, &search);
            return search.Released;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Visit(LibraryInfo* library, nuint size, Search* search)
    {
        if (!MemoryMarshal.CreateReadOnlySpanFromNullTerminated(library->Name).EndsWith(new ReadOnlySpan<byte>(search->Name, search->Length))) return 0;
        var page = (nuint)Environment.SystemPageSize;
        for (var i = 0; i < library->Count; i++)
        {
            var segment = library->Segments[i];
            if (segment.Type != Loaded || (segment.Flags & Writable) != 0) continue;
            // whole pages only: what a writable segment shares with this one has been written
            var from = (library->Address + (nuint)segment.Address + page - 1) / page * page;
            var to = (library->Address + (nuint)(segment.Address + segment.Size)) / page * page;
            if (to > from && Advise(from, to - from, DontNeed) == 0) search->Released += (long)(to - from);
        }

        return 1;
    }

    [LibraryImport("libc", EntryPoint = "dl_iterate_phdr")] private static partial int IterateLibraries(delegate* unmanaged[Cdecl]<LibraryInfo*, nuint, Search*, int> visit, Search* search);

    [LibraryImport("libc", EntryPoint = "madvise")] private static partial int Advise(nuint address, nuint length, int advice);

    /// <summary>What is looked for and what came of it.</summary>
    private struct Search
    {
        public byte* Name;
        public int Length;
        public long Released;
    }

    /// <summary>The start of <c>dl_phdr_info</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LibraryInfo
    {
        public nuint Address;
        public byte* Name;
        public Segment* Segments;
        public ushort Count;
    }

    /// <summary><c>Elf64_Phdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Segment
    {
        public uint Type, Flags;
        public ulong Offset, Address, PhysicalAddress, SizeInFile, Size, Align;
    }
}
