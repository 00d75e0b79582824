using System.Runtime.InteropServices;

namespace Flyball.Native;

/// <summary>Settings of OpenMP, whose threads XGBoost trains with. It reads them once, when its library is loaded.</summary>
internal static partial class OpenMp
{
    private const string WaitPolicy = "OMP_WAIT_POLICY";

    /// <summary>
    /// Lets threads that wait for each other sleep instead of spin, unless the user's environment says otherwise
    /// (OMP_WAIT_POLICY or GOMP_SPINCOUNT). Threads that spin take the processors from the threads they wait for as soon as
    /// anything else runs on them, and beside a training there is always a server that predicts.
    /// </summary>
    public static void WaitAsleep()
    {
        if (OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") is not null) return;
        // the runtime keeps a copy of the environment; libraries read the C library's own
        _ = SetVariable(WaitPolicy, "PASSIVE", 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
