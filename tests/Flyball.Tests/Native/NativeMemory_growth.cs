namespace Flyball.Tests.Native;

/// <summary>How much resident memory an action leaves behind when it is repeated.</summary>
internal static class NativeMemory_growth
{
    /// <summary>Megabytes that the process grew by over so many uses, after as many to warm up as a tenth of them.</summary>
    public static double Of(int uses, Action use)
    {
        for (var i = 0; i < uses / 10; i++) use();
        var before = Resident();
        for (var i = 0; i < uses; i++) use();
        return Resident() - before;
    }

    private static double Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        // gives the memory of dead objects back to the system, so that what remains is what is held
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var pages = long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]);
        return pages * Environment.SystemPageSize / 1048576.0;
    }
}
