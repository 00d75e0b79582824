using System.Runtime.InteropServices;

namespace Flyball.Native;

/// <summary>Settings of OpenMP, whose threads XGBoost trains with. It reads them once, when its library is loaded.</summary>
internal static partial class OpenMp
{
    /// <summary>
    /// Lets threads that wait for each other spin for a thousand rounds only and then sleep, unless the user's environment says
    /// otherwise (OMP_WAIT_POLICY or GOMP_SPINCOUNT). Threads that spin for GCC's 300,000 take the processors from the threads
    /// they wait for as soon as anything else runs on them, and beside a training there is always a server that predicts; those
    /// that sleep at once are slower where nothing else runs. GCC itself takes a thousand where it has more threads than processors.
    /// </summary>
    public static void SpinBriefly()
    {
        if (OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null) return;
        // the runtime keeps a copy of the environment; libraries read the C library's own
        _ = SetVariable("GOMP_SPINCOUNT", "1000", 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
